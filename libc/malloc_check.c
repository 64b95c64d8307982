/* Looking at the heap from outside: its numbers, and whether everything in it is as malloc_block.h says. */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libc/malloc_bins.h"
#include "libc/malloc_large.h"
#include "libc/malloc_special.h"

void heap_abort(const char *what, const void *where)
{
    char line[96] = "malloc: ";
    size_t length = strlen(line), words = strlen(what);
    uintptr_t address = (uintptr_t)where;

    memcpy(line + length, what, words);
    length += words;
    memcpy(line + length, " at 0x", 6);
    length += 6;
    for (int shift = 44; shift >= 0; shift -= 4)
        line[length++] = "0123456789abcdef"[address >> shift & 15];
    line[length++] = '\n';
    if (write(STDERR_FILENO, line, length) < 0)
        _exit(134);
    abort();
}

static void block_check(struct block *block)
{
    if (!block_allocated(block_after(block)))
        heap_abort("two free blocks side by side", block_payload(block));
    if (*block_tag_before(block_after(block)) != block_size(block))
        heap_abort("tags differ", block_payload(block));
}

/* Walks one stretch, from a block to its epilog, adding up. Aborts at the first contradiction. */
static struct block *stretch_check(struct block *block, struct mallinfo2 *info)
{
    bool previous_allocated = true;

    for (; !block_is_epilog(block); block = block_after(block)) {
        if (block_previous_allocated(block) != previous_allocated || block_after(block) > heap.epilog)
            heap_abort("block overwritten", block_payload(block));
        previous_allocated = block_allocated(block);
        if (previous_allocated) {
            info->uordblks += block_size(block);
            continue;
        }
        block_check(block);
        info->ordblks++;
        info->fordblks += block_size(block);
    }
    if (block_previous_allocated(block) != previous_allocated)
        heap_abort("block overwritten", block_payload(block));
    return block;
}

static bool listed_rightly(struct block *block, uint32_t class)
{
    size_t size = block_size(block);

    return !block_allocated(block) && bins_class(size) == class && bins_hold(block, size);
}

static size_t list_check(uint32_t class)
{
    uint32_t head = class + BINS_HEAD_FIRST, number = head, next;
    size_t count = 0;

    while ((next = block_numbered(number)->next) != head) {
        struct block *block = block_numbered(next);
        if (next / 2 >= heap.blocks_most || block->previous != number || !listed_rightly(block, class))
            heap_abort("wrong block in a free list", block_payload(block));
        number = next;
        count++;
    }
    if (!count != !(heap.nonempty >> class & 1))
        heap_abort("a free list is marked wrongly", block_payload(block_numbered(number)));
    return count;
}

/* Stretches other than the lowest are reached through the lists only, where others' memory lies in between. */
void heap_check(void)
{
    struct mallinfo2 info = {0};
    size_t listed = 0;

    large_check();
    if (!heap.base)
        return;
    for (uint32_t class = 0; class < HEAP_CLASSES; class ++)
        listed += list_check(class);
    bool whole = stretch_check(heap.base, &info) == heap.epilog;
    if (!whole)
        stretch_check(heap.stretch, &info);
    if (heap.unlisted_end && !block_previous_allocated(heap.epilog))
        listed++;
    if (whole && info.ordblks != listed)
        heap_abort("free blocks and lists differ", heap.base);
}

void malloc_check(void)
{
    malloc_lock();
    heap_check();
    malloc_unlock();
}

struct mallinfo2 mallinfo2(void)
{
    malloc_lock();
    struct mallinfo2 info = {.arena = heap.grown, .hblks = heap.mapped_blocks, .hblkhd = heap.mapped_bytes};
    struct block *end = heap.base ? stretch_check(heap.stretch, &info) : NULL;
    if (end && heap.base != heap.stretch)
        stretch_check(heap.base, &info);
    if (end && !block_previous_allocated(end))
        info.keepcost = block_size(block_before(end));
    malloc_unlock();
    return info;
}

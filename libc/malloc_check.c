/* Looking at the heap from outside: its numbers, and whether everything in it is as malloc_block.h says. */
#include <malloc.h>

#include "libc/malloc_block.h"
#include "libc/malloc_lock.h"

/* Walks one stretch, from a block to its epilog, adding up. Aborts at the first contradiction. */
static struct block *stretch_check(struct block *block, struct mallinfo2 *info)
{
    bool previous_allocated = true;

    for (; !block_is_epilog(block); block = block_after(block)) {
        if (block_previous_allocated(block) != previous_allocated)
            heap_abort("wrong neighbour bit", block_payload(block));
        previous_allocated = block_allocated(block);
        if (previous_allocated) {
            info->uordblks += block_size(block);
            continue;
        }
        if (!block_allocated(block_after(block)))
            heap_abort("two free blocks side by side", block_payload(block));
        if (*block_tag_before(block_after(block)) != block_size(block))
            heap_abort("tags differ", block_payload(block));
        info->ordblks++;
        info->fordblks += block_size(block);
    }
    if (block_previous_allocated(block) != previous_allocated)
        heap_abort("wrong neighbour bit", block_payload(block));
    return block;
}

static size_t lists_check(void)
{
    size_t count = 0;

    for (unsigned class = 0; class < HEAP_CLASSES; class ++) {
        struct block *first = heap.free[class], *block = first;
        if (!first != !(heap.nonempty[class / 64] >> class % 64 & 1))
            heap_abort("wrong bit for a free list", first);
        if (!first)
            continue;
        do {
            if (block_allocated(block) || heap_class(block_size(block)) != class || block->next->previous != block)
                heap_abort("wrong block in a free list", block_payload(block));
            count++;
            block = block->next;
        } while (block != first);
    }
    return count;
}

/* Stretches other than the last are separated by memory of somebody else: only the blocks in lists are seen there. */
void malloc_check(void)
{
    struct mallinfo2 info = {0};

    malloc_lock();
    size_t listed = lists_check();
    bool single = heap.first && stretch_check(heap.first, &info) == heap.epilog;
    if (single && info.ordblks != listed)
        heap_abort("free blocks and lists differ", heap.first);
    malloc_unlock();
}

struct mallinfo2 mallinfo2(void)
{
    malloc_lock();
    struct mallinfo2 info = {.arena = heap.grown, .hblks = heap.mapped_blocks, .hblkhd = heap.mapped_bytes};
    struct block *end = heap.first ? stretch_check(heap.first, &info) : NULL;
    if (end && !block_previous_allocated(end))
        info.keepcost = block_size(block_before(end));
    malloc_unlock();
    return info;
}

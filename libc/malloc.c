/*
 * malloc: boundary tags on sbrk (L1-L4), with free blocks in lists by size.  The block format is drawn in malloc_block.h.
 *
 * Placement: the list of the request's size, then the next non-empty one (found in a bitmap); a list that holds several
 * sizes is searched for the best fit, but not beyond SEARCH_MOST blocks.  What is left over is split off if it can be a block.
 * Freeing merges with both free neighbours at once, so two free blocks are never adjacent.  The free end of the heap is given
 * back to the kernel when it exceeds TRIM_LEAST; requests of MAP_LEAST or more get a mapping of their own.
 */
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "libc/malloc_block.h"

enum {
    PAGE = 4096,
    GROW_LEAST = 4 * PAGE,
    TRIM_LEAST = 32 * PAGE,
    MAP_LEAST = 64 * PAGE,
    MAP_HEADER = 16, /* before the payload of a mapped block: padding, then its tag */
    SEARCH_MOST = 24,
};

static const size_t REQUEST_MOST = PTRDIFF_MAX - 2 * PAGE;

struct heap heap;

void heap_abort(const char *what, const void *where)
{
    char line[96] = "malloc: ", digits[16];
    uintptr_t address = (uintptr_t)where;
    size_t length;

    strlcat(line, what, sizeof line - 24);
    strlcat(line, " at 0x", sizeof line);
    length = strlen(line);
    for (int i = 15; i >= 0; i--, address /= 16)
        digits[i] = "0123456789abcdef"[address % 16];
    memcpy(line + length, digits, 16);
    line[length + 16] = '\n';
    write(STDERR_FILENO, line, length + 17);
    abort();
}

/* --- free lists --- */

static inline void list_insert(struct block *block)
{
    unsigned class = heap_class(block_size(block));
    struct block *first = heap.free[class];

    if (first) {
        block->next = first;
        block->previous = first->previous;
        first->previous->next = block;
        first->previous = block;
    } else {
        block->next = block->previous = block;
        heap.nonempty[class / 64] |= (uint64_t)1 << class % 64;
    }
    heap.free[class] = block;
}

static inline void list_remove(struct block *block)
{
    unsigned class = heap_class(block_size(block));

    if (block->next == block) {
        heap.free[class] = NULL;
        heap.nonempty[class / 64] &= ~((uint64_t)1 << class % 64);
        return;
    }
    if (block->next->previous != block || block->previous->next != block)
        heap_abort("free list overwritten", block_payload(block));
    block->previous->next = block->next;
    block->next->previous = block->previous;
    if (heap.free[class] == block)
        heap.free[class] = block->next;
}

/* The first list with a block at or above `class`, or HEAP_CLASSES. */
static inline unsigned class_nonempty(unsigned class)
{
    for (unsigned word = class / 64; word < HEAP_CLASSES / 64; word++) {
        uint64_t bits = heap.nonempty[word];
        if (word == class / 64)
            bits &= ~(uint64_t)0 << class % 64;
        if (bits)
            return word * 64 + (unsigned)__builtin_ctzl(bits);
    }
    return HEAP_CLASSES;
}

/* The smallest block of a list that is large enough. */
static struct block *list_best(unsigned class, size_t size)
{
    struct block *first = heap.free[class], *block = first, *best = NULL;
    int left = SEARCH_MOST;

    do {
        size_t have = block_size(block);
        if (have >= size && (!best || have < block_size(best)))
            best = block;
        if (have == size)
            break;
        block = block->next;
    } while (block != first && --left);
    return best;
}

static struct block *free_block_find(size_t size)
{
    for (unsigned class = heap_class(size); (class = class_nonempty(class)) < HEAP_CLASSES; class ++) {
        if (class < 64)
            return heap.free[class];
        struct block *block = list_best(class, size);
        if (block)
            return block;
    }
    return NULL;
}

/* --- blocks --- */

/* Writes the tags of a free block, tells the block behind, and puts it into its list. */
static void block_make_free(struct block *block, size_t size, size_t previous_flag)
{
    struct block *after = block_at(block, size);

    block->tag = size | previous_flag;
    *block_tag_before(after) = size;
    after->tag &= ~(size_t)BLOCK_PREVIOUS_ALLOCATED;
    list_insert(block);
}

/* Makes [block, block + size) free and one with its free neighbours. Returns the resulting block. */
static struct block *block_release(struct block *block)
{
    size_t size = block_size(block);
    struct block *after = block_at(block, size);

    if (!block_allocated(after)) {
        size += block_size(after);
        list_remove(after);
    }
    if (!block_previous_allocated(block)) {
        block = block_before(block);
        size += block_size(block);
        list_remove(block);
    }
    block_make_free(block, size, block->tag & BLOCK_PREVIOUS_ALLOCATED);
    return block;
}

/* An allocated block keeps `size` bytes; the rest, if it can be a block, becomes free. */
static void block_cut(struct block *block, size_t size)
{
    size_t rest = block_size(block) - size;

    if (rest < BLOCK_LEAST)
        return;
    struct block *cut = block_at(block, size);
    block->tag -= rest;
    cut->tag = rest | BLOCK_ALLOCATED | BLOCK_PREVIOUS_ALLOCATED;
    block_release(cut);
}

/* Takes a free block out of its list and allocates its first `size` bytes. */
static void block_allocate(struct block *block, size_t size)
{
    size_t have = block_size(block);

    list_remove(block);
    if (have - size < BLOCK_LEAST) {
        block->tag |= BLOCK_ALLOCATED;
        block_at(block, have)->tag |= BLOCK_PREVIOUS_ALLOCATED;
        return;
    }
    block->tag = size | BLOCK_ALLOCATED | (block->tag & BLOCK_PREVIOUS_ALLOCATED);
    block_make_free(block_at(block, size), have - size, BLOCK_PREVIOUS_ALLOCATED);
}

/* --- the ends of the heap --- */

/* A new stretch of `length` bytes at `start`: prolog, one allocated block over everything, epilog. */
static struct block *stretch_begin(char *start, size_t length)
{
    char *aligned = (char *)(((uintptr_t)start + BLOCK_ALIGNMENT - 1) & ~(uintptr_t)(BLOCK_ALIGNMENT - 1));
    struct block *prolog = (struct block *)(aligned + BLOCK_ALIGNMENT - BLOCK_TAG);
    size_t usable = (length - (size_t)((char *)prolog - start) - BLOCK_TAG) & ~(size_t)(BLOCK_ALIGNMENT - 1);
    struct block *block = block_at(prolog, BLOCK_ALIGNMENT);

    prolog->tag = BLOCK_ALIGNMENT | BLOCK_ALLOCATED | BLOCK_PREVIOUS_ALLOCATED;
    block->tag = (usable - BLOCK_ALIGNMENT) | BLOCK_ALLOCATED | BLOCK_PREVIOUS_ALLOCATED;
    heap.epilog = block_after(block);
    heap.epilog->tag = BLOCK_ALLOCATED | BLOCK_PREVIOUS_ALLOCATED;
    if (!heap.first)
        heap.first = prolog;
    return block;
}

/* Moves the epilog up so that the heap ends in a free block of at least `size` bytes; NULL without memory. */
static struct block *heap_grow(size_t size)
{
    struct block *epilog = heap.epilog;
    size_t have = epilog && !block_previous_allocated(epilog) ? *block_tag_before(epilog) : 0;
    size_t length = size - have < GROW_LEAST ? GROW_LEAST : (size - have + PAGE - 1) & ~(size_t)(PAGE - 1);
    bool adjacent = epilog && sbrk(0) == (char *)epilog + BLOCK_TAG;

    if (!adjacent)
        length = (size + 4 * BLOCK_ALIGNMENT + GROW_LEAST + PAGE - 1) & ~(size_t)(PAGE - 1);
    char *start = sbrk((intptr_t)length);
    if (start == (char *)-1)
        return NULL;
    heap.grown += length;
    if (!adjacent)
        return block_release(stretch_begin(start, length));
    /* The old epilog's tag becomes that of a block over the new memory. */
    epilog->tag = length | BLOCK_ALLOCATED | (epilog->tag & BLOCK_PREVIOUS_ALLOCATED);
    heap.epilog = block_at(epilog, length);
    heap.epilog->tag = BLOCK_ALLOCATED | BLOCK_PREVIOUS_ALLOCATED;
    return block_release(epilog);
}

/* Gives whole pages of the last block back, all but `kept` bytes. Returns the bytes given back. */
size_t heap_trim(size_t kept)
{
    struct block *epilog = heap.epilog;

    if (!epilog || block_previous_allocated(epilog) || sbrk(0) != (char *)epilog + BLOCK_TAG)
        return 0;
    struct block *last = block_before(epilog);
    size_t size = block_size(last);
    if (size < kept + BLOCK_LEAST + PAGE)
        return 0;
    size_t length = (size - kept - BLOCK_LEAST) & ~(size_t)(PAGE - 1);
    list_remove(last);
    sbrk(-(intptr_t)length);
    heap.grown -= length;
    heap.epilog = block_at(last, size - length);
    heap.epilog->tag = BLOCK_ALLOCATED;
    block_make_free(last, size - length, BLOCK_PREVIOUS_ALLOCATED);
    return length;
}

/* --- blocks with a mapping of their own --- */

static size_t mapping_length(size_t request)
{
    return (request + MAP_HEADER + PAGE - 1) & ~(size_t)(PAGE - 1);
}

static void *mapping_payload(char *start, size_t length)
{
    struct block *block = (struct block *)(start + MAP_HEADER - BLOCK_TAG);

    block->tag = length | BLOCK_ALLOCATED | BLOCK_MAPPED;
    return block_payload(block);
}

static char *mapping_start(void *payload)
{
    return (char *)payload - MAP_HEADER;
}

static void *mapping_allocate(size_t request)
{
    size_t length = mapping_length(request);
    void *start = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (start == MAP_FAILED)
        return NULL;
    heap.mapped_blocks++;
    heap.mapped_bytes += length;
    return mapping_payload(start, length);
}

static void mapping_free(void *payload)
{
    size_t length = block_size(block_of(payload));

    if ((uintptr_t)mapping_start(payload) % PAGE || munmap(mapping_start(payload), length))
        heap_abort("not a block", payload);
    heap.mapped_blocks--;
    heap.mapped_bytes -= length;
}

static void *mapping_resize(void *payload, size_t request)
{
    size_t old = block_size(block_of(payload)), length = mapping_length(request);

    if (old == length)
        return payload;
    void *start = mremap(mapping_start(payload), old, length, MREMAP_MAYMOVE);
    if (start == MAP_FAILED)
        return NULL;
    heap.mapped_bytes += length - old;
    return mapping_payload(start, length);
}

/* --- what malloc_calls.c is made of --- */

static bool request_possible(size_t request)
{
    if (request <= REQUEST_MOST)
        return true;
    errno = ENOMEM;
    return false;
}

void *heap_allocate(size_t request)
{
    if (!request_possible(request))
        return NULL;
    if (request >= MAP_LEAST)
        return mapping_allocate(request);
    size_t size = block_size_for(request);
    struct block *block = free_block_find(size);
    if (!block && !(block = heap_grow(size)))
        return NULL;
    block_allocate(block, size);
    return block_payload(block);
}

/* An allocated block has its own bit, and its neighbour knows. */
static struct block *block_checked(void *payload)
{
    struct block *block = block_of(payload);

    if ((uintptr_t)payload % BLOCK_ALIGNMENT)
        heap_abort("not a block", payload);
    if (!block_allocated(block))
        heap_abort("block freed twice", payload);
    if (!block_mapped(block) && (block_size(block) < BLOCK_LEAST || !block_previous_allocated(block_after(block))))
        heap_abort("block overwritten or freed twice", payload);
    return block;
}

void heap_free(void *payload)
{
    int saved = errno;

    if (!payload)
        return;
    struct block *block = block_checked(payload);
    if (block_mapped(block)) {
        mapping_free(payload);
    } else {
        block = block_release(block);
        if (block_size(block) >= TRIM_LEAST && block_after(block) == heap.epilog)
            heap_trim(GROW_LEAST);
    }
    errno = saved;
}

/* Makes an allocated block at least `size` bytes long where it is, if what follows is free or the end of the heap. */
static bool block_extend(struct block *block, size_t size)
{
    struct block *after = block_after(block);
    size_t have = block_size(block);

    if (block_size(after) && block_allocated(after))
        return false;
    size_t free_size = block_size(after);
    struct block *end = free_size ? block_after(after) : after;
    if (have + free_size < size) {
        if (end != heap.epilog || !heap_grow(size - have))
            return false;
        after = block_after(block);
        if (block_allocated(after) || have + block_size(after) < size)
            return false;
    }
    list_remove(after);
    block->tag += block_size(after);
    block_after(block)->tag |= BLOCK_PREVIOUS_ALLOCATED;
    block_cut(block, size);
    return true;
}

void *heap_resize(void *payload, size_t request)
{
    if (!payload)
        return heap_allocate(request);
    if (!request_possible(request))
        return NULL;
    struct block *block = block_checked(payload);
    size_t size = block_size_for(request), usable = heap_usable(block);
    if (block_mapped(block) && request >= MAP_LEAST)
        return mapping_resize(payload, request);
    if (!block_mapped(block) && size <= block_size(block)) {
        block_cut(block, size);
        return payload;
    }
    if (!block_mapped(block) && request < MAP_LEAST && block_extend(block, size))
        return payload;
    void *moved = heap_allocate(request);
    if (!moved)
        return NULL;
    memcpy(moved, payload, usable < request ? usable : request);
    heap_free(payload);
    return moved;
}

/* Allocates enough to contain an aligned block, then frees what lies before and behind it. */
void *heap_allocate_aligned(size_t alignment, size_t request)
{
    if (!alignment || alignment & (alignment - 1)) {
        errno = EINVAL;
        return NULL;
    }
    if (alignment <= BLOCK_ALIGNMENT)
        return heap_allocate(request);
    if (!request_possible(request) || !request_possible(request + alignment + BLOCK_LEAST))
        return NULL;
    size_t size = block_size_for(request), whole = size + alignment + BLOCK_LEAST;
    struct block *block = free_block_find(whole);
    if (!block && !(block = heap_grow(whole)))
        return NULL;
    block_allocate(block, whole);
    uintptr_t payload = (uintptr_t)block_payload(block);
    if (payload % alignment) {
        uintptr_t aligned = (payload + BLOCK_LEAST + alignment - 1) & ~(alignment - 1);
        struct block *front = block;
        size_t skipped = aligned - payload;
        block = block_at(block, skipped);
        block->tag = (block_size(front) - skipped) | BLOCK_ALLOCATED | BLOCK_PREVIOUS_ALLOCATED;
        front->tag -= block_size(block);
        block_release(front);
    }
    block_cut(block, size);
    return block_payload(block);
}

size_t heap_usable(const struct block *block)
{
    return block_size(block) - (block_mapped(block) ? MAP_HEADER : BLOCK_TAG);
}

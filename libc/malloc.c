/*
 * malloc: boundary tags on sbrk (L1-L4), with free blocks in lists by size. A block is drawn in malloc_block.h, the parts are
 * named in malloc_heap.h.
 *
 * Placement: the smallest free block that will do. Small blocks are put at its beginning, middle ones at its end, so that blocks
 * of a kind lie together: what is freed together then merges into holes that are of use. The free block at the end of the heap
 * comes last of all. Freeing merges with both neighbours at once, so two free blocks are never adjacent, and the block before a
 * free one is always allocated. A hole that nothing fits into costs no memory for long: malloc_break.c gives its pages back.
 *
 * There is a quick way for small requests, and for freeing what lies in the heap: one comparison with a bound leads to it,
 * which is 0 while there is a lock to take or anything else out of the ordinary (malloc_special.h).
 */
#include <errno.h>
#include <malloc.h>
#include <string.h>

#include "libc/malloc_bins.h"
#include "libc/malloc_large.h"
#include "libc/malloc_special.h"

enum {
    SMALL_MOST = (BINS_EXACT - 1) * BLOCK_ALIGNMENT - BLOCK_TAG, /* requests up to this have a list of their own */
    BACK_LEAST = 96,                                             /* blocks from this size */
    BACK_MOST = 1024,                                            /* to this are placed at the end of a free one */
    TRIM_LEAST = 32 * HEAP_PAGE,
    TRIM_KEPT = 4 * HEAP_PAGE,
};

static const size_t REQUEST_MOST = PTRDIFF_MAX - 4 * HEAP_PAGE;

/* The end of a heap without anything in it. */
static struct block nothing = {.tag = BLOCK_ALLOCATED | BLOCK_PREVIOUS_ALLOCATED};

struct heap heap = {.special = HEAP_NEW, .class_last = HEAP_CLASSES - 1, .epilog = &nothing};

void heap_special_set(unsigned special)
{
    heap.special = special;
    heap.quick_end = special ? 0 : SMALL_MOST + 1;
    heap.quick_blocks = special ? 0 : heap.blocks_most;
}

/* --- finding --- */

/* The smallest block of a list that is large enough, among the first ones. */
static struct block *list_best(uint32_t class, size_t size)
{
    struct block *head = bins_head(class), *block = head, *best = NULL;
    size_t best_size = SIZE_MAX;
    int left = BINS_SEARCH_MOST;

    while ((block = block_numbered(block->next)) != head && best_size != size && left--) {
        size_t have = block_size(block);
        if (have >= size && have < best_size) {
            best = block;
            best_size = have;
        }
    }
    return best;
}

/* The lecture's way, when there is but one list: the first that is large enough. */
static struct block *list_first(size_t size)
{
    struct block *head = heap.base ? bins_head(0) : NULL, *block = head;

    while (head && (block = block_numbered(block->next)) != head)
        if (block_size(block) >= size)
            return block;
    return NULL;
}

/* A block of the lists that will do, the best of the size's own list or else the first of the next one; NULL if none will. */
static inline struct block *block_listed(size_t size)
{
    uint32_t own = bins_class(size), class = bins_find(own);

    if (class == own) {
        struct block *block = list_best(class, size);
        if (block)
            return block;
        class = bins_find(class + 1);
    }
    return class < HEAP_CLASSES ? block_numbered(bins_head(class)->next) : NULL;
}

/* --- blocks --- */

/* Writes the tags of a free block, whose neighbours are allocated, and lists it. */
static inline void block_make_free(struct block *block, size_t size)
{
    block->tag = (uint32_t)size | BLOCK_PREVIOUS_ALLOCATED;
    *block_tag_before(block_at(block, size)) = (uint32_t)size;
    bins_insert(block, size);
}

/* Makes an allocated block free and one with its free neighbours. Returns the resulting block, and its size. */
static inline struct block *block_merge(struct block *block, size_t *merged)
{
    uint32_t tag = block->tag;
    size_t size = tag & ~(uint32_t)BLOCK_FLAGS;
    struct block *after = block_at(block, size);
    uint32_t after_tag = after->tag;

    if (after_tag & BLOCK_ALLOCATED) {
        after->tag = after_tag & ~(uint32_t)BLOCK_PREVIOUS_ALLOCATED;
    } else {
        size_t after_size = after_tag & ~(uint32_t)BLOCK_FLAGS;
        bins_remove(after, after_size);
        size += after_size;
    }
    if (!(tag & BLOCK_PREVIOUS_ALLOCATED)) {
        size_t before_size = *block_tag_before(block);
        block = block_back(block, before_size);
        bins_unlink(block);
        size += before_size;
    }
    *merged = size;
    block_make_free(block, size);
    return block;
}

struct block *block_release(struct block *block)
{
    size_t size;

    return block_merge(block, &size);
}

/* An allocated block keeps `size` bytes; the rest becomes free. */
static void block_cut(struct block *block, size_t size)
{
    size_t rest = block_size(block) - size;

    if (!rest)
        return;
    struct block *cut = block_at(block, size);
    block->tag -= (uint32_t)rest;
    cut->tag = (uint32_t)rest | BLOCK_ALLOCATED | BLOCK_PREVIOUS_ALLOCATED;
    block_release(cut);
}

/* Allocates the first `size` bytes of a free block in no list that has more. */
static inline void *block_place_front(struct block *block, size_t have, size_t size)
{
    block->tag = (uint32_t)size | BLOCK_ALLOCATED | BLOCK_PREVIOUS_ALLOCATED;
    block_make_free(block_at(block, size), have - size);
    return block_payload(block);
}

/* The last ones likewise. What is before them is not the end of the heap. */
static inline void *block_place_back(struct block *block, size_t have, size_t size)
{
    struct block *rest = block;

    block_at(block, have)->tag |= BLOCK_PREVIOUS_ALLOCATED;
    block = block_at(rest, have - size);
    block->tag = (uint32_t)size | BLOCK_ALLOCATED;
    block_make_free(rest, have - size);
    return block_payload(block);
}

/* All of it. */
static inline void *block_place_whole(struct block *block, size_t size)
{
    block->tag = (uint32_t)size | BLOCK_ALLOCATED | BLOCK_PREVIOUS_ALLOCATED;
    block_at(block, size)->tag |= BLOCK_PREVIOUS_ALLOCATED;
    return block_payload(block);
}

static inline bool size_goes_back(size_t size)
{
    return size - BACK_LEAST <= (size_t)BACK_MOST - BACK_LEAST;
}

/* Allocates `size` bytes of a free block in no list, at the end that suits that size. Returns the payload. */
static __attribute__((noinline)) void *block_place(struct block *block, size_t have, size_t size)
{
    if (have == size)
        return block_place_whole(block, size);
    if (size_goes_back(size) && heap.class_last)
        return block_place_back(block, have, size);
    return block_place_front(block, have, size);
}

/* Allocates `size` bytes of the free block that the heap ends with; NULL if they are not there. */
static inline void *payload_last(size_t size)
{
    struct block *epilog = heap.epilog;

    if (block_previous_allocated(epilog))
        return NULL;
    size_t have = *block_tag_before(epilog);
    if (have < size)
        return NULL;
    struct block *block = block_back(epilog, have);
    if (have == size || size_goes_back(size))
        return block_place(block, have, size);
    block->tag = (uint32_t)size | BLOCK_ALLOCATED | BLOCK_PREVIOUS_ALLOCATED;
    block_at(block, size)->tag = (uint32_t)(have - size) | BLOCK_PREVIOUS_ALLOCATED;
    *block_tag_before(epilog) = (uint32_t)(have - size);
    return block_payload(block);
}

/* --- the standard functions, without lock --- */

static bool request_possible(size_t request)
{
    if (request <= REQUEST_MOST)
        return true;
    errno = ENOMEM;
    return false;
}

/* `size` bytes from new memory; NULL (errno set) if there is none. */
static __attribute__((noinline)) void *payload_new(size_t size)
{
    struct block *block = heap_grow(size);

    if (!block)
        return NULL;
    size_t have = block_size(block);
    bins_remove(block, have);
    return block_place(block, have, size);
}

/* The payload of a block of `size` bytes when no list has one; NULL (errno set) without memory. */
static __attribute__((noinline)) void *payload_unlisted(size_t size)
{
    void *payload = heap.class_last ? payload_last(size) : NULL;

    return payload ? payload : payload_new(size);
}

/* The payload of a block of `size` bytes; NULL (errno set) without memory. */
static __attribute__((noinline)) void *payload_allocate(size_t size)
{
    struct block *block = heap.class_last ? block_listed(size) : list_first(size);

    if (!block)
        return payload_unlisted(size);
    bins_unlink(block);
    return block_place(block, block_size(block), size);
}

/* The same for a size that has a list of its own, without a search. */
static inline void *payload_allocate_small(size_t size)
{
    uint32_t class = (uint32_t)(size / BLOCK_ALIGNMENT);
    uint64_t bits = heap.nonempty >> class;

    if (!bits)
        return payload_unlisted(size);
    uint32_t skipped = (uint32_t)__builtin_ctzl(bits);
    struct block *block = bins_pop(class + skipped), *rest = block;
    if (!skipped)
        return block_place_whole(block, size);
    if (class + skipped >= BINS_EXACT)
        return block_place(block, block_size(block), size);
    size_t rest_size = (size_t)skipped * BLOCK_ALIGNMENT;
    if (size_goes_back(size)) {
        block = block_at(rest, rest_size);
        block->tag = (uint32_t)size | BLOCK_ALLOCATED;
        block_at(block, size)->tag |= BLOCK_PREVIOUS_ALLOCATED;
    } else {
        rest = block_at(block, size);
        block->tag = (uint32_t)size | BLOCK_ALLOCATED | BLOCK_PREVIOUS_ALLOCATED;
    }
    rest->tag = (uint32_t)rest_size | BLOCK_PREVIOUS_ALLOCATED;
    *block_tag_before(block_at(rest, rest_size)) = (uint32_t)rest_size;
    bins_link(rest, skipped);
    return block_payload(block);
}

void *heap_allocate(size_t request)
{
    if (request <= SMALL_MOST && heap.class_last)
        return payload_allocate_small(block_size_for(request));
    if (request < LARGE_LEAST)
        return payload_allocate(block_size_for(request));
    return request_possible(request) ? large_allocate(request, BLOCK_ALIGNMENT) : NULL;
}

/*
 * Whether a payload, or null pointer, lies among the first `blocks` units of the heap, and as payloads do: both in one
 * comparison, by turning its distance right.
 */
static inline bool payload_in_heap(void *payload, uint64_t blocks)
{
    uint64_t distance = (uintptr_t)payload - BLOCK_TAG - (uintptr_t)heap.base;

    return (distance >> 4 | distance << 60) < blocks;
}

/* What to say about a payload that is not that of an allocated block. */
static _Noreturn void payload_abort(void *payload)
{
    if (!payload_in_heap(payload, heap.blocks_most))
        heap_abort("not a block", payload);
    if (!block_allocated(block_of(payload)))
        heap_abort("block freed twice", payload);
    heap_abort("block overwritten or freed twice", payload);
}

/* Whether it is the payload of a block there, allocated, whose neighbour knows that. Large blocks lie between stretches, too. */
static inline bool payload_is_block(void *payload, uint64_t blocks)
{
    if (!payload_in_heap(payload, blocks))
        return false;
    struct block *block = block_of(payload), *after = block_after(block);
    return block_allocated(block) && after != block && after <= heap.epilog && block_previous_allocated(after);
}

static struct mapping *mapping_checked(void *payload)
{
    struct mapping *mapping = large_mapping(payload);

    if (!mapping)
        payload_abort(payload);
    return mapping;
}

static __attribute__((noinline)) void payload_unmap(void *payload)
{
    large_free(mapping_checked(payload));
}

static __attribute__((noinline)) void end_trim(void)
{
    int saved = errno;

    heap_trim(TRIM_KEPT);
    errno = saved;
}

/* Frees the payload of a block in the heap. */
static inline void payload_free(void *payload)
{
    size_t size;
    struct block *block = block_merge(block_of(payload), &size);

    if (size >= TRIM_LEAST && block_at(block, size) == heap.epilog)
        end_trim();
}

void heap_free(void *payload)
{
    if (payload_is_block(payload, heap.blocks_most))
        payload_free(payload);
    else
        payload_unmap(payload);
}

/*
 * Makes an allocated block at least `size` bytes long with what is free behind it, before it, or beyond the end of the heap.
 * Returns it, with its payload moved down if it begins earlier now; NULL if it cannot be.
 */
static struct block *block_widen(struct block *block, size_t size)
{
    size_t have = block_size(block);
    struct block *after = block_after(block), *start = block;
    size_t behind = block_allocated(after) ? 0 : block_size(after);
    size_t before = block_previous_allocated(block) ? 0 : *block_tag_before(block);

    if (have + behind < size && block_at(after, behind) == heap.epilog) {
        after = heap_grow(size - have);
        if (after != block_at(block, have))
            return NULL;
        behind = block_size(after);
    }
    if (have + behind + before < size)
        return NULL;
    if (behind) {
        bins_remove(after, behind);
        block->tag += (uint32_t)behind;
        block_after(block)->tag |= BLOCK_PREVIOUS_ALLOCATED;
    }
    if (have + behind < size) {
        start = block_back(block, before);
        bins_remove(start, before);
        memmove(block_payload(start), block_payload(block), have - BLOCK_TAG);
        start->tag = (uint32_t)(have + behind + before) | BLOCK_ALLOCATED | BLOCK_PREVIOUS_ALLOCATED;
    }
    block_cut(start, size);
    return start;
}

/* The least request that gets a mapping of its own when it is resized: the lecture's single list leaves that to large ones. */
static size_t large_least_resized(void)
{
    return heap.class_last ? LARGE_LEAST_MOVED : LARGE_LEAST;
}

/* A new block with the old one's contents, which is freed; the old one stays if there is no memory. */
static void *payload_move(void *payload, size_t request)
{
    size_t usable = heap_usable(payload);
    bool large = request >= large_least_resized() && request <= REQUEST_MOST && large_waste(request) < request / 5;
    void *moved = large ? large_allocate(request, BLOCK_ALIGNMENT) : heap_allocate(request);

    if (!moved && large && request < LARGE_LEAST)
        moved = heap_allocate(request); /* it may have a free block of that size */
    if (moved) {
        memcpy(moved, payload, usable < request ? usable : request);
        heap_free(payload);
    }
    return moved;
}

void *heap_resize(void *payload, size_t request)
{
    if (!payload)
        return heap_allocate(request);
    if (!request_possible(request))
        return NULL;
    if (!payload_is_block(payload, heap.blocks_most)) {
        struct mapping *mapping = mapping_checked(payload);
        return request >= large_least_resized() ? large_resize(mapping, request) : payload_move(payload, request);
    }
    struct block *block = block_of(payload);
    size_t size = block_size_for(request);
    if (size <= block_size(block)) {
        block_cut(block, size);
        return payload;
    }
    if (request < LARGE_LEAST && (block = block_widen(block, size)))
        return block_payload(block);
    return payload_move(payload, request);
}

/* Allocates enough to contain an aligned block, then frees what lies before and behind it. */
void *heap_allocate_aligned(size_t alignment, size_t request)
{
    if (alignment <= BLOCK_ALIGNMENT)
        return heap_allocate(request);
    if (alignment > REQUEST_MOST || request > REQUEST_MOST - alignment) {
        errno = ENOMEM;
        return NULL;
    }
    if (request + alignment >= LARGE_LEAST)
        return large_allocate(request, alignment);
    size_t size = block_size_for(request);
    uintptr_t payload = (uintptr_t)payload_allocate(size + alignment);
    if (!payload)
        return NULL;
    struct block *block = block_of((void *)payload);
    size_t skipped = -payload & (alignment - 1);
    if (skipped) {
        struct block *front = block;
        block = block_at(front, skipped);
        block->tag = (block_size(front) - (uint32_t)skipped) | BLOCK_ALLOCATED | BLOCK_PREVIOUS_ALLOCATED;
        front->tag -= (uint32_t)block_size(block);
        block_release(front);
    }
    block_cut(block, size);
    return block_payload(block);
}

size_t heap_usable(void *payload)
{
    if (!payload_is_block(payload, heap.blocks_most))
        return large_usable(mapping_checked(payload));
    return block_size(block_of(payload)) - BLOCK_TAG;
}

/* --- the fast way; the long one is in malloc_special.c --- */

void *malloc(size_t request)
{
    if (request < heap.quick_end)
        return payload_allocate_small(block_size_for(request));
    return heap.special ? special_allocate(request) : heap_allocate(request);
}

static __attribute__((noinline)) void free_otherwise(void *payload)
{
    if (!payload)
        return;
    if (heap.special)
        special_free(payload);
    else
        payload_unmap(payload);
}

void free(void *payload)
{
    if (payload_is_block(payload, heap.quick_blocks))
        payload_free(payload);
    else
        free_otherwise(payload);
}

void *realloc(void *payload, size_t request)
{
    if (heap.special)
        return special_resize(payload, request);
    return heap_resize(payload, request);
}

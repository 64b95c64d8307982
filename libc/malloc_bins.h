/*
 * The bins: free blocks in circular, doubly linked lists by size (L2), and a bitmap of the lists that are not empty.
 *
 *     class    0 ... 31    one size each: 16 times the class
 *             32 ... 63    four for each doubling from 512 bytes to 128 KB; the last has all that is larger
 *
 * The heads of the lists are the payload of the heap's first prolog: as blocks of which there are but the two links they have
 * numbers, too, 1, 2, ..., so a block is linked and unlinked without asking what its neighbours are. New ones go to the front.
 *
 * Small blocks thereby come from the best fit without a search. A list of several sizes is searched for its best fit.
 *
 * The free block that the heap ends with is in no list: it is used when nothing else will do, so that what lies before it
 * can grow into it, and it can be given back. Only the single list of MALLOC_FREELIST=single has it, too.
 */
#ifndef CLOCKHAND_LIBC_MALLOC_BINS_H
#define CLOCKHAND_LIBC_MALLOC_BINS_H

#include "libc/malloc_heap.h"

enum {
    BINS_EXACT = 32,       /* classes of one size */
    BINS_SEARCH_MOST = 16, /* blocks of a list looked at for the best fit */
    BINS_HEAD_FIRST = 1,   /* the number of the first list's head */
};

/* The list that free blocks of this size belong to. */
static inline uint32_t bins_class(size_t size)
{
    uint32_t class = (uint32_t)(size / BLOCK_ALIGNMENT), last = heap.class_last;

    if (size >= BINS_EXACT * BLOCK_ALIGNMENT) {
        /* The first three bits, which are 4 to 7, behind the exponent; 512 bytes are class 32. */
        uint32_t exponent = 63 ^ (uint32_t)__builtin_clzl(size);
        class = 4 * exponent + (uint32_t)(size >> (exponent - 2)) + BINS_EXACT - 40;
    }
    return class < last ? class : last;
}

/* Whether a free block is in a list. */
static inline bool bins_hold(const struct block *block, size_t size)
{
    return (const char *)block + size != (const char *)heap.unlisted_end;
}

static inline struct block *bins_head(uint32_t class)
{
    return block_numbered(class + BINS_HEAD_FIRST);
}

static inline void bins_unmark(uint32_t class)
{
    heap.nonempty &= ~((uint64_t)1 << class);
}

/* Lists a free block that is to be listed. */
static inline void bins_link(struct block *block, uint32_t class)
{
    struct block *head = bins_head(class);
    uint32_t number = block_number(block), first = head->next;

    block_numbered(first)->previous = number;
    head->next = number;
    block->next = first;
    block->previous = class + BINS_HEAD_FIRST;
    heap.nonempty |= (uint64_t)1 << class;
}

/* Takes a listed block out of its list; its neighbours there must know it. */
static inline void bins_unlink(struct block *block)
{
    uint32_t number = block_number(block), next = block->next, previous = block->previous;
    struct block *after = block_numbered(next), *before = block_numbered(previous);

    if (after->previous != number || before->next != number)
        heap_abort("free list overwritten", block_payload(block));
    after->previous = previous;
    before->next = next;
    if (next == previous) /* nothing but the head is left */
        bins_unmark(next - BINS_HEAD_FIRST);
}

/* Takes the first block out of a list that has one, likewise. */
static inline struct block *bins_pop(uint32_t class)
{
    struct block *head = bins_head(class);
    uint32_t number = head->next;
    struct block *block = block_numbered(number);
    uint32_t next = block->next;
    struct block *after = block_numbered(next);

    if (after->previous != number)
        heap_abort("free list overwritten", block_payload(block));
    after->previous = class + BINS_HEAD_FIRST;
    head->next = next;
    if (after == head)
        bins_unmark(class);
    return block;
}

/* Listing and taking out any free block: one that is not to be listed is left as it is. */
static inline void bins_insert(struct block *block, size_t size)
{
    if (bins_hold(block, size))
        bins_link(block, bins_class(size));
}

static inline void bins_remove(struct block *block, size_t size)
{
    if (bins_hold(block, size))
        bins_unlink(block);
}

/* The first list at or above `class` that has a block, or HEAP_CLASSES. */
static inline uint32_t bins_find(uint32_t class)
{
    uint64_t bits = class < HEAP_CLASSES ? heap.nonempty >> class : 0;

    return bits ? class + (uint32_t)__builtin_ctzl(bits) : HEAP_CLASSES;
}

#endif

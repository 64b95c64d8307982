/*
 * A block of the heap, with its boundary tags (L1).  Sizes are multiples of 16 and count the whole block.
 *
 *     allocated:   | size A P | payload ......................... |
 *     free:        | size - P | next | previous | ...... | size   |
 *                  ^ block    ^ payload, at a multiple of 16
 *
 * A: this block is allocated.  P: the block before is.  Because of P an allocated block needs no tag at its end: only the one
 * after a free block looks backwards, and there the size is.  M marks a block with a mapping of its own, outside the heap.
 * A prolog block (allocated, no payload) opens every stretch of heap and an epilog (size 0, allocated) closes it, so that
 * neighbours always exist (L4).  All accessors are functions, to be called from a debugger (L3).
 */
#ifndef CLOCKHAND_LIBC_MALLOC_BLOCK_H
#define CLOCKHAND_LIBC_MALLOC_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    BLOCK_ALLOCATED = 1,
    BLOCK_PREVIOUS_ALLOCATED = 2,
    BLOCK_MAPPED = 4,
    BLOCK_FLAGS = 15,
    BLOCK_ALIGNMENT = 16,
    BLOCK_LEAST = 32, /* tag, two links, tag */
    BLOCK_TAG = 8,
};

struct block {
    size_t tag;
    struct block *next; /* these two only in a free block */
    struct block *previous;
};

static inline size_t block_size(const struct block *block)
{
    return block->tag & ~(size_t)BLOCK_FLAGS;
}

static inline bool block_allocated(const struct block *block)
{
    return block->tag & BLOCK_ALLOCATED;
}

static inline bool block_previous_allocated(const struct block *block)
{
    return block->tag & BLOCK_PREVIOUS_ALLOCATED;
}

static inline bool block_mapped(const struct block *block)
{
    return block->tag & BLOCK_MAPPED;
}

static inline void *block_payload(struct block *block)
{
    return (char *)block + BLOCK_TAG;
}

static inline struct block *block_of(void *payload)
{
    return (struct block *)((char *)payload - BLOCK_TAG);
}

/* The block `offset` bytes further on. */
static inline struct block *block_at(struct block *block, size_t offset)
{
    return (struct block *)((char *)block + offset);
}

static inline struct block *block_after(struct block *block)
{
    return block_at(block, block_size(block));
}

/* The tag at the end of a free block, from the block behind it. */
static inline size_t *block_tag_before(struct block *block)
{
    return (size_t *)((char *)block - BLOCK_TAG);
}

/* Only if block_previous_allocated() is false. */
static inline struct block *block_before(struct block *block)
{
    return (struct block *)((char *)block - *block_tag_before(block));
}

static inline bool block_is_epilog(const struct block *block)
{
    return !block_size(block);
}

/* The size of the block that serves a request; the caller has checked that it cannot overflow. */
static inline size_t block_size_for(size_t request)
{
    size_t size = (request + BLOCK_TAG + BLOCK_ALIGNMENT - 1) & ~(size_t)(BLOCK_ALIGNMENT - 1);

    return size < BLOCK_LEAST ? BLOCK_LEAST : size;
}

/* --- the heap as a whole, for malloc.c and malloc_check.c --- */

enum { HEAP_CLASSES = 128 };

struct heap {
    struct block *free[HEAP_CLASSES]; /* circular, doubly linked, the newest first (L2) */
    uint64_t nonempty[HEAP_CLASSES / 64];
    struct block *first;  /* the prolog of the lowest stretch */
    struct block *epilog; /* of the highest */
    size_t grown;         /* bytes had from sbrk */
    size_t mapped_blocks, mapped_bytes;
};

extern struct heap heap;

/* The list a free block of this size is in: one per size below 1 KB, then four per doubling. */
static inline unsigned heap_class(size_t size)
{
    if (size < 1024)
        return (unsigned)(size / BLOCK_ALIGNMENT);
    unsigned exponent = 63 - (unsigned)__builtin_clzl(size);
    unsigned class = 64 + (exponent - 10) * 4 + (size >> (exponent - 2) & 3);
    return class < HEAP_CLASSES ? class : HEAP_CLASSES - 1;
}

/* The standard functions without their locking, in malloc.c; a request that fails sets errno. */
void *heap_allocate(size_t request);
void heap_free(void *payload);
void *heap_resize(void *payload, size_t request);
void *heap_allocate_aligned(size_t alignment, size_t request);
size_t heap_usable(const struct block *block);
/* Gives whole pages at the end back to the kernel, all but `kept` bytes; how many bytes that were. */
size_t heap_trim(size_t kept);

/* Ends the program with one line about what was wrong at that address. */
_Noreturn void heap_abort(const char *what, const void *where);

#endif

/*
 * A block of the heap, with its boundary tags (L1).  Sizes are multiples of 16 and count the whole block; all words are of 32
 * bits, so that the smallest block, 16 bytes, has room for two tags and two links.
 *
 *     allocated:   | size A P | payload .................................. |
 *     free:        | size G P | next | previous | .............. | size   |
 *                  ^ block    ^ payload, at a multiple of 16
 *
 * A: this block is allocated.  P: the block before is.  Because of P an allocated block needs no tag at its end: only the one
 * after a free block looks backwards, and there the size is.  M marks a block with a mapping of its own (malloc_large.h), G a
 * free one whose whole pages are back with the kernel (malloc_break.c).
 * A prolog block (allocated, no payload) opens every stretch of heap and an epilog (size 0, allocated) closes it, so that
 * neighbours always exist (L4).  A stretch is shorter than 4 GB, so that a size fits into its word.
 * A link is the number of a block: its distance from the heap's base in units of 8 bytes, which the processor multiplies for
 * nothing. So a heap spans at most 32 GB; large blocks have mappings of their own and do not count.
 * All accessors are functions, to be called from a debugger (L3).
 *
 * What the format costs: a tag, and the rounding to 16 bytes, 4 to 19 bytes in all. So small blocks cannot lie as densely as
 * large ones, and requests for 16 or 48 bytes are the worst. `make bench-malloc` says how dense a heap of these blocks could
 * be at best.
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
    BLOCK_GIVEN_BACK = 8,
    BLOCK_FLAGS = 15,
    BLOCK_ALIGNMENT = 16, /* of payloads; also the least size */
    BLOCK_TAG = 4,
};

struct block {
    uint32_t tag;
    uint32_t next; /* these two only in a free block */
    uint32_t previous;
};

static inline size_t block_size(const struct block *block)
{
    return block->tag & ~(uint32_t)BLOCK_FLAGS;
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

static inline bool block_given_back(const struct block *block)
{
    return block->tag & BLOCK_GIVEN_BACK;
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

/* The one that begins as much before. */
static inline struct block *block_back(struct block *block, size_t offset)
{
    return (struct block *)((char *)block - offset);
}

static inline struct block *block_after(struct block *block)
{
    return block_at(block, block_size(block));
}

/* The tag at the end of a free block, from the block behind it. */
static inline uint32_t *block_tag_before(struct block *block)
{
    return (uint32_t *)((char *)block - BLOCK_TAG);
}

/* Only if block_previous_allocated() is false. */
static inline struct block *block_before(struct block *block)
{
    return block_back(block, *block_tag_before(block));
}

static inline bool block_is_epilog(const struct block *block)
{
    return !block_size(block);
}

/* The size of the block that serves a request; the caller has checked that it cannot overflow. */
static inline size_t block_size_for(size_t request)
{
    return (request + BLOCK_TAG + BLOCK_ALIGNMENT - 1) & ~(size_t)(BLOCK_ALIGNMENT - 1);
}

#endif

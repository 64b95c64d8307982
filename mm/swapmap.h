/*
 * Which blocks of a swap area are in use: one bit each.
 *
 *     word 0   1111 1111 .. 1     used: in use, or not to be used (the header, bad blocks, behind the end)
 *     word 1   1110 0000 .. 0  <- cursor: the search for a run goes on from the last one, so that what is written together lies together
 *     word 2   0000 0000 .. 0
 *
 * Page-out asks for a run of blocks for a whole batch, and gets the first free run that is long enough behind the cursor, or, where free blocks lie
 * scattered, the longest one that was passed. Hardware-free; the caller has the lock, and the memory of the bits.
 */
#ifndef MM_SWAPMAP_H
#define MM_SWAPMAP_H

#include "kernel/types.h"

#define SWAPMAP_RUN_MAX 64 /* blocks in one run at most */

struct swapmap {
    uint64_t *used; /* bit b % 64 of word b / 64 */
    uint32_t blocks;
    uint32_t free;
    uint32_t cursor;
};

/* Bytes of bits for that many blocks. */
static inline size_t swapmap_size(uint32_t blocks)
{
    return ((size_t)blocks + 63) / 64 * sizeof(uint64_t);
}

/* All of `blocks` free but block 0, the header. `used` has swapmap_size(blocks) bytes. */
void swapmap_init(struct swapmap *map, uint64_t *used, uint32_t blocks);

/* Takes up to `wanted` (1 .. SWAPMAP_RUN_MAX) neighbouring free blocks; returns how many, *first is the lowest. 0: none is free. */
unsigned swapmap_take(struct swapmap *map, unsigned wanted, uint32_t *first);

/* Gives back a block in use. */
void swapmap_give(struct swapmap *map, uint32_t block);

/* Takes out a block that is not to be used; false if it is in use. */
bool swapmap_exclude(struct swapmap *map, uint32_t block);

bool swapmap_is_used(const struct swapmap *map, uint32_t block);

#endif

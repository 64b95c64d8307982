/*
 * An address space leaving memory whole, and coming back (L8): what mm/swapper.c does with the memory of a process that is held.
 *
 *     swap_out_aspace    private pages           evicted in the order of their addresses, so that the modified ones fill swap blocks in a row
 *                        pages of files          evicted, but for those that others map, too
 *                        the rest                unmapped: what is in nobody's way stays in the cache
 *                        page tables             are empty then, and are given back, all but the top one (L14)
 *     swap_in_aspace     private pages           read in requests as large as they were written, as long as there is room; mapped when they are touched
 *
 * Locked and huge pages stay where they are. An address space is a cache of names, so nothing depends on how far either gets: a page that is touched
 * meanwhile comes back by its fault, and what could not go is the clock's.
 *
 * Locks: the mutex of the address space inside, for STRIDE pages at a time.
 */
#ifndef MM_SWAPOUT_H
#define MM_SWAPOUT_H

#include "kernel/types.h"

struct aspace;

/* Returns how many frames it has still, as aspace_frames(). The writes may be under way. Sleeps. */
uint64_t swap_out_aspace(struct aspace *aspace);

/* Starts reading private pages that are on swap, at most `limit`, while more than lotsfree frames are free; returns how many. Sleeps. */
uint64_t swap_in_aspace(struct aspace *aspace, uint64_t limit);

/* Frames it would give back: pages it has mapped, and its page tables but for the top one. Needs no lock: the numbers are read one by one. */
uint64_t aspace_frames(const struct aspace *aspace);

#endif

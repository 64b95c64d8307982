/*
 * The adaptive clock: what it remembers of pages, and its step. The policy is described in adaptive.c.
 */
#ifndef MM_ADAPTIVE_H
#define MM_ADAPTIVE_H

#include "mm/clock.h"

/* Bytes of memory for a clock of that many frames: some 14 for each. */
size_t adaptive_size(uint64_t frames);

/* Makes so many bytes at `memory`, aligned to 8, know nothing yet. */
struct adaptive *adaptive_init(void *memory, uint64_t frames);

/* The back hand of an adaptive clock looks at its frame. Returns how many frames were evicted, 0 or 1. For clock.c. */
unsigned adaptive_step(struct clock *clock);

/* How many frames it holds to be hot, and where its hot hand is: for showing. */
uint64_t adaptive_hot(const struct adaptive *adaptive);
pfn_t adaptive_hot_hand(const struct adaptive *adaptive);

#endif

/*
 * The circle that the clock's hands go round: the frames of RAM, numbered without the holes of the physical address space.
 *
 *     frame   0         a                b                c                 frame_limit
 *             | RAM     |  hole          |  RAM           |  hole  |  RAM   |
 *     place   0         a                a + 1 ...                          circle_places()
 *
 * A hand that went over the frame array itself would spend a step on each ABSENT entry: a third of them all on a PC with 4 GB, three of four on one
 * held small by the option mem=. Holes of fewer than HOLE_LEAST frames stay in the circle, and so do those that are left over when the table is
 * full; their places are skipped by a look at the frame's state.
 *
 * Locks: none. Made once at start-up, when the loader's ranges have become RAM, and constant from then on.
 */
#ifndef MM_CIRCLE_H
#define MM_CIRCLE_H

#include "kernel/types.h"

/* Finds the holes. Once, before any other function here. */
void circle_init(void);

/* How many places there are, and the frame at one below that; neither sleeps. */
uint64_t circle_places(void);
pfn_t circle_frame(uint64_t place);

#endif

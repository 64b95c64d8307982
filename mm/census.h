/*
 * The census of WIRED frames: which part of the kernel has how many.
 *
 *     WIRED = start-up's (image, frame array, drivers; constant) + slabs + kmalloc runs + kernel stacks + page tables + pipes
 *
 * Whoever takes WIRED frames after start-up registers a function that counts them. What nobody counts is constant; when it grows, somebody has lost a
 * frame, and vm_check() says so.
 */
#ifndef MM_CENSUS_H
#define MM_CENSUS_H

#include "kernel/types.h"

#define CENSUS_MAX 12

/* Registers an owner of WIRED frames; `name` is kept. During start-up. count() may sleep. */
void census_add(const char *name, uint64_t (*count)(void));

/* Frames that the registered owners have. Exact when none of them allocates or frees. Sleeps. */
uint64_t census_count(void);

/* Visits the owners in the order they were added, for /proc/frames. */
void census_for_each(void (*visit)(const char *name, uint64_t frames, void *context), void *context);

#endif

/*
 * Collapse: 512 private pages of 4 KB become one mapping of 2 MB, when a contiguous run of frames is free.
 *
 *     page table       PT: [p0] [p1] [--] [p3] ...  512 entries    ->    PD: one leaf, 2 MB
 *     frames           anywhere                                    ->    one aligned run (or they are one already: nothing is copied)
 *
 * It is done when a program asks (MADV_COLLAPSE), and by a daemon that looks at all address spaces now and then; its period in milliseconds is
 * /proc/sys/vm/collapse_ms (0: it rests). The other way, a split, is mm/translation.h's and cannot fail.
 */
#ifndef MM_COLLAPSE_H
#define MM_COLLAPSE_H

#include "mm/aspace.h"

/*
 * Collapses the 2 MB at `base`, of which at least `least` pages exist; those that do not become zeros. 0 (also if it is large already), -EINVAL: the
 * area or its pages are not of the kind, -EAGAIN: somebody is busy with one, -ENOMEM: no run. The mutex is held.
 */
int collapse_locked(struct aspace *aspace, const struct area *area, vaddr_t base, unsigned least) must_check;

/* Every 2 MB in [start, end), all of whose areas must be of the kind: MADV_COLLAPSE. 0 or the last error. Takes the mutex. */
int collapse_range(struct aspace *aspace, vaddr_t start, vaddr_t end) must_check;

/* Looks once at every address space; returns how many 2 MB were collapsed, at most `limit`. Sleeps. */
unsigned collapse_scan(unsigned limit);

/* The daemon begins no look any more (collapse_ms is 0). */
void collapse_rest(void);

/* Starts the daemon and registers its file. */
void collapse_start(void);

#endif

/*
 * Locked memory: pages that page-out leaves alone, and how many a process may have.
 */
#ifndef MM_MLOCK_H
#define MM_MLOCK_H

#include "mm/aspace.h"

/* Whether the running process may lock `pages` more in a new mapping: 0, -EPERM (none at all), -EAGAIN (too many), as mmap reports it. */
int lock_may_grow(struct aspace *aspace, uint64_t pages) must_check;

#endif

/*
 * mmap(MAP_HUGETLB): memory that must be made of 2 MB or 1 GB pages (L15, L16), or the call fails.
 *
 * An area of them begins and ends at such pages: a call that would cut one is EINVAL (area_split() in map.c) or goes by whole pages. They
 * stay in memory without AREA_LOCKED. Only the table entry may be split, by a write after fork.
 */
#ifndef MM_HUGETLB_H
#define MM_HUGETLB_H

#include "mm/aspace.h"

/*
 * Maps `request` (anonymous) with pages of the size in mmap's flags, all of it at once: there is no pool, so what cannot be had now is ENOMEM and not a
 * SIGBUS later. Only a page that the program has given up (MADV_DONTNEED, MADV_REMOVE) comes by a fault: large again, or SIGBUS. A child, and mremap's
 * new place, get their leaves at once (large_join_all). 0, -EINVAL (no such size), -ENOMEM (also for 1 GB on a processor that cannot).
 */
int hugetlb_map(struct aspace *aspace, const struct map_request *request, uint64_t mmap_flags,
                vaddr_t *result) must_check;

#endif

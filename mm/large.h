/*
 * Large mappings of user memory (L15, L16): 512 named pages whose frames are contiguous, mapped by one entry.
 *
 * The page cache, the reverse map and page-out know only 4 KB pages; the large leaf is a property of the page table alone and can be split at
 * any time without failing (mm/pagetable.h).
 */
#ifndef MM_LARGE_H
#define MM_LARGE_H

#include "mm/aspace.h"

/*
 * First write to private zero-fill memory: tries to give the 2 MB around `address` at once. True if `address` is mapped now; false:
 * a 4 KB page it must be. The mutex is held.
 */
bool large_fault(struct aspace *aspace, const struct area *area, vaddr_t address) must_check;

/*
 * A write to a large mapping that was made read-only by a fork: makes all of it writable again if none of its pages is shared any more. False: it is to be
 * split. The mutex is held.
 */
bool large_reuse_slow(struct aspace *aspace, const struct area *area, vaddr_t address) must_check;

static inline bool large_reuse(struct aspace *aspace, const struct area *area, vaddr_t address)
{
    return __builtin_expect(aspace->large_mappings > 0, 0) && large_reuse_slow(aspace, area, address);
}

/*
 * A fault on memory of MAP_HUGETLB whose large page exists but is not mapped here: in a child, or where mremap has moved it to. Maps it by one leaf, if its
 * pages still are one run and, for a write, the process's own or shared. False: it goes on with 4 KB. The mutex is held.
 */
bool large_join_slow(struct aspace *aspace, const struct area *area, vaddr_t address, bool write) must_check;

static inline bool large_join(struct aspace *aspace, const struct area *area, vaddr_t address, bool write)
{
    return area_is_hugetlb(area) && large_join_slow(aspace, area, address, write);
}

/* The same for all of an area, so that its pages are not evicted meanwhile; nothing for other areas. What fails is left to faults. */
void large_join_all(struct aspace *aspace, const struct area *area);

/* Whether the 2 MB at `base` lie in the area, and the area is one whose pages may be mapped so: private, zero fill, no stack. */
bool large_fits(const struct area *area, vaddr_t base) must_check;

/* Whether memory is plenty, or the program has asked: a large page gives 512 frames where fewer are needed (L17). */
bool large_is_affordable(const struct area *area) must_check;

/* Enters 512 (or 512 * 512) BUSY, unmapped, named pages of one run by one leaf. 0, -ENOMEM, -EEXIST: something is mapped there. The mutex is held. */
int large_enter(struct aspace *aspace, vaddr_t base, struct page *pages, unsigned level, pte_t bits) must_check;

/*
 * Gives the untouched page of MAP_HUGETLB memory that `address` lies in one leaf of its size. 0, -ENOMEM: no run of frames is free, -EEXIST: it has been
 * touched. The mutex is held.
 */
int large_install_around(struct aspace *aspace, const struct area *area, vaddr_t address) must_check;

#endif

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

/* Gives the untouched private zero-fill memory at `base` one leaf of `level` (2 MB, 1 GB). 0, -ENOMEM, -EEXIST. The mutex is held. */
int large_install(struct aspace *aspace, const struct area *area, vaddr_t base, unsigned level) must_check;

#endif

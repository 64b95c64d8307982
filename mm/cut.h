/*
 * Cuts: what truncating a file does to private copies of its pages. The copies behind the new end are gone, and stay gone if the file grows again.
 *
 * The one who truncates holds the inode's lock and cannot take the mutexes of all address spaces that map the file. So it works in two steps: it takes
 * the translations of the copies out of the page tables, which needs no mutex, and notes the cut in each area; the copies themselves are dropped
 * by the next one who looks at the area under the mutex (a fault, fork, mremap), before it looks.
 *
 * Locks: object->lock guards the list of areas that map the object privately, and the ranges and cuts of these areas while they change.
 */
#ifndef MM_CUT_H
#define MM_CUT_H

#include "mm/aspace.h"
#include "mm/object.h"

#define CUT_NONE UINT64_MAX

static inline bool area_has_copies(const struct area *area)
{
    return area->object != NULL && (area->flags & AREA_SHARED) == 0;
}

/* Enters an area in its object's list, takes it out; for areas without private copies nothing happens. */
void cut_link(struct area *area);
void cut_unlink(struct area *area);

/* Cuts `area` at `address`: it keeps what is below, `upper` (a copy of it) gets the rest. Both trees and lists are right afterwards. */
void cut_split(struct area_tree *tree, struct area *area, struct area *upper, vaddr_t address);

/* Makes one area of two neighbours: `lower` gets the range of `upper`, which is in no tree and no list afterwards. */
void cut_absorb(struct area_tree *tree, struct area *lower, struct area *upper);

/* Enters a fork's copy of an area in the list, with the cut that `from` has. */
void cut_link_copy(struct area *copy, const struct area *from);

/* The object's pages from `index` on have been truncated. Sleeps. */
void cut_mappings(struct object *object, uint64_t index);

/* Drops what a cut has left to be dropped in the area. The aspace's mutex is held. */
void cut_finish(struct aspace *aspace, struct area *area);

static inline void cut_apply(struct aspace *aspace, struct area *area)
{
    if (area_has_copies(area) && __builtin_expect(area->cut != CUT_NONE, 0))
        cut_finish(aspace, area);
}

#endif

/*
 * The invariants of the memory system, by number, and the check of all of them over the whole machine: vm_check() (declared in mm/aspace.h).
 *
 *   I1  the tree of an object finds page p at index i exactly when p's name is (object, i); an anon's page is p exactly when p's name is the anon
 *   I2  a PTE or a TLB entry for p exists only while p's reverse map has that (address space, address); the reverse map outlives both
 *   I3  a writable PTE or TLB entry exists only for a DIRTY page
 *   I4  FREE: no name, no mapping, clean, no pins
 *   I5  STANDBY: named, clean, unmapped, unpinned; on the standby list
 *   I6  an anon with more than one reference has no writable private mapping
 *   I7  name and contents change only under BUSY; a BUSY page is not evicted
 *   I8  every anon's count equals the number of overlays that hold it; at 0 it is gone; every swap block in use has one owner, an anon (S1, S2: mm/swap.h)
 *   I9  nobody waits while holding a spin lock (checked by might_sleep() everywhere, not here)
 *   I10 every frame is somebody's: FREE ones are in the allocator, DETACHED ones in somebody's hands for a moment, WIRED ones counted by
 *       their owner (mm/census.h); every area is in an address space
 *   I11 the pages promised to programs (mm/commit.h) are those of the areas that say so
 *
 * What belongs to one page or one address space is checked under its locks. Sums over the machine are only right when nothing moves: they are
 * left out while memory is being allocated or freed, that of promises while it changes. A violation counts only if the same one is found
 * several times in a row.
 */
#ifndef MM_CHECK_H
#define MM_CHECK_H

#include "mm/aspace.h"

/* The first violation that was found: which invariant, and numbers that help to understand it. */
struct violation {
    const char *what; /* null: none */
    uint64_t where, expected, found;
};

/* Looks at everything once. True if nothing is wrong. Sleeps. */
bool vm_check_once(struct violation *violation) must_check;

/* Notes a violation unless there is one already. */
void violation_note(struct violation *violation, const char *what, uint64_t where, uint64_t expected, uint64_t found);

/* What one address space adds to the sums over the machine. */
struct check_sums {
    uint64_t overlay_entries; /* references that overlays hold on anons */
    uint64_t anon_references; /* references that anons know of */
    uint64_t anon_pages;
    uint64_t given_up_entries; /* references on anons without a page and a block */
    uint64_t areas;
    uint64_t committed;             /* pages promised for them */
    uint64_t promise_changes;       /* commit_changes() before the first look */
    uint64_t free, detached, wired; /* frames by state */
    uint64_t standby_pages;
    uint64_t
        transfers; /* pages that a device has: they are in none of the sums over anons, which are not judged then */
};

/* One address space, referenced by the caller: its areas, its overlay and every leaf of its page table. */
void check_aspace(struct aspace *aspace, struct check_sums *sums, struct violation *violation);

#endif

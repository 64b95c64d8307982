/*
 * Changing the areas of an address space: what mmap, munmap, mprotect, brk and their relatives share.
 *
 * All functions named _locked need the aspace's mutex. Areas taken out of the tree are only unlinked there, in a chain by `right`; the objects
 * and files they refer to are given back by areas_destroy() after the mutex was released, since that may do I/O.
 */
#ifndef MM_MAP_H
#define MM_MAP_H

#include "kernel/layout.h"
#include "mm/aspace.h"
#include "mm/commit.h"

#define MMAP_LOWEST ((vaddr_t)0x10000)            /* nothing is mapped below: null pointers with offsets fault */
#define MMAP_TOP (USER_END - ((uint64_t)1 << 30)) /* default top of the search for room: leaves 1 GB to the stack */
#define STACK_LIMIT_DEFAULT ((uint64_t)8 << 20)
#define LOCKED_LIMIT_DEFAULT ((uint64_t)8 << 20)
#define STACK_GUARD ((uint64_t)256 * PAGE_SIZE) /* kept free below a growing stack */
#define AREAS_MAX 65530                         /* Linux's vm.max_map_count */

/* Flags in which neighbours must agree to become one: all but those that say how an area came to be. */
#define AREA_NAME_FLAGS (AREA_HEAP)

/* Whether a range is whole pages inside user space and not empty. */
static inline bool map_range_ok(vaddr_t start, uint64_t length)
{
    return is_aligned(start, PAGE_SIZE) && length <= USER_END && start <= USER_END - length;
}

/* Cuts areas so that one begins at `start` and one ends at `end`, if areas lie across them. 0 or -ENOMEM. */
int areas_isolate_locked(struct aspace *aspace, vaddr_t start, vaddr_t end) must_check;

/* Makes one area of neighbours that agree, around `area`; returns the area that is left. */
struct area *area_merge_locked(struct aspace *aspace, struct area *area);

/* Gives an area other flags, with the counts that follow from them. */
void area_set_flags_locked(struct aspace *aspace, struct area *area, uint32_t flags);

/* Takes an area out of the tree and puts it on *doomed. */
void area_unlink_locked(struct aspace *aspace, struct area *area, struct area **doomed);

/* Removes whatever is in [start, end), pages included. Adds the areas to *doomed. 0 or -ENOMEM (nothing changed). */
int aspace_unmap_locked(struct aspace *aspace, vaddr_t start, vaddr_t end, struct area **doomed) must_check;

/* Drops the private pages of a range, which is no longer mapped. */
void overlay_remove_locked(struct aspace *aspace, vaddr_t start, vaddr_t end);

/* Puts an area in for a checked request at `start`; the range is free. Null without memory. */
struct area *area_create_locked(struct aspace *aspace, const struct map_request *request, vaddr_t start) must_check;

/* Room for `length` bytes, by Linux's rules: the hint if it is free, else as high as possible. 0 if there is none. */
vaddr_t aspace_find_room_locked(struct aspace *aspace, vaddr_t hint, uint64_t length, uint64_t alignment);

/* Whether [start, end) has no areas. */
bool aspace_is_free_locked(const struct aspace *aspace, vaddr_t start, vaddr_t end);

/* Whether `pages` more in areas with these flags are within RLIMIT_DATA. */
static inline bool data_may_grow_locked(const struct aspace *aspace, uint64_t pages, uint32_t flags)
{
    return !flags_are_data(flags) || aspace->data_pages + pages <= aspace->data_limit >> PAGE_SHIFT;
}

/* Charges `pages` (negative: gives them back) of an area with `flags` to the address space. */
static inline void aspace_charge_locked(struct aspace *aspace, uint32_t flags, int64_t pages)
{
    aspace->total_pages += (uint64_t)pages;
    if ((flags & AREA_LOCKED) != 0)
        aspace->locked_pages += (uint64_t)pages;
    if (flags_are_data(flags))
        aspace->data_pages += (uint64_t)pages;
    if ((flags & AREA_COMMITTED) != 0) {
        aspace->committed_pages += (uint64_t)pages;
        commit_areas(pages);
    }
    aspace->peak_total = max_u64(aspace->peak_total, aspace->total_pages);
}

/* Whether memory for an area with these flags has to be promised (mm/commit.h). */
static inline bool flags_need_commitment(uint32_t flags)
{
    const uint32_t not_needed = AREA_SHARED | AREA_NORESERVE | AREA_HUGETLB_2M | AREA_HUGETLB_1G;
    return (flags & AREA_WRITE) != 0 && (flags & not_needed) == 0;
}

/* Whether `pages` more may be mapped under the limits, and promised where that is needed (mm/commit.h). */
bool aspace_may_grow_locked(const struct aspace *aspace, uint64_t pages, uint32_t flags);

/* The same in the place of what the pages from `start` on hold now, which goes: MAP_FIXED. */
bool aspace_may_replace_locked(const struct aspace *aspace, vaddr_t start, uint64_t pages, uint32_t flags);

/* How many promised pages end when [start, end) is replaced, as things are now. Takes the mutex. */
uint64_t aspace_promised_in(struct aspace *aspace, vaddr_t start, vaddr_t end);

/* A copy of an area with references of its own, not in any tree; null without memory. */
struct area *area_copy(const struct area *area) must_check;

/* All areas, unlinked from the tree; frees a chain of unlinked ones. */
struct area *areas_take_all(struct aspace *aspace);
void areas_destroy(struct area *doomed);

/* Faults in every page of a range that may be accessed; stops at the first that cannot be had: 0 or -ENOMEM, -EFAULT. Takes the mutex per page. */
int aspace_populate(struct aspace *aspace, vaddr_t start, vaddr_t end) must_check;

/* Areas that exist, for checks. */
uint64_t areas_count(void);

void map_init(void);

#endif

/*
 * mremap: makes a mapping smaller, larger, or moves it. Moving takes the private pages along by their place in the overlay; translations are dropped and
 * come back by faults at the new place.
 */
#include "kernel/abi/errno.h"
#include "kernel/abi/mman.h"
#include "kernel/cpu.h"
#include "kernel/registers.h"
#include "kernel/syscall_list.h"
#include "kernel/thread.h"
#include "mm/anon.h"
#include "mm/cut.h"
#include "mm/large.h"
#include "mm/map.h"
#include "mm/mlock.h"
#include "mm/translation.h"

struct remap {
    struct aspace *aspace;
    vaddr_t old_start, new_start; /* new_start: wanted with MREMAP_FIXED */
    uint64_t old_length, new_length;
    uint64_t flags;
    uint64_t alignment; /* of all addresses and lengths: the area's page size */
    struct area *doomed;
    vaddr_t result;
};

/* Gives the private pages of [from, from + length) a second place from `to` on. 0, or -ENOMEM: then none has one. */
static int overlay_double(struct aspace *aspace, vaddr_t from, vaddr_t to, uint64_t length)
{
    uint64_t first = from >> PAGE_SHIFT, last = first + (length >> PAGE_SHIFT) - 1, target = to >> PAGE_SHIFT;
    struct anon *anon;
    for (uint64_t page = first; page <= last && (anon = radix_next(&aspace->overlay, &page, last)) != NULL; page++) {
        if (overlay_insert(&aspace->overlay, target + (page - first), anon) == 0)
            continue;
        while (page-- > first)
            radix_remove(&aspace->overlay, target + (page - first));
        return -ENOMEM;
    }
    return 0;
}

/* Takes the private pages out of their old places; nothing is dropped. */
static void overlay_leave(struct aspace *aspace, vaddr_t from, uint64_t length)
{
    uint64_t page = from >> PAGE_SHIFT, last = page + (length >> PAGE_SHIFT) - 1;
    for (; page <= last && radix_next(&aspace->overlay, &page, last) != NULL; page++)
        radix_remove(&aspace->overlay, page);
}

/* The area that [old_start, old_start + old_length) must lie in, and whether it may grow to new_length. 0 or an error. */
static int remap_check(const struct remap *remap, struct area **result)
{
    struct aspace *aspace = remap->aspace;
    struct area *area = area_tree_find(&aspace->areas, remap->old_start);
    if (area == NULL)
        return -EFAULT;
    *result = area;
    cut_apply(aspace, area);
    if (remap->old_length == 0 && !area_is_shared(area))
        return -EINVAL;
    if (remap->old_length > area->end - remap->old_start)
        return -EFAULT;
    uint64_t stays = (remap->flags & MREMAP_DONTUNMAP) != 0 ? 0 : remap->old_length;
    if (remap->new_length <= stays)
        return 0;
    uint64_t pages = (remap->new_length - stays) >> PAGE_SHIFT;
    if ((area->flags & AREA_LOCKED) != 0 && remap->new_length > remap->old_length && lock_may_grow(aspace, pages) != 0)
        return -EAGAIN;
    return aspace_may_grow_locked(aspace, pages, area->flags) ? 0 : -ENOMEM;
}

/* Makes the area longer where it is, if the room behind it is free. */
static bool remap_grow_in_place(const struct remap *remap, struct area *area)
{
    uint64_t growth = remap->new_length - remap->old_length;
    if (remap->old_start + remap->old_length != area->end || growth > USER_END - area->end ||
        !aspace_is_free_locked(remap->aspace, area->end, area->end + growth))
        return false;
    uint32_t flags = area->flags;
    area_set_flags_locked(remap->aspace, area, flags & ~(uint32_t)AREA_LOCKED);
    area_tree_resize(&remap->aspace->areas, area, area->start, area->end + growth);
    aspace_charge_locked(remap->aspace, area->flags, (int64_t)(growth >> PAGE_SHIFT));
    area_set_flags_locked(remap->aspace, area, flags);
    area_merge_locked(remap->aspace, area);
    return true;
}

/* What is left of an area whose pages have moved away (MREMAP_DONTUNMAP): nothing that could be locked. Without memory for the cut it stays as it is. */
static void remap_leave(const struct remap *remap)
{
    struct aspace *aspace = remap->aspace;
    struct area *area = area_tree_find(&aspace->areas, remap->old_start);
    vaddr_t end = remap->old_start + remap->old_length;
    if (remap->old_length == 0 || (area->flags & AREA_LOCKED) == 0 ||
        areas_isolate_locked(aspace, remap->old_start, end) != 0)
        return;
    area = area_tree_find(&aspace->areas, remap->old_start);
    area_set_flags_locked(aspace, area, area->flags & ~(uint32_t)AREA_LOCKED);
    area_merge_locked(aspace, area);
}

/* Moves the mapping to free room at `to`. */
static int remap_move(struct remap *remap, const struct area *area, vaddr_t to)
{
    struct aspace *aspace = remap->aspace;
    struct map_request request = {
        .length = remap->new_length,
        .flags = area->flags,
        .object = area->object,
        .offset = area_index(area, remap->old_start) << PAGE_SHIFT,
        .file = area->file,
    };
    uint64_t moved = min_u64(remap->old_length, remap->new_length);
    bool shared = area_is_shared(area);
    struct area *target = area_create_locked(aspace, &request, to);
    if (target == NULL)
        return -ENOMEM;
    if (!shared && moved > 0 && overlay_double(aspace, remap->old_start, to, moved) != 0) {
        (void)!aspace_unmap_locked(aspace, to, to + request.length,
                                   &remap->doomed); /* cuts nothing, so it cannot fail */
        return -ENOMEM;
    }
    if (moved > 0)
        translation_remove_range(aspace, remap->old_start, remap->old_start + moved);
    if (!shared && moved > 0)
        overlay_leave(aspace, remap->old_start, moved);
    remap->result = to;
    large_join_all(aspace, area_merge_locked(aspace, target));
    if ((remap->flags & MREMAP_DONTUNMAP) != 0 || remap->old_length == 0) {
        remap_leave(remap);
        return 0;
    }
    return aspace_unmap_locked(aspace, remap->old_start, remap->old_start + remap->old_length, &remap->doomed);
}

/* MREMAP_FIXED: to the address given, whatever is there. */
static int remap_fixed(struct remap *remap)
{
    struct aspace *aspace = remap->aspace;
    struct area *area;
    int error = aspace_unmap_locked(aspace, remap->new_start, remap->new_start + remap->new_length, &remap->doomed);
    if (error == 0 && remap->old_length > remap->new_length) {
        error = aspace_unmap_locked(aspace, remap->old_start + remap->new_length, remap->old_start + remap->old_length,
                                    &remap->doomed);
        remap->old_length = remap->new_length;
    }
    if (error == 0)
        error = remap_check(remap, &area);
    return error != 0 ? error : remap_move(remap, area, remap->new_start);
}

static int remap_anywhere(struct remap *remap)
{
    struct aspace *aspace = remap->aspace;
    struct area *area;
    int error;
    if (remap->old_length >= remap->new_length && (remap->flags & MREMAP_DONTUNMAP) == 0) {
        remap->result = remap->old_start;
        if (remap->old_length == remap->new_length)
            return 0;
        return aspace_unmap_locked(aspace, remap->old_start + remap->new_length, remap->old_start + remap->old_length,
                                   &remap->doomed);
    }
    error = remap_check(remap, &area);
    if (error != 0)
        return error;
    remap->result = remap->old_start;
    if ((remap->flags & MREMAP_DONTUNMAP) == 0 && remap_grow_in_place(remap, area))
        return 0;
    if ((remap->flags & MREMAP_MAYMOVE) == 0)
        return -ENOMEM;
    vaddr_t to = aspace_find_room_locked(aspace, remap->new_start, remap->new_length, remap->alignment);
    return to == 0 ? -ENOMEM : remap_move(remap, area, to);
}

static bool places_overlap(const struct remap *remap)
{
    return remap->old_start + remap->old_length > remap->new_start &&
           remap->new_start + remap->new_length > remap->old_start;
}

/* What the area's page size asks of the arguments (mmap(2) on huge pages: lengths are rounded up, addresses are not; there is no growth). 0 or an error. */
static int remap_align(struct remap *remap)
{
    const struct area *area = area_tree_find(&remap->aspace->areas, remap->old_start);
    if (area == NULL)
        return -EFAULT;
    remap->alignment = area_page_size(area);
    if (remap->alignment == PAGE_SIZE)
        return 0;
    remap->old_length = round_up(remap->old_length, remap->alignment);
    remap->new_length = round_up(remap->new_length, remap->alignment);
    if (!is_aligned(remap->old_start | remap->new_start, remap->alignment) || remap->new_length > remap->old_length)
        return -EINVAL;
    return (remap->flags & MREMAP_FIXED) != 0 && places_overlap(remap) ? -EINVAL : 0;
}

/* The arguments by themselves. */
static int arguments_check(const struct remap *remap)
{
    const uint64_t known = MREMAP_FIXED | MREMAP_MAYMOVE | MREMAP_DONTUNMAP;
    if ((remap->flags & ~known) != 0 || ((remap->flags & MREMAP_FIXED) != 0 && (remap->flags & MREMAP_MAYMOVE) == 0))
        return -EINVAL;
    if ((remap->flags & MREMAP_DONTUNMAP) != 0 &&
        ((remap->flags & MREMAP_MAYMOVE) == 0 || remap->old_length != remap->new_length))
        return -EINVAL;
    if (!is_aligned(remap->old_start, PAGE_SIZE) || remap->new_length == 0 || remap->new_length > USER_END)
        return -EINVAL;
    /* The rest is about the new place, if there is one given. */
    if ((remap->flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) == 0)
        return 0;
    if (!is_aligned(remap->new_start, PAGE_SIZE) || remap->new_start > USER_END - remap->new_length)
        return -EINVAL;
    return places_overlap(remap) ? -EINVAL : 0;
}

long sys_mremap(struct registers *regs)
{
    struct remap remap = {
        .aspace = thread_current()->aspace,
        .old_start = regs->rdi,
        .old_length = round_up(regs->rsi, PAGE_SIZE),
        .new_length = round_up(regs->rdx, PAGE_SIZE),
        .flags = regs->r10,
    };
    if ((remap.flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) != 0)
        remap.new_start = regs->r8;
    int error = arguments_check(&remap);
    if (error != 0)
        return error;
    mutex_lock(&remap.aspace->lock);
    error = remap_align(&remap);
    if (error == 0 && remap.old_length > remap.new_length && !map_range_ok(remap.old_start, remap.old_length))
        error = -EINVAL;
    if (error == 0)
        error = (remap.flags & MREMAP_FIXED) != 0 ? remap_fixed(&remap) : remap_anywhere(&remap);
    mutex_unlock(&remap.aspace->lock);
    areas_destroy(remap.doomed);
    return error != 0 ? error : (long)remap.result;
}

/*
 * mmap(MAP_HUGETLB). See hugetlb.h.
 */
#include "mm/hugetlb.h"

#include "kernel/abi/errno.h"
#include "kernel/abi/mman.h"
#include "kernel/cpu.h"
#include "mm/frame.h"
#include "mm/large.h"
#include "mm/map.h"
#include "mm/object.h"
#include "mm/pagetable.h"
#include "mm/standby.h"

/* The level of the pages that mmap's flags ask for; 0: there is none. */
static unsigned flags_level(uint64_t mmap_flags)
{
    switch (mmap_flags >> MAP_HUGE_SHIFT & MAP_HUGE_MASK) {
    case 0:
    case LARGE_SHIFT:
        return LEVEL_2M;
    case HUGE_SHIFT:
        return LEVEL_1G;
    default:
        return 0;
    }
}

/* Gives every part of the new area its large page. */
static int hugetlb_fill(struct aspace *aspace, vaddr_t start, vaddr_t end, unsigned level)
{
    int error = 0;
    mutex_lock(&aspace->lock);
    for (vaddr_t base = start; base < end && error == 0; base += level_size(level)) {
        const struct area *area = area_tree_find(&aspace->areas, base);
        error = area == NULL ? -ENOMEM : large_install_around(aspace, area, base);
    }
    mutex_unlock(&aspace->lock);
    return error != 0 ? -ENOMEM : 0;
}

int hugetlb_map(struct aspace *aspace, const struct map_request *request, uint64_t mmap_flags, vaddr_t *result)
{
    unsigned level = flags_level(mmap_flags);
    struct map_request large = *request;
    if (level == 0)
        return -EINVAL;
    if (level == LEVEL_1G && !cpu_features.page_1g)
        return -ENOMEM;
    large.alignment = level_size(level);
    large.length = round_up(request->length, large.alignment);
    if (request->object != NULL) { /* of which nobody knows yet */
        atomic_store_explicit(&request->object->size, large.length, memory_order_relaxed);
        request->object->is_hugetlb = true;
    }
    large.flags |= level == LEVEL_2M ? AREA_HUGETLB_2M : AREA_HUGETLB_1G;
    large.flags &= ~(uint32_t)AREA_LOCKED; /* stays in memory anyhow */
    large.populate = false;
    if (large.length >> PAGE_SHIFT > frames_free() + standby_pages())
        return -ENOMEM;
    int error = aspace_map(aspace, &large, result);
    if (error != 0)
        return error;
    error = hugetlb_fill(aspace, *result, *result + large.length, level);
    if (error != 0)
        (void)!aspace_unmap(aspace, *result, large.length);
    return error;
}

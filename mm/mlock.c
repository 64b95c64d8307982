/*
 * mlock, munlock, mlockall, munlockall: AREA_LOCKED on areas, whose pages are brought in at once.
 */
#include "mm/mlock.h"

#include "kernel/abi/errno.h"
#include "kernel/abi/mman.h"
#include "kernel/process.h"
#include "kernel/registers.h"
#include "kernel/syscall_list.h"
#include "mm/map.h"

/* The superuser may lock without limit, and so may the kernel's own threads. */
static bool is_privileged(void)
{
    const struct process *process = process_current();
    return process == NULL || process->credentials.euid == 0;
}

static bool locks_fit(const struct aspace *aspace, uint64_t pages)
{
    return is_privileged() || aspace->locked_pages + pages <= aspace->locked_limit >> PAGE_SHIFT;
}

int lock_may_grow(struct aspace *aspace, uint64_t pages)
{
    if (!is_privileged() && aspace->locked_limit == 0)
        return -EPERM;
    return locks_fit(aspace, pages) ? 0 : -EAGAIN;
}

/* Pages of MAP_HUGETLB stay in memory anyhow; such areas never bear the flag (as in Linux, whose limit does not count them either). */
static uint32_t flags_with_lock(const struct area *area, bool locked)
{
    bool bears = locked && area_page_size(area) == PAGE_SIZE;
    return bears ? area->flags | AREA_LOCKED : area->flags & ~(uint32_t)AREA_LOCKED;
}

/* Gives all areas of [start, end) the flag or takes it; -ENOMEM where there is a hole, after what lies below it was done (as Linux does). */
static int range_set_locked(struct aspace *aspace, vaddr_t start, vaddr_t end, bool locked)
{
    while (start < end) {
        struct area *area = area_tree_find(&aspace->areas, start);
        if (area == NULL)
            return -ENOMEM;
        vaddr_t next = area->end;
        uint32_t flags = flags_with_lock(area, locked);
        if (flags != area->flags) {
            int error = areas_isolate_locked(aspace, start, min_u64(end, area->end));
            if (error != 0)
                return error;
            area = area_tree_find(&aspace->areas, start);
            area_set_flags_locked(aspace, area, flags);
            area_merge_locked(aspace, area);
        }
        start = next;
    }
    return 0;
}

/* Pages of [start, end) that are not locked yet: only these count against the limit. */
static uint64_t range_unlocked_pages(struct aspace *aspace, vaddr_t start, vaddr_t end)
{
    uint64_t pages = (end - start) >> PAGE_SHIFT;
    struct area *area = area_tree_find_from(&aspace->areas, start);
    for (; area != NULL && area->start < end; area = area_next(area)) {
        if ((area->flags & AREA_LOCKED) != 0)
            pages -= (min_u64(area->end, end) - max_u64(area->start, start)) >> PAGE_SHIFT;
    }
    return pages;
}

/* `populate`: the pages are brought in now. */
static long lock_range(vaddr_t address, uint64_t length, bool locked, bool populate)
{
    struct aspace *aspace = thread_current()->aspace;
    vaddr_t start = round_down(address, PAGE_SIZE);
    vaddr_t end = start + round_up(length + (address - start), PAGE_SIZE);
    if (locked && !is_privileged() && aspace->locked_limit == 0)
        return -EPERM;
    mutex_lock(&aspace->lock);
    int error = 0;
    if (end < start)
        error = -EINVAL;
    else if (locked && !locks_fit(aspace, range_unlocked_pages(aspace, start, end)))
        error = -ENOMEM;
    else if (end > start)
        error = range_set_locked(aspace, start, end, locked);
    mutex_unlock(&aspace->lock);
    if (error == 0 && populate && aspace_populate(aspace, start, end) != 0)
        error = -ENOMEM;
    return error;
}

long sys_mlock(struct registers *regs)
{
    return lock_range(regs->rdi, regs->rsi, true, true);
}

long sys_mlock2(struct registers *regs)
{
    enum { MLOCK_ONFAULT = 1 };
    if ((regs->rdx & ~(uint64_t)MLOCK_ONFAULT) != 0)
        return -EINVAL;
    return lock_range(regs->rdi, regs->rsi, true, (regs->rdx & MLOCK_ONFAULT) == 0);
}

long sys_munlock(struct registers *regs)
{
    return lock_range(regs->rdi, regs->rsi, false, false);
}

static void set_all_locked(struct aspace *aspace, bool locked)
{
    for (struct area *area = area_tree_first(&aspace->areas); area != NULL; area = area_next(area)) {
        area_set_flags_locked(aspace, area, flags_with_lock(area, locked));
        area = area_merge_locked(aspace, area);
    }
}

/* Brings every area's pages in, as far as there are any. */
static void populate_all(struct aspace *aspace)
{
    vaddr_t address = 0;
    for (;;) {
        mutex_lock(&aspace->lock);
        const struct area *area = area_tree_find_from(&aspace->areas, address);
        vaddr_t start = area != NULL ? area->start : 0, end = area != NULL ? area->end : 0;
        mutex_unlock(&aspace->lock);
        if (end == 0)
            return;
        (void)!aspace_populate(aspace, start, end); /* what cannot be had faults later */
        address = end;
    }
}

long sys_mlockall(struct registers *regs)
{
    struct aspace *aspace = thread_current()->aspace;
    uint64_t flags = regs->rdi;
    if (flags == 0 || (flags & ~(uint64_t)(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)) != 0 || flags == MCL_ONFAULT)
        return -EINVAL;
    if (!is_privileged() && aspace->locked_limit == 0)
        return -EPERM;
    mutex_lock(&aspace->lock);
    bool fits = (flags & MCL_CURRENT) == 0 || is_privileged() ||
                aspace->total_pages <= aspace->locked_limit >> PAGE_SHIFT;
    if (fits) {
        aspace->default_flags = (flags & MCL_FUTURE) != 0 ? AREA_LOCKED : 0;
        if ((flags & MCL_CURRENT) != 0)
            set_all_locked(aspace, true);
    }
    mutex_unlock(&aspace->lock);
    if (!fits)
        return -ENOMEM;
    if ((flags & MCL_CURRENT) != 0 && (flags & MCL_ONFAULT) == 0)
        populate_all(aspace);
    return 0;
}

long sys_munlockall(struct registers *regs)
{
    struct aspace *aspace = thread_current()->aspace;
    (void)regs;
    mutex_lock(&aspace->lock);
    aspace->default_flags = 0;
    set_all_locked(aspace, false);
    mutex_unlock(&aspace->lock);
    return 0;
}

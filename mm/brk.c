/*
 * brk: the heap's upper end. The heap is one area from aspace->brk_start, up to the break rounded up to a page.
 */
#include "kernel/cpu.h"
#include "kernel/registers.h"
#include "kernel/syscall_list.h"
#include "kernel/thread.h"
#include "mm/map.h"

enum { HEAP_FLAGS = AREA_READ | AREA_WRITE | AREA_MAY_WRITE | AREA_HEAP | AREA_COMMITTED };

/* Extends the heap from `end` to `new_end`; the area that ends there is made longer if it is the heap. */
static bool heap_grow_locked(struct aspace *aspace, vaddr_t end, vaddr_t new_end)
{
    uint64_t pages = (new_end - end) >> PAGE_SHIFT;
    struct area *area = area_tree_find_from(&aspace->areas, end - 1);
    bool ends_there = area != NULL && area->end == end;
    const struct area *above = ends_there ? area_next(area) : area;
    /* One page stays free above, as Linux has it. */
    if (new_end - aspace->brk_start > aspace->break_limit || new_end > USER_END - PAGE_SIZE ||
        (above != NULL && above->start < new_end + PAGE_SIZE) || !aspace_may_grow_locked(aspace, pages, HEAP_FLAGS))
        return false;
    uint32_t flags = HEAP_FLAGS | aspace->default_flags;
    if (ends_there && area->flags == flags && area->object == NULL) {
        area_tree_resize(&aspace->areas, area, area->start, new_end);
        aspace_charge_locked(aspace, flags, (int64_t)pages);
        return true;
    }
    struct map_request request = {.length = new_end - end, .flags = flags};
    area = area_create_locked(aspace, &request, end);
    return area != NULL;
}

static bool brk_move_locked(struct aspace *aspace, vaddr_t wanted, struct area **doomed)
{
    vaddr_t end = round_up(aspace->brk, PAGE_SIZE), new_end = round_up(wanted, PAGE_SIZE);
    if (wanted < aspace->brk_start || wanted >= USER_END)
        return false;
    if (new_end > end && !heap_grow_locked(aspace, end, new_end))
        return false;
    if (new_end < end && aspace_unmap_locked(aspace, new_end, end, doomed) != 0)
        return false;
    aspace->brk = wanted;
    return true;
}

vaddr_t aspace_brk(struct aspace *aspace, vaddr_t wanted)
{
    struct area *doomed = NULL;
    mutex_lock(&aspace->lock);
    vaddr_t end = round_up(aspace->brk, PAGE_SIZE);
    bool moved = brk_move_locked(aspace, wanted, &doomed);
    vaddr_t result = aspace->brk;
    bool populate = moved && result > end && (aspace->default_flags & AREA_LOCKED) != 0;
    mutex_unlock(&aspace->lock);
    areas_destroy(doomed);
    if (populate)
        (void)!aspace_populate(aspace, end, round_up(result, PAGE_SIZE));
    return result;
}

long sys_brk(struct registers *regs)
{
    return (long)aspace_brk(thread_current()->aspace, regs->rdi);
}

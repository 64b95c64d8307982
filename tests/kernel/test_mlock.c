/*
 * Locked memory: brought in at once, passed over by the clock, counted; not inherited.
 */
#include "mm/mlock.h"

#include "kernel/abi/errno.h"
#include "kernel/abi/mman.h"
#include "kernel/ktest.h"
#include "kernel/syscall_list.h"
#include "mm/anon.h"
#include "mm/evict.h"
#include "tests/kernel/spaces.h"
#include "tests/kernel/swap_area.h"

enum { PAGES = 16 };

static vaddr_t page_at(uint64_t page)
{
    return SPACE_BASE + (page << PAGE_SHIFT);
}

static long call_range(struct aspace *aspace, space_system_call *call, uint64_t page, uint64_t pages)
{
    uint64_t arguments[6] = {page_at(page), pages << PAGE_SHIFT};
    return space_call(aspace, call, arguments);
}

static long call_all(struct aspace *aspace, space_system_call *call, uint64_t flags)
{
    uint64_t arguments[6] = {flags};
    return space_call(aspace, call, arguments);
}

static struct aspace *space_empty(void)
{
    struct aspace *aspace = aspace_create();
    space_map(aspace, SPACE_BASE, PAGES, SPACE_RW | AREA_NOHUGE);
    return aspace;
}

/* What the clock makes of a private page. */
static enum clock_answer clock_says(struct aspace *aspace, uint64_t page)
{
    uint32_t name;
    const struct anon *anon = radix_find(&aspace->overlay, page_at(page) >> PAGE_SHIFT);
    (void)evict_clock_ops.sample(NULL, page_frame(anon->page), true, &name);
    evict_flush_cleared();
    return evict_clock_ops.sample(NULL, page_frame(anon->page), false, &name);
}

KTEST(mlock, brings_pages_in_and_the_clock_leaves_them)
{
    struct aspace *aspace = space_empty();
    swap_begin(); /* else nothing could go anyway */
    KTEST_EXPECT(call_range(aspace, sys_mlock, 4, 4) == 0);
    KTEST_EXPECT(space_resident(aspace) == 4 && aspace->locked_pages == 4 && aspace->areas.count == 3);
    space_store(aspace, page_at(0), 1);
    KTEST_EXPECT(clock_says(aspace, 5) == CLOCK_SKIPPED && clock_says(aspace, 0) == CLOCK_IDLE);
    vm_check();
    KTEST_EXPECT(call_range(aspace, sys_munlock, 0, PAGES) == 0 && aspace->locked_pages == 0 &&
                 aspace->areas.count == 1);
    KTEST_EXPECT(clock_says(aspace, 5) == CLOCK_IDLE);
    vm_check();
    aspace_put(aspace);
    swap_finish();
}

KTEST(mlock, parts_and_ends_are_counted)
{
    struct aspace *aspace = space_empty();
    uint64_t crooked[6] = {page_at(2) + 100, 1};
    KTEST_EXPECT(space_call(aspace, sys_mlock, crooked) == 0 && aspace->locked_pages == 1); /* whole pages around it */
    KTEST_EXPECT(call_range(aspace, sys_mlock, 0, 8) == 0 && aspace->locked_pages == 8);
    KTEST_EXPECT(call_range(aspace, sys_mlock, 0, 8) == 0 && aspace->locked_pages == 8);
    KTEST_EXPECT(aspace_unmap(aspace, page_at(1), 2 * PAGE_SIZE) == 0 && aspace->locked_pages == 6);
    KTEST_EXPECT(call_range(aspace, sys_munlock, 4, 1) == 0 && aspace->locked_pages == 5);
    vm_check();
    struct aspace *child = aspace_fork(aspace);
    KTEST_EXPECT(child->locked_pages == 0 && (space_flags(child, page_at(5)) & AREA_LOCKED) == 0);
    vm_check();
    aspace_put(child);
    aspace_put(aspace);
}

KTEST(mlock, of_everything_now_and_later)
{
    vaddr_t at;
    struct aspace *aspace = space_empty();
    struct map_request request = {.length = 2 * PAGE_SIZE, .flags = SPACE_RW};
    KTEST_EXPECT(call_all(aspace, sys_mlockall, MCL_CURRENT) == 0 && aspace->locked_pages == PAGES &&
                 space_resident(aspace) == PAGES);
    KTEST_EXPECT(aspace_map(aspace, &request, &at) == 0 && aspace->locked_pages == PAGES);
    KTEST_EXPECT(call_all(aspace, sys_mlockall, MCL_FUTURE) == 0 && aspace_map(aspace, &request, &at) == 0);
    KTEST_EXPECT(aspace->locked_pages == PAGES + 2 && space_resident(aspace) == PAGES + 2);
    vm_check();
    KTEST_EXPECT(call_all(aspace, sys_munlockall, 0) == 0 && aspace->locked_pages == 0);
    KTEST_EXPECT(aspace_map(aspace, &request, &at) == 0 && aspace->locked_pages == 0);
    KTEST_EXPECT(call_all(aspace, sys_mlockall, MCL_CURRENT | MCL_ONFAULT) == 0 && aspace->locked_pages == PAGES + 6);
    KTEST_EXPECT(space_resident(aspace) == PAGES + 2); /* nothing was brought in */
    swap_begin();
    space_store(aspace, at, 1);
    const struct anon *anon = radix_find(&aspace->overlay, at >> PAGE_SHIFT);
    uint32_t name;
    KTEST_EXPECT(evict_clock_ops.sample(NULL, page_frame(anon->page), false, &name) == CLOCK_SKIPPED);
    vm_check();
    aspace_put(aspace);
    swap_finish();
}

KTEST(mlock, may_wait_for_the_touch)
{
    struct aspace *aspace = space_empty();
    uint64_t now[6] = {page_at(0), PAGE_SIZE, 0}, later[6] = {page_at(2), PAGE_SIZE, 1 /* MLOCK_ONFAULT */};
    KTEST_EXPECT(space_call(aspace, sys_mlock2, later) == 0 && space_resident(aspace) == 0 &&
                 aspace->locked_pages == 1);
    KTEST_EXPECT(space_call(aspace, sys_mlock2, now) == 0 && space_resident(aspace) == 1 && aspace->locked_pages == 2);
    aspace_put(aspace);
}

KTEST(mlock, errors)
{
    struct aspace *aspace = space_empty();
    space_map(aspace, page_at(20), 1, 0);
    uint64_t wrap[6] = {page_at(1), UINT64_MAX - PAGE_SIZE}, bad[6] = {SPACE_BASE, PAGE_SIZE, 2};
    KTEST_EXPECT(space_call(aspace, sys_mlock, wrap) == -EINVAL && space_call(aspace, sys_mlock2, bad) == -EINVAL);
    KTEST_EXPECT(call_range(aspace, sys_mlock, PAGES - 2, 4) == -ENOMEM); /* what is there was done */
    KTEST_EXPECT(aspace->locked_pages == 2);
    KTEST_EXPECT(call_range(aspace, sys_mlock, 20, 1) == -ENOMEM); /* nothing can be brought in there */
    KTEST_EXPECT(call_range(aspace, sys_munlock, 17, 1) == -ENOMEM && call_range(aspace, sys_mlock, 0, 0) == 0);
    KTEST_EXPECT(call_all(aspace, sys_mlockall, 0) == -EINVAL &&
                 call_all(aspace, sys_mlockall, MCL_ONFAULT) == -EINVAL);
    KTEST_EXPECT(call_all(aspace, sys_mlockall, 8) == -EINVAL);
    vm_check();
    aspace_put(aspace);
}

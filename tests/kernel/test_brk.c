/*
 * The heap's end: moved up and down, by bytes; refused where something is in its way or a limit is reached.
 */
#include "kernel/ktest.h"
#include "mm/frame.h"
#include "mm/slab.h"
#include "tests/kernel/spaces.h"

/* An address space whose heap begins, empty, in the middle of a page. */
static struct aspace *space_with_heap(void)
{
    struct aspace *aspace = aspace_create();
    aspace->brk_start = aspace->brk = SPACE_BASE + 100;
    aspace->data_limit = aspace->break_limit = UINT64_MAX;
    return aspace;
}

KTEST(brk, grows_and_shrinks_by_bytes)
{
    struct aspace *aspace = space_with_heap();
    vaddr_t start = aspace->brk_start, first = round_up(start, PAGE_SIZE);
    KTEST_EXPECT(aspace_brk(aspace, 0) == start && aspace_brk(aspace, start - 1) == start && aspace->areas.count == 0);
    KTEST_EXPECT(aspace_brk(aspace, first + 1) == first + 1 && aspace->total_pages == 1);
    KTEST_EXPECT(aspace_brk(aspace, first + PAGE_SIZE) == first + PAGE_SIZE && aspace->total_pages == 1);
    KTEST_EXPECT(aspace_brk(aspace, first + 10 * PAGE_SIZE) == first + 10 * PAGE_SIZE && aspace->areas.count == 1);
    KTEST_EXPECT((space_flags(aspace, first) & (SPACE_RW | AREA_HEAP)) == (SPACE_RW | AREA_HEAP));
    space_store(aspace, first + 9 * PAGE_SIZE, 9);
    space_store(aspace, first + 2 * PAGE_SIZE, 2);
    KTEST_EXPECT(aspace_brk(aspace, first + 3 * PAGE_SIZE - 5) == first + 3 * PAGE_SIZE - 5);
    KTEST_EXPECT(aspace->total_pages == 3 && aspace->overlay.count == 1);
    KTEST_EXPECT(aspace_brk(aspace, first + 10 * PAGE_SIZE) == first + 10 * PAGE_SIZE);
    KTEST_EXPECT(space_load(aspace, first + 9 * PAGE_SIZE) == 0 &&
                 space_load(aspace, first + 2 * PAGE_SIZE) == 2); /* new zeros */
    KTEST_EXPECT(aspace_brk(aspace, start) == start && aspace->areas.count == 0 && aspace->overlay.count == 0);
    vm_check();
    aspace_put(aspace);
}

KTEST(brk, stops_before_what_is_in_its_way)
{
    struct aspace *aspace = space_with_heap();
    vaddr_t first = round_up(aspace->brk_start, PAGE_SIZE), low = first + PAGE_SIZE;
    KTEST_EXPECT(aspace_brk(aspace, low) == low);
    space_map(aspace, first + 8 * PAGE_SIZE, 1, AREA_READ);
    KTEST_EXPECT(aspace_brk(aspace, first + 9 * PAGE_SIZE) == low && aspace_brk(aspace, first + 8 * PAGE_SIZE) == low);
    KTEST_EXPECT(aspace_brk(aspace, first + 7 * PAGE_SIZE) == first + 7 * PAGE_SIZE); /* one page is left free */
    KTEST_EXPECT(aspace_brk(aspace, USER_END) == first + 7 * PAGE_SIZE);
    KTEST_EXPECT(aspace_brk(aspace, UINT64_MAX) == first + 7 * PAGE_SIZE);
    vm_check();
    aspace_put(aspace);
}

KTEST(brk, respects_limits)
{
    struct aspace *aspace = space_with_heap();
    vaddr_t first = round_up(aspace->brk_start, PAGE_SIZE);
    aspace->data_limit = 4 * PAGE_SIZE;
    KTEST_EXPECT(aspace_brk(aspace, first + 3 * PAGE_SIZE) == first + 3 * PAGE_SIZE);
    KTEST_EXPECT(aspace_brk(aspace, first + 5 * PAGE_SIZE) == first + 3 * PAGE_SIZE);
    aspace->data_limit = UINT64_MAX;
    aspace->break_limit = 0; /* a soft limit of 0: the rest of the memory has the hard one */
    KTEST_EXPECT(aspace_brk(aspace, first + 5 * PAGE_SIZE) == first + 3 * PAGE_SIZE);
    aspace->break_limit = UINT64_MAX;
    aspace->aspace_limit = 4 * PAGE_SIZE;
    KTEST_EXPECT(aspace_brk(aspace, first + 5 * PAGE_SIZE) == first + 3 * PAGE_SIZE);
    KTEST_EXPECT(aspace_brk(aspace, first + 4 * PAGE_SIZE) == first + 4 * PAGE_SIZE);
    aspace_put(aspace);
}

KTEST(brk, is_locked_and_filled_after_mlockall)
{
    struct aspace *aspace = space_with_heap();
    vaddr_t first = round_up(aspace->brk_start, PAGE_SIZE);
    KTEST_EXPECT(aspace_brk(aspace, first + PAGE_SIZE) == first + PAGE_SIZE);
    aspace->default_flags = AREA_LOCKED;
    KTEST_EXPECT(aspace_brk(aspace, first + 4 * PAGE_SIZE) == first + 4 * PAGE_SIZE);
    KTEST_EXPECT(aspace->areas.count == 2 && aspace->locked_pages == 3 && space_resident(aspace) == 3);
    KTEST_EXPECT(aspace_brk(aspace, first + 6 * PAGE_SIZE) == first + 6 * PAGE_SIZE && aspace->areas.count == 2 &&
                 aspace->locked_pages == 5);
    vm_check();
    aspace_put(aspace);
}

KTEST(brk, stays_where_it_is_without_memory)
{
    struct aspace *aspace = space_with_heap();
    vaddr_t first = round_up(aspace->brk_start, PAGE_SIZE);
    slab_fail_every(1);
    vaddr_t end = aspace_brk(aspace, first + PAGE_SIZE);
    slab_fail_every(0);
    KTEST_EXPECT(end == aspace->brk_start && aspace->areas.count == 0 && aspace->total_pages == 0);
    KTEST_EXPECT(aspace_brk(aspace, first + PAGE_SIZE) == first + PAGE_SIZE);
    vm_check();
    aspace_put(aspace);
}

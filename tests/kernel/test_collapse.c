/*
 * Collapse of 4 KB pages to 2 MB mappings, by request and by the scan, and what stops it; then each way a large mapping is split.
 */
#include "kernel/abi/errno.h"
#include "kernel/ktest.h"
#include "mm/anon.h"
#include "mm/collapse.h"
#include "mm/frame.h"
#include "mm/stats.h"
#include "mm/swap.h"
#include "mm/usercopy.h"
#include "tests/kernel/crew.h"
#include "tests/kernel/spaces.h"

enum { PAGES = LARGE_SIZE / PAGE_SIZE };

static vaddr_t page_at(uint64_t page)
{
    return SPACE_BASE + (page << PAGE_SHIFT);
}

/* 2 MB in 4 KB pages: they are touched while the area may not have large ones. Every `step`th page exists and holds its number. */
static struct aspace *space_of_pages(uint32_t flags, unsigned step)
{
    struct aspace *aspace = aspace_create();
    space_map(aspace, SPACE_BASE, PAGES, SPACE_RW | AREA_NOHUGE);
    for (unsigned i = 0; i < PAGES; i += step)
        space_store(aspace, page_at(i), i + 1);
    mutex_lock(&aspace->lock);
    area_tree_find(&aspace->areas, SPACE_BASE)->flags = SPACE_RW | AREA_COMMITTED | flags;
    mutex_unlock(&aspace->lock);
    return aspace;
}

static bool contents_are_right(struct aspace *aspace, unsigned step)
{
    bool right = true;
    for (unsigned i = 0; i < PAGES; i++)
        right &= space_load(aspace, page_at(i)) == (i % step == 0 ? i + 1 : 0);
    return right;
}

KTEST(collapse, gathers_pages_into_one_mapping)
{
    if (!run_is_free(TABLE_BITS))
        return;
    struct aspace *aspace = space_of_pages(0, 1);
    uint64_t collapses = stat_get(STAT_THP_COLLAPSE);
    KTEST_EXPECT(aspace->large_mappings == 0 && aspace->resident_anon == PAGES);
    KTEST_EXPECT(collapse_range(aspace, SPACE_BASE, page_at(PAGES)) == 0);
    KTEST_EXPECT(aspace->large_mappings == 1 && aspace->resident_anon == PAGES && aspace->overlay.count == PAGES);
    KTEST_EXPECT(stat_get(STAT_THP_COLLAPSE) == collapses + 1);
    KTEST_EXPECT(contents_are_right(aspace, 1));
    KTEST_EXPECT(collapse_range(aspace, SPACE_BASE, page_at(PAGES)) == 0); /* nothing to do */
    KTEST_EXPECT(stat_get(STAT_THP_COLLAPSE) == collapses + 1);
    vm_check();
    aspace_put(aspace);
}

KTEST(collapse, fills_holes_with_zeros)
{
    if (!run_is_free(TABLE_BITS))
        return;
    struct aspace *aspace = space_of_pages(0, 5);
    KTEST_EXPECT(space_load(aspace, page_at(3)) == 0); /* the page of zeros is mapped there */
    KTEST_EXPECT(collapse_range(aspace, SPACE_BASE, page_at(PAGES)) == 0);
    KTEST_EXPECT(aspace->large_mappings == 1 && aspace->overlay.count == PAGES);
    KTEST_EXPECT(contents_are_right(aspace, 5));
    vm_check();
    aspace_put(aspace);
}

KTEST(collapse, joins_a_split_run_where_it_is)
{
    if (!run_is_free(TABLE_BITS))
        return;
    struct aspace *aspace = space_of_pages(0, 1);
    KTEST_EXPECT(collapse_range(aspace, SPACE_BASE, page_at(PAGES)) == 0);
    struct anon *anon = radix_find(&aspace->overlay, page_at(7) >> PAGE_SHIFT);
    const struct page *page = anon->page;
    KTEST_EXPECT(aspace_protect(aspace, page_at(7), PAGE_SIZE, AREA_READ) == 0 && aspace->large_mappings == 0);
    KTEST_EXPECT(aspace_protect(aspace, page_at(7), PAGE_SIZE, AREA_READ | AREA_WRITE) == 0);
    KTEST_EXPECT(collapse_range(aspace, SPACE_BASE, page_at(PAGES)) == 0 && aspace->large_mappings == 1);
    KTEST_EXPECT(anon->page == page);
    KTEST_EXPECT(contents_are_right(aspace, 1));
    vm_check();
    aspace_put(aspace);
}

KTEST(collapse, leaves_shared_and_pinned_pages)
{
    if (!run_is_free(TABLE_BITS))
        return;
    struct page *pinned;
    struct aspace *aspace = space_of_pages(0, 1), *child = aspace_fork(aspace);
    KTEST_EXPECT(collapse_range(aspace, SPACE_BASE, page_at(PAGES)) == -EINVAL);
    aspace_put(child);
    KTEST_EXPECT(user_pin(aspace, page_at(9), true, &pinned) == 0);
    KTEST_EXPECT(collapse_range(aspace, SPACE_BASE, page_at(PAGES)) == -EAGAIN);
    KTEST_EXPECT(aspace->large_mappings == 0 && aspace->overlay.count == PAGES);
    user_unpin(pinned, true);
    KTEST_EXPECT(contents_are_right(aspace, 1));
    KTEST_EXPECT(collapse_range(aspace, SPACE_BASE, page_at(PAGES)) == 0 && aspace->large_mappings == 1);
    vm_check();
    aspace_put(aspace);
}

KTEST(collapse, scan_takes_what_is_worth_it)
{
    if (!run_is_free(TABLE_BITS))
        return;
    struct aspace *full = space_of_pages(AREA_HUGE, 1), *thin = space_of_pages(0, 8),
                  *barred = space_of_pages(AREA_NOHUGE, 1);
    while (collapse_scan(8) > 0)
        ;
    KTEST_EXPECT(full->large_mappings == 1 || !run_is_free(TABLE_BITS));
    KTEST_EXPECT(thin->large_mappings == 0 && barred->large_mappings == 0);
    KTEST_EXPECT(contents_are_right(full, 1) && contents_are_right(thin, 8));
    vm_check();
    aspace_put(full);
    aspace_put(thin);
    aspace_put(barred);
}

KTEST(collapse, survives_failing_allocations)
{
    struct aspace *aspace = space_of_pages(0, 3);
    for (unsigned every = 1; every < 600; every += every < 10 ? 1 : 61) {
        frame_fail_every(every);
        (void)!collapse_range(aspace, SPACE_BASE, page_at(PAGES));
        frame_fail_every(0);
        vm_check();
        KTEST_EXPECT(contents_are_right(aspace, 3));
        (void)!aspace_protect(aspace, page_at(7), PAGE_SIZE, AREA_READ);
        (void)!aspace_protect(aspace, page_at(7), PAGE_SIZE, AREA_READ | AREA_WRITE);
    }
    aspace_put(aspace);
}

KTEST(collapse, forks_first_write_splits)
{
    if (!run_is_free(TABLE_BITS))
        return;
    struct aspace *aspace = space_of_pages(0, 1);
    KTEST_EXPECT(collapse_range(aspace, SPACE_BASE, page_at(PAGES)) == 0);
    struct aspace *child = aspace_fork(aspace);
    KTEST_EXPECT(aspace->large_mappings == 1);
    space_store(aspace, page_at(11), 99);
    KTEST_EXPECT(aspace->large_mappings == 0 && space_load(child, page_at(11)) == 12);
    vm_check();
    aspace_put(child);
    space_store(aspace, page_at(11), 12);
    KTEST_EXPECT(contents_are_right(aspace, 1));
    aspace_put(aspace);
}

KTEST(collapse, page_out_splits)
{
    if (!run_is_free(TABLE_BITS))
        return;
    struct aspace *aspace = space_of_pages(0, 1);
    KTEST_EXPECT(collapse_range(aspace, SPACE_BASE, page_at(PAGES)) == 0 && swap_start("/dev/vda3", 0) == 0);
    uint64_t splits = stat_get(STAT_THP_SPLIT);
    KTEST_EXPECT(space_evict_page(aspace, page_at(100)));
    KTEST_EXPECT(aspace->large_mappings == 0 && stat_get(STAT_THP_SPLIT) == splits + 1 &&
                 aspace->resident_anon == PAGES - 1);
    vm_check();
    KTEST_EXPECT(contents_are_right(aspace, 1) && aspace->faults_major == 1);
    KTEST_EXPECT(aspace_unmap(aspace, page_at(7), PAGE_SIZE) == 0);
    vm_check();
    aspace_put(aspace);
    KTEST_EXPECT(swap_stop("/dev/vda3") == 0);
}

/*
 * Pages that are given up: as they were until somebody wants their frames, zeros then, and their program's again once it has written. (Through madvise:
 * tests/kernel/test_madvise.c.)
 */
#include "mm/lazyfree.h"

#include "kernel/ktest.h"
#include "mm/anon.h"
#include "mm/aspace.h"
#include "mm/busy.h"
#include "mm/stats.h"
#include "tests/kernel/spaces.h"
#include "tests/kernel/swap_area.h"

enum { PAGES = 4 };

static vaddr_t page_at(uint64_t page)
{
    return SPACE_BASE + (page << PAGE_SHIFT);
}

static void give_up(struct aspace *aspace, uint64_t first, uint64_t end)
{
    mutex_lock(&aspace->lock);
    lazyfree_range(aspace, page_at(first), page_at(end));
    mutex_unlock(&aspace->lock);
}

KTEST(lazyfree, a_page_is_what_it_was_until_its_frame_is_taken)
{
    struct aspace *aspace = space_filled(PAGES, 10);
    uint64_t given = stat_get(STAT_LAZY_FREE), taken = stat_get(STAT_LAZY_FREED), anons = lazyfree_anons();
    give_up(aspace, 0, 2);
    KTEST_EXPECT(stat_get(STAT_LAZY_FREE) == given + 2 && page_has(space_anon(aspace, 0)->page, PAGE_GIVEN_UP));
    KTEST_EXPECT(!page_has(space_anon(aspace, 0)->page, PAGE_DIRTY) &&
                 page_has(space_anon(aspace, 2)->page, PAGE_DIRTY));
    KTEST_EXPECT(space_load(aspace, page_at(0)) == 10 && space_load(aspace, page_at(1)) == 11);
    KTEST_EXPECT(space_evict_page(aspace, page_at(1)) && anon_is_given_up(space_anon(aspace, 1)));
    KTEST_EXPECT(lazyfree_anons() == anons + 1 && stat_get(STAT_LAZY_FREED) == taken + 1);
    vm_check();
    KTEST_EXPECT(space_load(aspace, page_at(1)) == 0 && space_load(aspace, page_at(1) + 8) == 0);
    KTEST_EXPECT(lazyfree_anons() == anons && page_has(space_anon(aspace, 1)->page, PAGE_DIRTY));
    aspace_put(aspace);
}

KTEST(lazyfree, a_store_takes_it_back)
{
    struct aspace *aspace = space_filled(PAGES, 10);
    give_up(aspace, 0, PAGES);
    space_store(aspace, page_at(3) + 8, 5);
    KTEST_EXPECT(page_has(space_anon(aspace, 3)->page, PAGE_DIRTY) &&
                 !page_has(space_anon(aspace, 3)->page, PAGE_GIVEN_UP));
    KTEST_EXPECT(space_load(aspace, page_at(3)) == 13);
    vm_check();
    aspace_put(aspace);
}

KTEST(lazyfree, shared_pages_are_kept_and_an_end_without_frames_is_clean)
{
    uint64_t anons = lazyfree_anons();
    struct aspace *parent = space_filled(PAGES, 10), *child = aspace_fork(parent);
    give_up(parent, 0, PAGES);
    for (uint64_t i = 0; i < PAGES; i++)
        KTEST_EXPECT(page_has(space_anon(parent, i)->page, PAGE_DIRTY) &&
                     !page_has(space_anon(parent, i)->page, PAGE_GIVEN_UP));
    aspace_put(child);
    give_up(parent, 0, PAGES);
    KTEST_EXPECT(space_evict_page(parent, page_at(0)) && lazyfree_anons() == anons + 1);
    aspace_put(parent);
    KTEST_EXPECT(lazyfree_anons() == anons);
    vm_check();
}

KTEST(lazyfree, what_is_only_on_swap_is_gone_at_once)
{
    swap_begin();
    struct aspace *aspace = space_filled(PAGES, 10);
    KTEST_EXPECT(space_evict_page(aspace, page_at(2)) && aspace->overlay.count == PAGES);
    give_up(aspace, 0, PAGES);
    KTEST_EXPECT(aspace->overlay.count == PAGES - 1 && space_load(aspace, page_at(2)) == 0);
    aspace_put(aspace);
    swap_finish();
}

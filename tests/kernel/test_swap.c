/*
 * Pages to swap and back: batches, the standby list and its rescues, blocks that are kept and given back, fork, the end of an area. The test boot's
 * own swap partition is used.
 */
#include "kernel/abi/errno.h"
#include "kernel/ktest.h"
#include "kernel/thread.h"
#include "kernel/x86.h"
#include "mm/anon.h"
#include "mm/busy.h"
#include "mm/evict.h"
#include "mm/pagecache.h"
#include "mm/standby.h"
#include "mm/stats.h"
#include "mm/swap.h"
#include "tests/kernel/crew.h"
#include "tests/kernel/fake_object.h"
#include "tests/kernel/spaces.h"
#include "tests/kernel/swap_area.h"

enum { PAGES = 32 };

static vaddr_t page_at(uint64_t page)
{
    return SPACE_BASE + (page << PAGE_SHIFT);
}

KTEST(swap, modified_neighbours_leave_in_one_write)
{
    swap_begin();
    struct aspace *aspace = space_filled(PAGES, 100);
    uint64_t writes = stat_get(STAT_SWAP_WRITES), pages = stat_get(STAT_PSWPOUT);
    KTEST_EXPECT(space_evict(aspace, PAGES) == PAGES);
    KTEST_EXPECT(stat_get(STAT_SWAP_WRITES) == writes + 1 && stat_get(STAT_PSWPOUT) == pages + PAGES);
    for (uint64_t i = 1; i < PAGES; i++)
        KTEST_EXPECT(space_anon(aspace, i)->block == space_anon(aspace, 0)->block + i);
    KTEST_EXPECT(space_resident(aspace) == 0);
    vm_check();
    aspace_put(aspace);
    KTEST_EXPECT(swap_used() == 0);
    swap_finish();
}

KTEST(swap, a_standby_page_is_rescued_without_a_read)
{
    swap_begin();
    struct aspace *aspace = space_filled(PAGES, 100);
    (void)space_evict(aspace, PAGES);
    KTEST_EXPECT(standby_pages() >= PAGES && space_anon(aspace, 3)->page->state == PAGE_STANDBY);
    uint64_t reads = stat_get(STAT_PSWPIN), rescues = stat_get(STAT_RESCUED_ANON), major = aspace->faults_major;
    space_verify(aspace, PAGES, 100);
    KTEST_EXPECT(stat_get(STAT_PSWPIN) == reads && stat_get(STAT_RESCUED_ANON) == rescues + PAGES);
    KTEST_EXPECT(aspace->faults_major == major && space_anon(aspace, 3)->page->state == PAGE_ACTIVE);
    vm_check();
    aspace_put(aspace);
    swap_finish();
}

KTEST(swap, an_unchanged_page_is_never_written_twice)
{
    swap_begin();
    struct aspace *aspace = space_filled(PAGES, 100);
    (void)space_evict(aspace, PAGES);
    space_verify(aspace, PAGES, 100); /* read only */
    uint64_t written = stat_get(STAT_PSWPOUT);
    KTEST_EXPECT(space_evict(aspace, PAGES) == PAGES);
    KTEST_EXPECT(stat_get(STAT_PSWPOUT) == written);
    space_store(aspace, page_at(5), 105);
    KTEST_EXPECT(space_anon(aspace, 5)->block == 0 && space_anon(aspace, 6)->block != 0);
    (void)space_evict(aspace, PAGES);
    KTEST_EXPECT(stat_get(STAT_PSWPOUT) == written + 1);
    aspace_put(aspace);
    swap_finish();
}

KTEST(swap, absent_pages_come_back_in_clusters)
{
    swap_begin();
    struct aspace *aspace = space_filled(PAGES, 100);
    (void)space_evict(aspace, PAGES);
    standby_empty();
    for (uint64_t i = 0; i < PAGES; i++)
        KTEST_EXPECT(anon_is_absent(space_anon(aspace, i)));
    vm_check();
    uint64_t reads = stat_get(STAT_SWAP_READS), pages = stat_get(STAT_PSWPIN);
    space_verify(aspace, PAGES, 100);
    KTEST_EXPECT(stat_get(STAT_PSWPIN) == pages + PAGES && stat_get(STAT_SWAP_READS) - reads <= PAGES / 8 + 1);
    vm_check();
    aspace_put(aspace);
    swap_finish();
}

KTEST(swap, a_fork_shares_what_is_on_swap)
{
    swap_begin();
    struct aspace *parent = space_filled(PAGES, 100);
    (void)space_evict(parent, PAGES);
    standby_empty();
    struct aspace *child = aspace_fork(parent);
    vm_check();
    space_store(child, page_at(1), 7);
    KTEST_EXPECT(space_load(parent, page_at(1)) == 101 && space_load(child, page_at(1)) == 7);
    (void)space_evict(child, PAGES);
    standby_empty();
    space_verify(parent, PAGES, 100);
    aspace_put(parent);
    KTEST_EXPECT(space_load(child, page_at(1)) == 7 && space_load(child, page_at(2)) == 102);
    vm_check();
    aspace_put(child);
    KTEST_EXPECT(swap_used() == 0);
    swap_finish();
}

KTEST(swap, the_end_of_an_area_brings_all_back)
{
    swap_begin();
    struct aspace *aspace = space_filled(PAGES, 100);
    (void)space_evict(aspace, PAGES);
    (void)space_load(aspace, page_at(9)); /* some are in memory, some on standby, some absent */
    for (unsigned i = 0; i < PAGES / 2; i++) {
        struct page *page = standby_take();
        if (page != NULL)
            frame_free(page);
    }
    swap_finish();
    for (uint64_t i = 0; i < PAGES; i++)
        KTEST_EXPECT(!anon_is_absent(space_anon(aspace, i)) && space_anon(aspace, i)->block == 0);
    space_verify(aspace, PAGES, 100);
    aspace_put(aspace);
}

/* The frame that says who owns the blocks cannot be had: the pages stay as they are, and leave later. */
KTEST(swap, without_memory_for_the_owners_pages_stay)
{
    swap_begin();
    struct aspace *aspace = space_filled(PAGES, 100);
    uint64_t full = stat_get(STAT_SWAP_FULL), written = stat_get(STAT_PSWPOUT);
    frame_fail_every(1);
    KTEST_EXPECT(space_evict(aspace, PAGES) == PAGES);
    frame_fail_every(0);
    KTEST_EXPECT(stat_get(STAT_SWAP_FULL) == full + PAGES && stat_get(STAT_PSWPOUT) == written && swap_used() == 0);
    for (uint64_t i = 0; i < PAGES; i++) {
        const struct page *page = space_anon(aspace, i)->page;
        KTEST_EXPECT(page->state == PAGE_ACTIVE && page_has(page, PAGE_DIRTY) && !page_has(page, PAGE_BUSY));
    }
    vm_check();
    KTEST_EXPECT(space_evict(aspace, PAGES) == PAGES && stat_get(STAT_PSWPOUT) == written + PAGES);
    space_verify(aspace, PAGES, 100);
    aspace_put(aspace);
    swap_finish();
}

/*
 * Bringing pages back: alone or with the neighbours that were written with them, upwards or downwards as the program goes, and all of an area. The test
 * boot's own swap partition is used.
 */
#include "mm/swapin.h"

#include "kernel/abi/errno.h"
#include "kernel/ktest.h"
#include "kernel/thread.h"
#include "kernel/time.h"
#include "mm/anon.h"
#include "mm/aspace.h"
#include "mm/busy.h"
#include "mm/evict.h"
#include "mm/pagecache.h"
#include "mm/standby.h"
#include "mm/stats.h"
#include "mm/swap.h"
#include "tests/kernel/proc_text.h"
#include "tests/kernel/spaces.h"
#include "tests/kernel/swap_area.h"

enum { PAGES = 64, TURN = 8 /* faults in one direction until the window lies on that side */ };
#define POLL_NS (NS_PER_SECOND / 1000)

static vaddr_t page_at(uint64_t page)
{
    return SPACE_BASE + (page << PAGE_SHIFT);
}

/* Private pages that hold 100 + their number, all of them only on swap, their blocks in a row. */
static struct aspace *space_swapped(void)
{
    struct evict_batch batch;
    struct aspace *aspace = aspace_create();
    space_map(aspace, SPACE_BASE, PAGES, SPACE_RW | AREA_NOHUGE);
    evict_batch_init(&batch);
    for (uint64_t i = 0; i < PAGES; i++) {
        space_store(aspace, page_at(i), 100 + i);
        KTEST_EXPECT(evict_page(&batch, space_anon(aspace, i)->page));
    }
    evict_write(&batch);
    swap_wait_written();
    standby_empty();
    return aspace;
}

/* Waits for what has been started, to its end: a transfer gives BUSY back last, when the page is where it belongs. Counts the pages that are in memory. */
static unsigned pages_here(struct aspace *aspace)
{
    unsigned here = 0;
    for (uint64_t i = 0; i < PAGES; i++) {
        const struct anon *anon = space_anon(aspace, i);
        const struct page *page;
        while ((page = atomic_load(&anon->page)) != NULL && page_has(page, PAGE_BUSY))
            (void)thread_sleep_until(time_now() + POLL_NS, false);
        here += page != NULL;
    }
    return here;
}

/* Whether the page is in memory, and waits on the standby list. */
static bool is_standby(struct aspace *aspace, uint64_t page)
{
    const struct page *there = atomic_load(&space_anon(aspace, page)->page);
    return there != NULL && there->state == PAGE_STANDBY;
}

/* Whether the page is in memory, and is nowhere else. */
static bool is_only_here(struct aspace *aspace, uint64_t page)
{
    const struct anon *anon = space_anon(aspace, page);
    const struct page *there = atomic_load(&anon->page);
    return there != NULL && page_has(there, PAGE_DIRTY) && anon->block == 0;
}

static unsigned cluster_set(unsigned logarithm)
{
    return atomic_exchange(&swap_cluster, logarithm);
}

KTEST(swapin, without_a_cluster_each_page_comes_alone)
{
    swap_begin();
    struct aspace *aspace = space_swapped();
    unsigned cluster = cluster_set(0);
    uint64_t reads = stat_get(STAT_SWAP_READS), ahead = stat_get(STAT_SWAP_AHEAD);
    for (uint64_t i = 0; i < 4; i++)
        KTEST_EXPECT(space_load(aspace, page_at(10 * i)) == 100 + 10 * i);
    KTEST_EXPECT(pages_here(aspace) == 4 && stat_get(STAT_SWAP_READS) == reads + 4);
    KTEST_EXPECT(stat_get(STAT_SWAP_AHEAD) == ahead);
    (void)cluster_set(cluster);
    aspace_put(aspace);
    swap_finish();
}

KTEST(swapin, neighbours_come_again_when_a_cluster_is_allowed_again)
{
    unsigned cluster = cluster_set(0);
    swap_begin();
    /* Whatever the window learns meanwhile, it is not to do without neighbours for ever. */
    for (unsigned round = 0; round < 2; round++) {
        struct aspace *aspace = space_swapped();
        stat_add(STAT_SWAP_AHEAD_WASTED, 1000); /* as if these neighbours had been of no use */
        KTEST_EXPECT(space_load(aspace, page_at(30)) == 130 && pages_here(aspace) == 1);
        aspace_put(aspace);
    }
    (void)cluster_set(5);
    struct aspace *aspace = space_swapped();
    uint64_t ahead = stat_get(STAT_SWAP_AHEAD);
    KTEST_EXPECT(space_load(aspace, page_at(30)) == 130 && stat_get(STAT_SWAP_AHEAD) > ahead);
    aspace_put(aspace);
    (void)cluster_set(cluster);
    swap_finish();
}

/* Loads TURN pages one by one, alone, from `first` on in steps of `step`. */
static void pages_load_alone(struct aspace *aspace, uint64_t first, int64_t step)
{
    unsigned cluster = cluster_set(0);
    for (unsigned i = 0; i < TURN; i++, first += (uint64_t)step)
        KTEST_EXPECT(space_load(aspace, page_at(first)) == 100 + first);
    (void)cluster_set(cluster);
}

KTEST(swapin, neighbours_come_with_it_from_the_side_the_program_goes_to)
{
    swap_begin();
    struct aspace *aspace = space_swapped();
    unsigned cluster = cluster_set(2);
    pages_load_alone(aspace, 0, 1);
    uint64_t reads = stat_get(STAT_SWAP_READS), ahead = stat_get(STAT_SWAP_AHEAD);
    KTEST_EXPECT(space_load(aspace, page_at(16)) == 116);
    unsigned here = pages_here(aspace);
    KTEST_EXPECT(here >= TURN + 2 && here <= TURN + 4 && stat_get(STAT_SWAP_READS) == reads + 1);
    KTEST_EXPECT(stat_get(STAT_SWAP_AHEAD) == ahead + here - TURN - 1);
    KTEST_EXPECT(is_standby(aspace, 17) && anon_is_absent(space_anon(aspace, 15)));
    uint64_t used = stat_get(STAT_SWAP_AHEAD_USED), major = aspace->faults_major;
    KTEST_EXPECT(space_load(aspace, page_at(17)) == 117 && aspace->faults_major == major);
    KTEST_EXPECT(stat_get(STAT_SWAP_AHEAD_USED) == used + 1);
    pages_load_alone(aspace, 60, -1);
    KTEST_EXPECT(space_load(aspace, page_at(40)) == 140 && pages_here(aspace) > here + TURN + 1);
    KTEST_EXPECT(!anon_is_absent(space_anon(aspace, 39)) && anon_is_absent(space_anon(aspace, 41)));
    pages_load_alone(aspace, 20, 1);
    (void)cluster_set(cluster);
    vm_check();
    aspace_put(aspace);
    swap_finish();
}

KTEST(swapin, neighbours_that_end_with_their_program_are_waste)
{
    swap_begin();
    struct aspace *aspace = space_swapped();
    unsigned cluster = cluster_set(2);
    uint64_t ahead = stat_get(STAT_SWAP_AHEAD), used = stat_get(STAT_SWAP_AHEAD_USED);
    uint64_t wasted = stat_get(STAT_SWAP_AHEAD_WASTED);
    KTEST_EXPECT(space_load(aspace, page_at(30)) == 130 && pages_here(aspace) > 1);
    aspace_put(aspace);
    KTEST_EXPECT(stat_get(STAT_SWAP_AHEAD) > ahead && stat_get(STAT_SWAP_AHEAD_USED) == used);
    KTEST_EXPECT(stat_get(STAT_SWAP_AHEAD_WASTED) - wasted == stat_get(STAT_SWAP_AHEAD) - ahead);
    (void)cluster_set(cluster);
    swap_finish();
}

KTEST(swapin, two_who_want_the_same_page_read_it_once)
{
    swap_begin();
    struct aspace *aspace = space_swapped();
    unsigned cluster = cluster_set(0);
    bool started = false, again = false;
    uint64_t pages = stat_get(STAT_PSWPIN);
    struct anon *anon = space_anon(aspace, 5);
    KTEST_EXPECT(swap_in(anon, true, &started) == 0 && started);
    KTEST_EXPECT(swap_in(anon, true, &again) == 0 && !again && stat_get(STAT_PSWPIN) == pages + 1);
    KTEST_EXPECT(space_load(aspace, page_at(5)) == 105);
    frame_fail_every(1);
    int error = swap_in(space_anon(aspace, 6), true, &again);
    frame_fail_every(0);
    KTEST_EXPECT(error == -ENOMEM && !again && anon_is_absent(space_anon(aspace, 6)));
    (void)cluster_set(cluster);
    aspace_put(aspace);
    swap_finish();
}

KTEST(swapin, all_of_an_area_comes_back_and_leaves_no_block)
{
    swap_begin();
    struct aspace *aspace = space_swapped();
    swap_finish(); /* swap_in_all() */
    KTEST_EXPECT(pages_here(aspace) == PAGES);
    for (uint64_t i = 0; i < PAGES; i++) {
        KTEST_EXPECT(is_only_here(aspace, i));
        KTEST_EXPECT(space_load(aspace, page_at(i)) == 100 + i);
    }
    aspace_put(aspace);
}

/* What is left of a read that failed for a neighbour's block: the page that was read with it. */
static void read_fail(struct anon *anon)
{
    struct page *page = frame_alloc(0);
    KTEST_EXPECT(swap_install(anon->block, page, true));
    page_set(page, PAGE_FAILED);
    page_clear(page, PAGE_IO);
    page_put(page);
}

KTEST(swapin, what_failed_with_others_is_read_alone)
{
    swap_begin();
    struct aspace *aspace = space_swapped();
    uint64_t errors = stat_get(STAT_READ_ERRORS);
    read_fail(space_anon(aspace, 3));
    read_fail(space_anon(aspace, 7));
    KTEST_EXPECT(space_load(aspace, page_at(3)) == 103); /* a fault does so, too */
    read_fail(space_anon(aspace, 30));
    swap_finish(); /* swap_in_all() */
    KTEST_EXPECT(stat_get(STAT_READ_ERRORS) == errors);
    for (uint64_t i = 0; i < PAGES; i++)
        KTEST_EXPECT(is_only_here(aspace, i) && space_load(aspace, page_at(i)) == 100 + i);
    aspace_put(aspace);
}

KTEST(swapin, the_cluster_is_at_most_a_request)
{
    unsigned cluster = atomic_load(&swap_cluster);
    KTEST_EXPECT(proc_text_store("sys/vm/page-cluster", "6") == -EINVAL && atomic_load(&swap_cluster) == cluster);
    KTEST_EXPECT(proc_text_store("sys/vm/page-cluster", "0") == 0 && atomic_load(&swap_cluster) == 0);
    (void)cluster_set(cluster);
}

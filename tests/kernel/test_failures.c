/*
 * Page-out without memory: each allocation of an eviction, of a page's way back, of a whole address space's way out and back, of swapon and swapoff, and of the
 * daemon's own rounds fails once. What the files and disks have to do with it is in test_failures_files.c. The test boot's own swap partition is used.
 */
#include "kernel/abi/errno.h"
#include "kernel/ktest.h"
#include "kernel/thread.h"
#include "kernel/time.h"
#include "mm/anon.h"
#include "mm/busy.h"
#include "mm/evict.h"
#include "mm/inject.h"
#include "mm/lazyfree.h"
#include "mm/shm.h"
#include "mm/swap.h"
#include "mm/swapin.h"
#include "mm/swapout.h"
#include "tests/kernel/crew.h"
#include "tests/kernel/failing.h"
#include "tests/kernel/proc_text.h"
#include "tests/kernel/spaces.h"
#include "tests/kernel/swap_area.h"

enum { PAGES = 48, FIRST = 100, LARGE_PAGES = LARGE_SIZE / PAGE_SIZE, HALF = PAGES / 2 };

/* The scene: one address space, and another that shares pages with it. */
static struct aspace *space, *other;
static struct object *object;

static vaddr_t page_at(uint64_t page)
{
    return SPACE_BASE + (page << PAGE_SHIFT);
}

/* With an area to swap to, which is empty before and afterwards. */
static void swapping_run(const struct failing *failing)
{
    swap_begin();
    failing_run(failing);
    swap_finish();
}

static void space_make(void)
{
    space = space_filled(PAGES, FIRST);
}

static void space_make_swapped(void)
{
    space_make();
    (void)space_evict(space, PAGES);
    standby_empty();
}

static void space_still_is(void)
{
    space_verify(space, PAGES, FIRST);
}

static void space_end(void)
{
    aspace_put(space);
}

/* Out, and the frames for other uses. */
static void space_go(void)
{
    (void)space_evict(space, PAGES);
    standby_empty();
}

/* A program's access: it succeeds, or memory is at its end. */
static void touch(struct aspace *aspace, uint64_t page, enum fault_access access)
{
    enum fault_result result = fault_resolve(aspace, page_at(page), access);
    KTEST_EXPECT(result == FAULT_RESOLVED || result == FAULT_NO_MEMORY);
}

static void pages_load_in_order(void)
{
    for (uint64_t i = 0; i < PAGES; i++)
        touch(space, i, FAULT_READ);
}

static void pages_load_in_disorder(void)
{
    for (uint64_t i = 0; i < PAGES; i++)
        touch(space, i * 29 % PAGES, FAULT_READ);
}

KTEST(failures, modified_pages_leave)
{
    static const struct failing pages = {space_make, space_go, space_still_is, space_end, 1};
    swapping_run(&pages);
}

static void space_make_clean(void)
{
    space_make();
    (void)space_evict(space, PAGES);
    space_still_is();
    KTEST_EXPECT(space_anon(space, 1)->block != 0 && !page_has(space_anon(space, 1)->page, PAGE_DIRTY));
}

KTEST(failures, clean_pages_leave)
{
    static const struct failing pages = {space_make_clean, space_go, space_still_is, space_end, 0};
    swapping_run(&pages);
}

/* --- 2 MB ------------------------------------------------------------------------------------------------------- */

static void large_make(void)
{
    space = aspace_create();
    space_map(space, SPACE_BASE, LARGE_PAGES, SPACE_RW | AREA_HUGE);
    for (uint64_t i = 0; i < LARGE_PAGES; i++)
        space_store(space, page_at(i), FIRST + i);
    KTEST_EXPECT(space->large_mappings == 1);
}

static void large_go(void)
{
    (void)space_evict(space, LARGE_PAGES);
    standby_empty();
}

static void large_still_is(void)
{
    KTEST_EXPECT(space->large_mappings == 0);
    space_verify(space, LARGE_PAGES, FIRST);
}

KTEST(failures, a_large_mapping_is_split_and_leaves)
{
    static const struct failing large = {large_make, large_go, large_still_is, space_end, 1};
    if (run_is_free(TABLE_BITS))
        swapping_run(&large);
}

/* --- after fork --------------------------------------------------------------------------------------------------- */

static void family_make(void)
{
    space_make();
    other = aspace_fork(space);
    for (uint64_t i = 0; i < PAGES; i += 3)
        space_store(other, page_at(i), i);
}

static void family_go(void)
{
    (void)space_evict(space, PAGES);
    (void)space_evict(other, PAGES);
    standby_empty();
}

static void family_make_swapped(void)
{
    family_make();
    family_go();
}

/* The second half of the other's pages is stored to, which copies what is shared. */
static void family_come(void)
{
    pages_load_in_order();
    for (uint64_t i = 0; i < PAGES; i++)
        touch(other, i, i < HALF ? FAULT_READ : FAULT_WRITE);
}

static void family_still_is(void)
{
    space_still_is();
    for (uint64_t i = 0; i < PAGES; i++)
        KTEST_EXPECT(space_load(other, page_at(i)) == (i % 3 == 0 ? i : FIRST + i));
}

static void family_end(void)
{
    aspace_put(other);
    space_end();
}

KTEST(failures, pages_shared_by_a_fork_leave)
{
    static const struct failing family = {family_make, family_go, family_still_is, family_end, 1};
    swapping_run(&family);
}

KTEST(failures, pages_shared_by_a_fork_come_back)
{
    static const struct failing family = {family_make_swapped, family_come, family_still_is, family_end, PAGES};
    swapping_run(&family);
}

/* --- shared memory ------------------------------------------------------------------------------------------------ */

static void shared_make(void)
{
    object = shm_object_create((uint64_t)PAGES << PAGE_SHIFT, true);
    space = aspace_create();
    other = aspace_create();
    space_map_object(space, SPACE_BASE, PAGES, SPACE_RW | AREA_SHARED, object, 0);
    space_map_object(other, SPACE_BASE, PAGES, SPACE_RW | AREA_SHARED, object, 0);
    for (uint64_t i = 0; i < PAGES; i++) {
        space_store(space, page_at(i), FIRST + i);
        KTEST_EXPECT(space_load(other, page_at(i)) == FIRST + i);
    }
}

static void shared_go(void)
{
    struct evict_batch batch;
    evict_batch_init(&batch);
    mutex_lock(&object->shm_lock); /* so that no anon goes meanwhile */
    for (uint64_t i = 0; i < PAGES; i++) {
        const struct anon *anon = radix_find(&object->overlay, i);
        (void)evict_page(&batch, atomic_load(&anon->page));
    }
    mutex_unlock(&object->shm_lock);
    evict_write(&batch);
    swap_wait_written();
    standby_empty();
}

static void shared_make_swapped(void)
{
    shared_make();
    shared_go();
}

/* By a mapping, and by the calls that read and write files. */
static void shared_come(void)
{
    struct page *page;
    for (uint64_t i = 0; i < PAGES; i++) {
        touch(space, i, FAULT_READ);
        touch(other, PAGES - 1 - i, FAULT_WRITE);
        int error = shm_page_get(object, i * 29 % PAGES, 0, &page, NULL);
        KTEST_EXPECT(error == 0 || error == -ENOMEM);
        if (error == 0)
            page_put(page);
    }
}

static void shared_still_is(void)
{
    space_still_is();
    space_verify(other, PAGES, FIRST);
}

static void shared_end(void)
{
    object_put(object);
    family_end();
}

KTEST(failures, shared_memory_leaves)
{
    static const struct failing shared = {shared_make, shared_go, shared_still_is, shared_end, 1};
    swapping_run(&shared);
}

KTEST(failures, shared_memory_comes_back)
{
    static const struct failing shared = {shared_make_swapped, shared_come, shared_still_is, shared_end, PAGES};
    swapping_run(&shared);
}

/* --- pages that were given up ------------------------------------------------------------------------------------- */

static void given_up_make(void)
{
    space_make();
    mutex_lock(&space->lock);
    lazyfree_range(space, page_at(0), page_at(HALF));
    mutex_unlock(&space->lock);
}

static void given_up_go_and_come(void)
{
    space_go();
    pages_load_in_order();
}

static void given_up_are(void)
{
    for (uint64_t i = 0; i < PAGES; i++) {
        uint64_t word = space_load(space, page_at(i));
        KTEST_EXPECT(word == FIRST + i || (word == 0 && i < HALF));
    }
}

KTEST(failures, pages_given_up_go_and_are_zeros)
{
    static const struct failing pages = {given_up_make, given_up_go_and_come, given_up_are, space_end, PAGES};
    swapping_run(&pages);
}

/* --- back from swap ----------------------------------------------------------------------------------------------- */

KTEST(failures, pages_come_back_one_by_one_and_in_clusters)
{
    static const struct failing pages = {space_make_swapped, pages_load_in_disorder, space_still_is, space_end, PAGES};
    unsigned cluster = atomic_load(&swap_cluster);
    swapping_run(&pages);
    atomic_store(&swap_cluster, 0);
    swapping_run(&pages);
    atomic_store(&swap_cluster, cluster);
}

KTEST(failures, pages_come_back_in_streams)
{
    static const struct failing pages = {space_make_swapped, pages_load_in_order, space_still_is, space_end, PAGES};
    swapping_run(&pages);
}

static void whole_go(void)
{
    (void)swap_out_aspace(space);
    swap_wait_written();
    standby_empty();
}

static void whole_go_and_come(void)
{
    whole_go();
    (void)swap_in_aspace(space, PAGES);
    pages_load_in_order();
}

KTEST(failures, an_address_space_goes_and_comes)
{
    static const struct failing whole = {space_make, whole_go_and_come, space_still_is, space_end, PAGES};
    swapping_run(&whole);
}

/* --- areas -------------------------------------------------------------------------------------------------------- */

static void area_end_tried(void)
{
    int error = swap_stop(SWAP_PARTITION);
    KTEST_EXPECT(error == 0 || error == -ENOMEM);
    KTEST_EXPECT((error == 0) == (swap_total() == 0));
}

/* Half of its pages are in memory as well. */
static void space_make_half_swapped(void)
{
    swap_begin();
    space_make_swapped();
    for (uint64_t i = 0; i < PAGES; i += 2)
        (void)space_load(space, page_at(i));
}

static void space_end_without_area(void)
{
    space_end();
    if (swap_total() > 0)
        swap_finish();
}

KTEST(failures, an_area_ends_or_stays_as_it_was)
{
    static const struct failing area = {space_make_half_swapped, area_end_tried, space_still_is, space_end_without_area,
                                        HALF};
    unsigned cluster = atomic_exchange(&swap_cluster, 0); /* so that the other half stays absent */
    failing_run(&area);
    atomic_store(&swap_cluster, cluster);
}

static void nothing(void)
{
}

static void area_begin_tried(void)
{
    int error = swap_start(SWAP_PARTITION, 0);
    KTEST_EXPECT(error == 0 || error == -ENOMEM);
    KTEST_EXPECT((error == 0) == (swap_total() > 0));
}

/* What is cached of the partition by then is forgotten when an area begins. */
static void area_begun_ends(void)
{
    if (swap_total() == 0)
        swap_begin();
    swap_finish();
}

KTEST(failures, an_area_begins_or_does_not)
{
    static const struct failing area = {nothing, area_begin_tried, nothing, area_begun_ends, 4};
    failing_run(&area);
}

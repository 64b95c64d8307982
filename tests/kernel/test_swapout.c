/*
 * Whole address spaces to swap and back (L8): page tables given back, contents, what stays, the size of requests. The test boot's own swap partition is used.
 */
#include "kernel/ktest.h"
#include "kernel/thread.h"
#include "mm/anon.h"
#include "mm/busy.h"
#include "mm/shm.h"
#include "mm/stats.h"
#include "mm/swap_io.h"
#include "mm/swapout.h"
#include "tests/kernel/fake_object.h"
#include "tests/kernel/spaces.h"
#include "tests/kernel/swap_area.h"

enum { PAGES = 300, REGIONS = 3 };

static vaddr_t page_at(uint64_t page)
{
    return SPACE_BASE + page % REGIONS * LARGE_SIZE * 600 + (page / REGIONS << PAGE_SHIFT); /* in several tables */
}

static struct aspace *regions_filled(void)
{
    struct aspace *aspace = aspace_create();
    for (uint64_t i = 0; i < REGIONS; i++)
        space_map(aspace, page_at(i), PAGES / REGIONS, SPACE_RW | AREA_NOHUGE);
    for (uint64_t i = 0; i < PAGES; i++)
        space_store(aspace, page_at(i), i + 100);
    return aspace;
}

static void regions_verify(struct aspace *aspace)
{
    for (uint64_t i = 0; i < PAGES; i++)
        KTEST_EXPECT(space_load(aspace, page_at(i)) == i + 100);
}

static uint64_t space_out(struct aspace *aspace)
{
    uint64_t left = swap_out_aspace(aspace);
    swap_wait_written();
    return left;
}

KTEST(swapout, pages_and_page_tables_go_and_come_back)
{
    swap_begin();
    struct aspace *aspace = regions_filled();
    KTEST_EXPECT(aspace->table.tables > REGIONS && aspace_frames(aspace) > PAGES);
    KTEST_EXPECT(space_out(aspace) == 0);
    KTEST_EXPECT(space_resident(aspace) == 0 && aspace->table.tables == 1);
    standby_empty();
    vm_check();
    uint64_t reads = stat_get(STAT_SWAP_READS), major = aspace->faults_major;
    KTEST_EXPECT(swap_in_aspace(aspace, PAGES) == PAGES);
    KTEST_EXPECT(stat_get(STAT_SWAP_READS) - reads <= REGIONS * (PAGES / REGIONS / SWAP_IO_PAGES + 2));
    KTEST_EXPECT(swap_in_aspace(aspace, PAGES) == 0);
    for (uint64_t i = 0; i < PAGES; i++) {
        const struct anon *anon = radix_find(&aspace->overlay, page_at(i) >> PAGE_SHIFT);
        const struct page *page;
        while ((page = atomic_load(&anon->page)) != NULL && page_has(page, PAGE_BUSY))
            thread_yield();
    }
    regions_verify(aspace);
    KTEST_EXPECT(aspace->faults_major == major);
    vm_check();
    aspace_put(aspace);
    swap_finish();
}

KTEST(swapout, the_limit_holds)
{
    swap_begin();
    struct aspace *aspace = regions_filled();
    (void)space_out(aspace);
    standby_empty();
    KTEST_EXPECT(swap_in_aspace(aspace, 10) == 10);
    KTEST_EXPECT(swap_in_aspace(aspace, 0) == 0);
    regions_verify(aspace);
    aspace_put(aspace);
    swap_finish();
}

KTEST(swapout, locked_pages_stay)
{
    swap_begin();
    struct aspace *aspace = regions_filled();
    space_map(aspace, SPACE_BASE + LARGE_SIZE, 2, SPACE_RW | AREA_LOCKED);
    KTEST_EXPECT(space_out(aspace) > 2);
    KTEST_EXPECT(space_resident(aspace) == 2);
    uint64_t minor = aspace->faults_minor, major = aspace->faults_major;
    (void)space_load(aspace, SPACE_BASE + LARGE_SIZE);
    KTEST_EXPECT(aspace->faults_minor == minor && aspace->faults_major == major);
    aspace_put(aspace);
    swap_finish();
}

KTEST(swapout, what_a_fork_shares_stays_for_the_other)
{
    swap_begin();
    struct aspace *parent = regions_filled();
    struct aspace *child = aspace_fork(parent);
    uint64_t written = stat_get(STAT_PSWPOUT), resident = space_resident(parent);
    space_store(child, page_at(7), 1);
    KTEST_EXPECT(space_out(child) == 0);
    KTEST_EXPECT(stat_get(STAT_PSWPOUT) == written + 1); /* the one that is the child's own */
    regions_verify(parent);
    KTEST_EXPECT(space_resident(parent) == resident || space_resident(parent) == PAGES);
    KTEST_EXPECT(space_load(child, page_at(7)) == 1 && space_load(child, page_at(8)) == 108);
    aspace_put(child);
    KTEST_EXPECT(space_out(parent) == 0);
    regions_verify(parent);
    aspace_put(parent);
    swap_finish();
}

KTEST(swapout, shared_pages_go_when_nobody_else_maps_them)
{
    swap_begin();
    struct object *object = shm_object_create((uint64_t)PAGES << PAGE_SHIFT, true);
    struct aspace *one = aspace_create(), *two = aspace_create();
    space_map_object(one, SPACE_BASE, 20, SPACE_RW | AREA_SHARED, object, 0);
    space_map_object(two, SPACE_BASE, 10, SPACE_RW | AREA_SHARED, object, 0);
    for (uint64_t i = 0; i < 20; i++)
        space_store(one, SPACE_BASE + (i << PAGE_SHIFT), i);
    for (uint64_t i = 0; i < 10; i++)
        KTEST_EXPECT(space_load(two, SPACE_BASE + (i << PAGE_SHIFT)) == i);
    uint64_t written = stat_get(STAT_PSWPOUT);
    KTEST_EXPECT(space_out(one) == 0);
    KTEST_EXPECT(stat_get(STAT_PSWPOUT) == written + 10);
    KTEST_EXPECT(space_resident(two) == 10);
    vm_check();
    for (uint64_t i = 0; i < 20; i++)
        KTEST_EXPECT(space_load(one, SPACE_BASE + (i << PAGE_SHIFT)) == i);
    aspace_put(one);
    aspace_put(two);
    object_put(object);
    swap_finish();
}

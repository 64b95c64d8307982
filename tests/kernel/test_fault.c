/*
 * Page faults: every line of the policy table in mm/fault.c, the errors, stacks and large pages.
 */
#include "kernel/abi/errno.h"
#include "kernel/ktest.h"
#include "mm/frame.h"
#include "mm/object.h"
#include "mm/pagecache.h"
#include "tests/kernel/crew.h"
#include "tests/kernel/fake_object.h"
#include "tests/kernel/spaces.h"

static vaddr_t page_at(uint64_t page)
{
    return SPACE_BASE + (page << PAGE_SHIFT);
}

KTEST(fault, zero_fill_reads_zeros_and_keeps_stores)
{
    struct aspace *aspace = aspace_create();
    space_map(aspace, SPACE_BASE, 8, SPACE_RW);
    KTEST_EXPECT(space_load(aspace, page_at(3) + 8) == 0);
    KTEST_EXPECT(space_resident(aspace) == 0); /* the page of zeros is nobody's */
    space_store(aspace, page_at(3) + 8, 42);
    space_store(aspace, page_at(4), 43);
    KTEST_EXPECT(space_load(aspace, page_at(3) + 8) == 42 && space_load(aspace, page_at(4)) == 43);
    KTEST_EXPECT(space_load(aspace, page_at(3)) == 0);
    KTEST_EXPECT(aspace->resident_anon == 2 && aspace->overlay.count == 2);
    vm_check();
    aspace_put(aspace);
}

KTEST(fault, refuses_what_the_area_does_not_allow)
{
    struct aspace *aspace = aspace_create();
    space_map(aspace, page_at(0), 1, AREA_READ);
    space_map(aspace, page_at(1), 1, 0);
    space_map(aspace, page_at(2), 1, AREA_EXEC);
    space_map(aspace, page_at(3), 1, AREA_WRITE);
    KTEST_EXPECT(fault_resolve(aspace, page_at(0), FAULT_READ) == FAULT_RESOLVED);
    KTEST_EXPECT(fault_resolve(aspace, page_at(0), FAULT_WRITE) == FAULT_ACCERR);
    KTEST_EXPECT(fault_resolve(aspace, page_at(0), FAULT_EXEC) == FAULT_ACCERR);
    KTEST_EXPECT(fault_resolve(aspace, page_at(1), FAULT_READ) == FAULT_ACCERR);
    KTEST_EXPECT(fault_resolve(aspace, page_at(2), FAULT_EXEC) == FAULT_RESOLVED);
    KTEST_EXPECT(fault_resolve(aspace, page_at(2), FAULT_READ) == FAULT_RESOLVED);
    KTEST_EXPECT(fault_resolve(aspace, page_at(3), FAULT_WRITE) == FAULT_RESOLVED);
    KTEST_EXPECT(fault_resolve(aspace, page_at(4), FAULT_READ) == FAULT_MAPERR);
    KTEST_EXPECT(fault_resolve(aspace, 0, FAULT_READ) == FAULT_MAPERR);
    KTEST_EXPECT(fault_resolve(aspace, USER_END, FAULT_READ) == FAULT_MAPERR);
    KTEST_EXPECT(fault_resolve(aspace, ~(vaddr_t)0, FAULT_WRITE) == FAULT_MAPERR);
    vm_check();
    aspace_put(aspace);
}

KTEST(fault, private_stores_never_reach_the_file)
{
    struct fake_object fake;
    struct aspace *aspace = aspace_create();
    fake_object_init(&fake, 100);
    space_map_object(aspace, SPACE_BASE, 40, SPACE_RW, &fake.object, 10);
    KTEST_EXPECT(space_load(aspace, page_at(0)) == 11 && space_load(aspace, page_at(39)) == 50);
    space_store(aspace, page_at(5), 99);
    space_store(aspace, page_at(6), 98);
    KTEST_EXPECT(space_load(aspace, page_at(5)) == 99 && space_load(aspace, page_at(5) + 8) == 16);
    struct page *page = page_find_pinned(&fake.object, 15);
    KTEST_EXPECT(page != NULL && *(uint64_t *)page_address(page) == 16);
    page_unpin(page);
    KTEST_EXPECT(aspace->resident_anon == 2 && fake.object.dirty_pages == 0);
    vm_check();
    aspace_put(aspace);
    fake_object_end(&fake);
}

KTEST(fault, shared_stores_are_the_files)
{
    struct fake_object fake;
    struct aspace *one = aspace_create(), *two = aspace_create();
    fake_object_init(&fake, 100);
    space_map_object(one, SPACE_BASE, 10, SPACE_RW | AREA_SHARED, &fake.object, 0);
    space_map_object(two, SPACE_BASE, 10, SPACE_RW | AREA_SHARED, &fake.object, 0);
    KTEST_EXPECT(space_load(two, page_at(3)) == 4);
    space_store(one, page_at(3), 77);
    KTEST_EXPECT(space_load(two, page_at(3)) == 77);
    KTEST_EXPECT(fake.object.dirty_pages == 1);
    KTEST_EXPECT(pagecache_sync(&fake.object, 0, 99) == 0 && fake.written_sum == 77);
    space_store(two, page_at(3), 78); /* faults again: the page was cleaned */
    KTEST_EXPECT(fake.object.dirty_pages == 1 && space_load(one, page_at(3)) == 78);
    vm_check();
    aspace_put(one);
    aspace_put(two);
    fake_object_end(&fake);
}

KTEST(fault, neighbours_are_mapped_around)
{
    struct fake_object fake;
    struct aspace *aspace = aspace_create();
    fake_object_init(&fake, 100);
    space_map_object(aspace, SPACE_BASE, 64, AREA_READ | AREA_MAY_WRITE, &fake.object, 0);
    KTEST_EXPECT(fault_resolve(aspace, page_at(20), FAULT_READ) == FAULT_RESOLVED); /* reads 16 pages ahead, maps one */
    KTEST_EXPECT(fault_resolve(aspace, page_at(21), FAULT_READ) == FAULT_RESOLVED);
    KTEST_EXPECT(aspace->resident_file == 16 && fake.reads == 16);
    vm_check();
    aspace_put(aspace);
    fake_object_end(&fake);
}

KTEST(fault, behind_the_end_and_bad_reads_are_bus_errors)
{
    struct fake_object fake;
    struct aspace *aspace = aspace_create();
    fake_object_init(&fake, FAKE_BAD_INDEX + 1);
    space_map_object(aspace, SPACE_BASE, 4, SPACE_RW, &fake.object, FAKE_BAD_INDEX - 1);
    KTEST_EXPECT(fault_resolve(aspace, page_at(0), FAULT_WRITE) == FAULT_RESOLVED);
    KTEST_EXPECT(fault_resolve(aspace, page_at(1), FAULT_READ) == FAULT_BUS_IO);
    KTEST_EXPECT(fault_resolve(aspace, page_at(1), FAULT_WRITE) == FAULT_BUS_IO);
    KTEST_EXPECT(fault_resolve(aspace, page_at(2), FAULT_READ) == FAULT_BUS_ADRERR);
    KTEST_EXPECT(fault_resolve(aspace, page_at(3), FAULT_WRITE) == FAULT_BUS_ADRERR);
    vm_check();
    aspace_put(aspace);
    fake_object_end(&fake);
}

KTEST(fault, truncation_unmaps)
{
    struct fake_object fake;
    struct aspace *aspace = aspace_create();
    fake_object_init(&fake, 100);
    space_map_object(aspace, SPACE_BASE, 8, SPACE_RW | AREA_SHARED, &fake.object, 0);
    space_store(aspace, page_at(2), 1);
    space_store(aspace, page_at(6), 2);
    atomic_store(&fake.object.size, 4 * PAGE_SIZE);
    pagecache_truncate(&fake.object, 4);
    KTEST_EXPECT(space_load(aspace, page_at(2)) == 1);
    KTEST_EXPECT(fault_resolve(aspace, page_at(6), FAULT_READ) == FAULT_BUS_ADRERR);
    KTEST_EXPECT(space_resident(aspace) == 1);
    vm_check();
    aspace_put(aspace);
    fake_object_end(&fake);
}

KTEST(fault, stacks_grow_down_to_their_limit)
{
    struct aspace *aspace = aspace_create();
    vaddr_t top = 0x7f0000000000;
    aspace->stack_limit = 64 * PAGE_SIZE;
    space_map(aspace, top - PAGE_SIZE, 1, SPACE_RW | AREA_GROWSDOWN | AREA_STACK);
    space_store(aspace, top - 10 * PAGE_SIZE, 5);
    KTEST_EXPECT(aspace->areas.count == 1 && aspace->total_pages == 10);
    KTEST_EXPECT(fault_resolve(aspace, top - 64 * PAGE_SIZE, FAULT_WRITE) == FAULT_RESOLVED);
    KTEST_EXPECT(fault_resolve(aspace, top - 65 * PAGE_SIZE, FAULT_WRITE) == FAULT_MAPERR);
    vm_check();
    aspace_put(aspace);
}

KTEST(fault, large_pages_come_and_are_split)
{
    struct aspace *aspace = aspace_create();
    uint64_t pages = LARGE_SIZE / PAGE_SIZE;
    frames_drain();
    space_map(aspace, SPACE_BASE, 2 * pages, SPACE_RW | AREA_HUGE);
    space_store(aspace, page_at(5), 1);
    if (aspace->large_mappings == 1) { /* memory may be too fragmented or too small */
        KTEST_EXPECT(aspace->resident_anon == pages);
        space_store(aspace, page_at(300), 2);
        KTEST_EXPECT(aspace_unmap(aspace, page_at(100), 10 * PAGE_SIZE) == 0);
        KTEST_EXPECT(aspace->large_mappings == 0 && aspace->resident_anon == pages - 10);
        KTEST_EXPECT(aspace_protect(aspace, page_at(300), PAGE_SIZE, AREA_READ) == 0);
        KTEST_EXPECT(fault_resolve(aspace, page_at(300), FAULT_WRITE) == FAULT_ACCERR);
        KTEST_EXPECT(space_load(aspace, page_at(300)) == 2);
    }
    KTEST_EXPECT(space_load(aspace, page_at(5)) == 1);
    vm_check();
    aspace_put(aspace);
}

static void use_spaces(void)
{
    struct fake_object fake;
    fake_object_init(&fake, 64);
    for (unsigned i = 0; i < 10; i++) {
        struct aspace *aspace = aspace_create();
        space_map(aspace, SPACE_BASE, 100, SPACE_RW);
        space_map_object(aspace, page_at(200), 64, SPACE_RW | AREA_SHARED, &fake.object, 0);
        for (uint64_t page = 0; page < 100; page++)
            space_store(aspace, page_at(page), page);
        for (uint64_t page = 0; page < 64; page++)
            space_store(aspace, page_at(200 + page), page);
        aspace_put(aspace);
    }
    fake_object_end(&fake);
}

KTEST(fault, nothing_is_lost)
{
    KTEST_EXPECT(frames_come_back(use_spaces));
}

/*
 * Truncated files and the private copies of their pages: gone behind the new end, and not back when the file grows again; in split areas, children and
 * areas that are moved.
 */
#include "mm/cut.h"

#include "kernel/abi/mman.h"
#include "kernel/ktest.h"
#include "kernel/syscall_list.h"
#include "mm/pagecache.h"
#include "tests/kernel/fake_object.h"
#include "tests/kernel/spaces.h"

enum { PAGES = 16 };

static vaddr_t page_at(uint64_t page)
{
    return SPACE_BASE + (page << PAGE_SHIFT);
}

/* The file is cut to so many pages, or grows to them. */
static void resize(struct fake_object *fake, uint64_t pages)
{
    bool cut = pages < object_pages(&fake->object);
    atomic_store(&fake->object.size, pages << PAGE_SHIFT);
    if (cut)
        pagecache_truncate(&fake->object, pages);
}

/* A private mapping of a whole file in which every page was written: page i holds 100 + i. */
static struct aspace *space_of_copies(struct fake_object *fake)
{
    struct aspace *aspace = aspace_create();
    fake_object_init(fake, PAGES);
    space_map_object(aspace, SPACE_BASE, PAGES, SPACE_RW, &fake->object, 0);
    for (uint64_t i = 0; i < PAGES; i++)
        space_store(aspace, page_at(i), 100 + i);
    return aspace;
}

static bool is_bus_error(struct aspace *aspace, uint64_t page)
{
    return fault_resolve(aspace, page_at(page), FAULT_READ) == FAULT_BUS_ADRERR;
}

KTEST(cut, copies_behind_the_end_are_gone_for_good)
{
    struct fake_object fake;
    struct aspace *aspace = space_of_copies(&fake);
    resize(&fake, 10);
    KTEST_EXPECT(space_resident(aspace) == 10);
    vm_check();
    KTEST_EXPECT(is_bus_error(aspace, 10) && is_bus_error(aspace, 15) && space_load(aspace, page_at(9)) == 109);
    KTEST_EXPECT(aspace->overlay.count == 10);
    resize(&fake, PAGES);
    KTEST_EXPECT(space_load(aspace, page_at(10)) == 11 &&
                 space_load(aspace, page_at(9)) == 109); /* the file's page again */
    vm_check();
    aspace_put(aspace);
    KTEST_EXPECT(list_is_empty(&fake.object.private_mappings));
    fake_object_end(&fake);
}

KTEST(cut, growth_before_anybody_looks_brings_nothing_back)
{
    struct fake_object fake;
    struct aspace *aspace = space_of_copies(&fake);
    resize(&fake, 12);
    resize(&fake, 4);
    resize(&fake, 8);
    resize(&fake, PAGES);
    for (uint64_t i = 0; i < PAGES; i++)
        KTEST_EXPECT(space_load(aspace, page_at(i)) == (i < 4 ? 100 + i : i + 1));
    space_store(aspace, page_at(6), 6);
    resize(&fake, 7);
    KTEST_EXPECT(space_load(aspace, page_at(6)) == 6 && is_bus_error(aspace, 7));
    vm_check();
    aspace_put(aspace);
    fake_object_end(&fake);
}

KTEST(cut, both_parts_of_a_split_area_know)
{
    struct fake_object fake;
    struct aspace *aspace = space_of_copies(&fake);
    KTEST_EXPECT(aspace_protect(aspace, page_at(4), 4 * PAGE_SIZE, AREA_READ) == 0 && aspace->areas.count == 3);
    resize(&fake, 6);
    KTEST_EXPECT(aspace_unmap(aspace, page_at(14), PAGE_SIZE) == 0); /* splits what is cut already */
    resize(&fake, PAGES);
    KTEST_EXPECT(space_load(aspace, page_at(3)) == 103 && space_load(aspace, page_at(5)) == 105);
    KTEST_EXPECT(space_load(aspace, page_at(6)) == 7 && space_load(aspace, page_at(13)) == 14 &&
                 space_load(aspace, page_at(15)) == 16);
    vm_check();
    KTEST_EXPECT(aspace_protect(aspace, page_at(4), 4 * PAGE_SIZE, AREA_READ | AREA_WRITE) == 0);
    resize(&fake, 5);
    KTEST_EXPECT(space_load(aspace, page_at(4)) == 104 && is_bus_error(aspace, 5));
    vm_check();
    aspace_put(aspace);
    fake_object_end(&fake);
}

KTEST(cut, a_child_has_what_is_left)
{
    struct fake_object fake;
    struct aspace *aspace = space_of_copies(&fake), *before = aspace_fork(aspace);
    resize(&fake, 8);
    struct aspace *after = aspace_fork(aspace);
    resize(&fake, PAGES);
    KTEST_EXPECT(space_load(before, page_at(7)) == 107 && space_load(before, page_at(8)) == 9);
    KTEST_EXPECT(space_load(after, page_at(7)) == 107 && space_load(after, page_at(8)) == 9);
    KTEST_EXPECT(space_load(aspace, page_at(7)) == 107 && space_load(aspace, page_at(8)) == 9);
    vm_check();
    aspace_put(aspace);
    aspace_put(before);
    aspace_put(after);
    fake_object_end(&fake);
}

KTEST(cut, what_is_moved_was_cut_before)
{
    struct fake_object fake;
    struct aspace *aspace = space_of_copies(&fake);
    uint64_t arguments[6] = {SPACE_BASE, PAGES * PAGE_SIZE, PAGES * PAGE_SIZE, MREMAP_MAYMOVE | MREMAP_FIXED,
                             page_at(100)};
    resize(&fake, 8);
    resize(&fake, PAGES);
    KTEST_EXPECT(space_call(aspace, sys_mremap, arguments) == (long)page_at(100));
    KTEST_EXPECT(space_load(aspace, page_at(107)) == 107 && space_load(aspace, page_at(108)) == 9);
    vm_check();
    resize(&fake, 3);
    KTEST_EXPECT(space_load(aspace, page_at(102)) == 102 && is_bus_error(aspace, 103));
    vm_check();
    aspace_put(aspace);
    fake_object_end(&fake);
}

KTEST(cut, shared_mappings_and_other_files_are_left_alone)
{
    struct fake_object fake, other;
    struct aspace *aspace = space_of_copies(&fake);
    fake_object_init(&other, PAGES);
    space_map_object(aspace, page_at(20), PAGES, SPACE_RW, &other.object, 0);
    space_map_object(aspace, page_at(40), PAGES, SPACE_RW | AREA_SHARED, &fake.object, 0);
    space_store(aspace, page_at(30), 5);
    space_store(aspace, page_at(42), 7);
    resize(&fake, 4);
    KTEST_EXPECT(space_load(aspace, page_at(30)) == 5 && space_load(aspace, page_at(42)) == 7 &&
                 is_bus_error(aspace, 44));
    KTEST_EXPECT(aspace->areas.count == 3 && space_load(aspace, page_at(2)) == 102);
    vm_check();
    aspace_put(aspace);
    fake_object_end(&fake);
    fake_object_end(&other);
}

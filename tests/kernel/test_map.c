/*
 * Mapping, unmapping and protecting (L31): where a mapping goes, what it replaces, how areas are cut and joined, what is refused; page tables are given
 * back with the last page under them.
 */
#include "mm/map.h"

#include "kernel/abi/errno.h"
#include "kernel/abi/mman.h"
#include "kernel/ktest.h"
#include "kernel/syscall_list.h"
#include "mm/frame.h"
#include "mm/object.h"
#include "mm/pagetable.h"
#include "mm/slab.h"
#include "tests/kernel/fake_object.h"
#include "tests/kernel/spaces.h"

static vaddr_t page_at(uint64_t page)
{
    return SPACE_BASE + (page << PAGE_SHIFT);
}

static int map_request(struct aspace *aspace, vaddr_t address, uint64_t pages, bool fixed, bool noreplace,
                       vaddr_t *result)
{
    struct map_request request = {.address = address,
                                  .length = pages << PAGE_SHIFT,
                                  .flags = SPACE_RW,
                                  .fixed = fixed,
                                  .fixed_noreplace = noreplace};
    return aspace_map(aspace, &request, result);
}

static int unmap(struct aspace *aspace, uint64_t page, uint64_t pages)
{
    return aspace_unmap(aspace, page_at(page), pages << PAGE_SHIFT);
}

KTEST(map, goes_where_it_is_asked_or_as_high_as_possible)
{
    vaddr_t first, second, third;
    struct aspace *aspace = aspace_create();
    KTEST_EXPECT(map_request(aspace, 0, 4, false, false, &first) == 0 && first + 4 * PAGE_SIZE == aspace->mmap_top);
    KTEST_EXPECT(map_request(aspace, 0, 2, false, false, &second) == 0 && second + 2 * PAGE_SIZE == first);
    KTEST_EXPECT(map_request(aspace, SPACE_BASE, 4, false, false, &third) == 0 &&
                 third == SPACE_BASE); /* a hint that is free */
    KTEST_EXPECT(map_request(aspace, page_at(2), 4, false, false, &third) == 0 &&
                 third + 4 * PAGE_SIZE == second); /* one that is not */
    KTEST_EXPECT(map_request(aspace, page_at(3), 4, true, true, &third) == -EEXIST &&
                 map_request(aspace, page_at(4), 4, true, true, &third) == 0);
    KTEST_EXPECT(map_request(aspace, page_at(4) + 8, 1, true, false, &third) == -EINVAL);
    KTEST_EXPECT(map_request(aspace, USER_END - PAGE_SIZE, 2, true, false, &third) == -ENOMEM);
    KTEST_EXPECT(map_request(aspace, 0, USER_END >> PAGE_SHIFT, false, false, &third) == -ENOMEM);
    KTEST_EXPECT(map_request(aspace, 0, 0, false, false, &third) == -EINVAL);
    vm_check();
    aspace_put(aspace);
}

KTEST(map, neighbours_that_agree_are_one_area)
{
    struct fake_object fake;
    struct aspace *aspace = aspace_create();
    fake_object_init(&fake, 64);
    space_map(aspace, page_at(0), 2, SPACE_RW);
    space_map(aspace, page_at(4), 2, SPACE_RW);
    space_map(aspace, page_at(2), 2, SPACE_RW); /* joins both */
    KTEST_EXPECT(aspace->areas.count == 1 && aspace->total_pages == 6);
    space_map(aspace, page_at(6), 2, AREA_READ);
    KTEST_EXPECT(aspace->areas.count == 2);
    space_map_object(aspace, page_at(20), 2, AREA_READ, &fake.object, 0);
    space_map_object(aspace, page_at(22), 2, AREA_READ, &fake.object, 2); /* the next pages of the file: one; */
    space_map_object(aspace, page_at(24), 2, AREA_READ, &fake.object, 9); /* others: not */
    KTEST_EXPECT(aspace->areas.count == 4 && space_load(aspace, page_at(23)) == 4 &&
                 space_load(aspace, page_at(24)) == 10);
    vm_check();
    aspace_put(aspace);
    fake_object_end(&fake);
}

KTEST(map, unmapping_cuts_areas)
{
    struct aspace *aspace = aspace_create();
    space_map(aspace, SPACE_BASE, 10, SPACE_RW);
    for (uint64_t i = 0; i < 10; i++)
        space_store(aspace, page_at(i), i + 1);
    KTEST_EXPECT(unmap(aspace, 4, 2) == 0 && aspace->areas.count == 2 && aspace->total_pages == 8 &&
                 aspace->overlay.count == 8);
    KTEST_EXPECT(unmap(aspace, 0, 1) == 0 && unmap(aspace, 9, 5) == 0 && aspace->total_pages == 6);
    KTEST_EXPECT(unmap(aspace, 50, 1) == 0); /* nothing there is no error */
    KTEST_EXPECT(aspace_unmap(aspace, page_at(1) + 1, PAGE_SIZE) == -EINVAL && unmap(aspace, 1, 0) == -EINVAL);
    KTEST_EXPECT(fault_resolve(aspace, page_at(4), FAULT_READ) == FAULT_MAPERR && space_load(aspace, page_at(6)) == 7);
    space_map(aspace, page_at(4), 2, SPACE_RW);
    KTEST_EXPECT(aspace->areas.count == 1 && space_load(aspace, page_at(4)) == 0); /* new zeros */
    vm_check();
    space_map(aspace, page_at(2), 3, AREA_READ); /* over what is there: replaced */
    KTEST_EXPECT(aspace->areas.count == 3 && space_load(aspace, page_at(2)) == 0 &&
                 space_load(aspace, page_at(1)) == 2);
    vm_check();
    aspace_put(aspace);
}

KTEST(map, protection_cuts_and_joins)
{
    struct aspace *aspace = aspace_create();
    space_map(aspace, SPACE_BASE, 8, SPACE_RW);
    space_store(aspace, page_at(3), 3);
    KTEST_EXPECT(aspace_protect(aspace, page_at(2), 3 * PAGE_SIZE, AREA_READ) == 0 && aspace->areas.count == 3);
    KTEST_EXPECT(fault_resolve(aspace, page_at(3), FAULT_WRITE) == FAULT_ACCERR && space_load(aspace, page_at(3)) == 3);
    KTEST_EXPECT(aspace_protect(aspace, page_at(2), 3 * PAGE_SIZE, 0) == 0 &&
                 space_resident(aspace) == 0); /* taken away at once */
    KTEST_EXPECT(fault_resolve(aspace, page_at(3), FAULT_READ) == FAULT_ACCERR);
    KTEST_EXPECT(aspace_protect(aspace, SPACE_BASE, 8 * PAGE_SIZE, AREA_READ | AREA_WRITE) == 0 &&
                 aspace->areas.count == 1);
    KTEST_EXPECT(space_load(aspace, page_at(3)) == 3);
    KTEST_EXPECT(aspace_protect(aspace, page_at(6), 4 * PAGE_SIZE, AREA_READ) ==
                 -ENOMEM); /* a hole, after what is below it */
    KTEST_EXPECT(space_flags(aspace, page_at(7)) == (AREA_READ | AREA_MAY_WRITE));
    space_map(aspace, page_at(20), 1, AREA_READ | AREA_SHARED);
    KTEST_EXPECT(aspace_protect(aspace, page_at(20), PAGE_SIZE, AREA_READ | AREA_WRITE) ==
                 -EACCES); /* not opened for it */
    KTEST_EXPECT(aspace_protect(aspace, page_at(0) + 1, PAGE_SIZE, AREA_READ) == -EINVAL);
    KTEST_EXPECT(aspace_unmap(aspace, page_at(20), PAGE_SIZE) == 0);
    vm_check();
    aspace_put(aspace);
}

static uint64_t table_frames(struct aspace *aspace)
{
    spin_lock(&aspace->table_lock);
    uint64_t frames = pagetable_frames(&aspace->table);
    spin_unlock(&aspace->table_lock);
    return frames;
}

KTEST(map, page_tables_go_with_their_last_page)
{
    struct aspace *aspace = aspace_create();
    uint64_t empty = table_frames(aspace);
    space_map(aspace, SPACE_BASE, 2, SPACE_RW);
    space_map(aspace, SPACE_BASE + ((vaddr_t)1 << 39), 2, SPACE_RW);
    KTEST_EXPECT(table_frames(aspace) == empty); /* on demand (L14) */
    space_store(aspace, SPACE_BASE, 1);
    KTEST_EXPECT(table_frames(aspace) == empty + 3);
    space_store(aspace, page_at(1), 1);
    KTEST_EXPECT(table_frames(aspace) == empty + 3);
    space_store(aspace, SPACE_BASE + ((vaddr_t)1 << 39), 1);
    KTEST_EXPECT(table_frames(aspace) == empty + 6);
    KTEST_EXPECT(unmap(aspace, 0, 1) == 0 && table_frames(aspace) == empty + 6);
    KTEST_EXPECT(unmap(aspace, 1, 1) == 0 && table_frames(aspace) == empty + 3);
    KTEST_EXPECT(aspace_unmap(aspace, SPACE_BASE + ((vaddr_t)1 << 39), 2 * PAGE_SIZE) == 0 &&
                 table_frames(aspace) == empty);
    aspace_put(aspace);
}

KTEST(map, limits_are_kept)
{
    vaddr_t at;
    struct aspace *aspace = aspace_create();
    aspace->aspace_limit = 8 * PAGE_SIZE;
    KTEST_EXPECT(map_request(aspace, 0, 9, false, false, &at) == -ENOMEM &&
                 map_request(aspace, 0, 8, false, false, &at) == 0);
    KTEST_EXPECT(map_request(aspace, 0, 1, false, false, &at) == -ENOMEM && aspace->total_pages == 8);
    aspace->aspace_limit = UINT64_MAX;
    KTEST_EXPECT(map_request(aspace, 0, frames_total() + 1, false, false, &at) ==
                 -ENOMEM); /* it could never be filled */
    struct map_request request = {.length = (frames_total() + 1) << PAGE_SHIFT, .flags = SPACE_RW | AREA_NORESERVE};
    KTEST_EXPECT(aspace_map(aspace, &request, &at) == 0);
    aspace_put(aspace);
}

KTEST(map, without_memory_nothing_changes)
{
    vaddr_t at;
    struct aspace *aspace = aspace_create();
    space_map(aspace, SPACE_BASE, 8, SPACE_RW);
    space_store(aspace, page_at(4), 4);
    slab_fail_every(1);
    KTEST_EXPECT(unmap(aspace, 3, 2) == -ENOMEM && aspace_protect(aspace, page_at(3), PAGE_SIZE, AREA_READ) == -ENOMEM);
    KTEST_EXPECT(map_request(aspace, page_at(3), 1, true, false, &at) == -ENOMEM ||
                 space_load(aspace, page_at(4)) == 4);
    KTEST_EXPECT(map_request(aspace, page_at(100), 1, true, false, &at) == -ENOMEM);
    slab_fail_every(0);
    KTEST_EXPECT(aspace->areas.count == 1 && aspace->total_pages == 8 && space_load(aspace, page_at(4)) == 4);
    vm_check();
    aspace_put(aspace);
}

KTEST(map, populate_brings_everything_in)
{
    vaddr_t at;
    struct fake_object fake;
    struct aspace *aspace = aspace_create();
    fake_object_init(&fake, 8);
    struct map_request request = {.length = 4 * PAGE_SIZE, .flags = SPACE_RW | AREA_NOHUGE, .populate = true};
    KTEST_EXPECT(aspace_map(aspace, &request, &at) == 0 && aspace->resident_anon == 4);
    request.object = &fake.object;
    request.flags = AREA_READ;
    KTEST_EXPECT(aspace_map(aspace, &request, &at) == 0 && aspace->resident_file == 4 && fake.reads >= 4);
    request.populate = false; /* no I/O at the call (L31) */
    request.offset = 4 * PAGE_SIZE;
    unsigned reads = fake.reads;
    KTEST_EXPECT(aspace_map(aspace, &request, &at) == 0 && fake.reads == reads && aspace->resident_file == 4);
    aspace_put(aspace);
    fake_object_end(&fake);
}

/*
 * mremap: smaller, larger, elsewhere; private pages, files, shared and large memory; and every way to be refused.
 */
#include "kernel/abi/errno.h"
#include "kernel/abi/mman.h"
#include "kernel/ktest.h"
#include "kernel/syscall_list.h"
#include "mm/frame.h"
#include "mm/hugetlb.h"
#include "mm/object.h"
#include "mm/slab.h"
#include "tests/kernel/fake_object.h"
#include "tests/kernel/spaces.h"

static vaddr_t page_at(uint64_t page)
{
    return SPACE_BASE + (page << PAGE_SHIFT);
}

/* In pages; the new place is for MREMAP_FIXED. Returns the new page number, or an error. */
static long remap(struct aspace *aspace, uint64_t page, uint64_t old, uint64_t new, uint64_t flags, uint64_t to)
{
    uint64_t arguments[6] = {page_at(page), old << PAGE_SHIFT, new << PAGE_SHIFT, flags, page_at(to)};
    long result = space_call(aspace, sys_mremap, arguments);
    return result < 0 ? result : (long)(((vaddr_t)result - SPACE_BASE) >> PAGE_SHIFT);
}

static void fill(struct aspace *aspace, uint64_t page, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        space_store(aspace, page_at(page + i), i + 1);
}

static bool is_filled(struct aspace *aspace, uint64_t page, uint64_t count)
{
    bool right = true;
    for (uint64_t i = 0; i < count; i++)
        right &= space_load(aspace, page_at(page + i)) == i + 1;
    return right;
}

static bool is_mapped(struct aspace *aspace, uint64_t page)
{
    return space_area(aspace, page_at(page)) != NULL;
}

KTEST(mremap, shrinks_and_grows_in_place)
{
    struct aspace *aspace = aspace_create();
    space_map(aspace, SPACE_BASE, 8, SPACE_RW);
    fill(aspace, 0, 8);
    KTEST_EXPECT(remap(aspace, 0, 8, 4, 0, 0) == 0 && !is_mapped(aspace, 4) && aspace->overlay.count == 4 &&
                 aspace->total_pages == 4);
    KTEST_EXPECT(remap(aspace, 0, 4, 6, 0, 0) == 0 && is_filled(aspace, 0, 4) && space_load(aspace, page_at(5)) == 0);
    KTEST_EXPECT(remap(aspace, 0, 6, 6, 0, 0) == 0);
    space_map(aspace, page_at(8), 1, AREA_READ);
    KTEST_EXPECT(remap(aspace, 0, 6, 9, 0, 0) == -ENOMEM && is_filled(aspace, 0, 4)); /* something is in the way */
    KTEST_EXPECT(remap(aspace, 0, 6, 8, 0, 0) == 0 && aspace->total_pages == 9);
    vm_check();
    aspace_put(aspace);
}

KTEST(mremap, shrinks_over_several_areas_but_moves_only_one)
{
    struct aspace *aspace = aspace_create();
    space_map(aspace, SPACE_BASE, 2, SPACE_RW);
    space_map(aspace, page_at(2), 2, AREA_READ);
    space_map(aspace, page_at(5), 2, SPACE_RW);
    fill(aspace, 0, 2);
    KTEST_EXPECT(remap(aspace, 0, 4, 8, MREMAP_MAYMOVE, 0) == -EFAULT); /* two areas */
    KTEST_EXPECT(remap(aspace, 0, 5, 6, MREMAP_MAYMOVE, 0) == -EFAULT); /* and a hole */
    KTEST_EXPECT(remap(aspace, 4, 1, 2, MREMAP_MAYMOVE, 0) == -EFAULT && remap(aspace, 4, 1, 1, 0, 0) == -EFAULT);
    KTEST_EXPECT(aspace->areas.count == 3 && is_filled(aspace, 0, 2));
    KTEST_EXPECT(remap(aspace, 0, 7, 1, 0, 0) == 0 && aspace->areas.count == 1 && aspace->total_pages == 1 &&
                 is_filled(aspace, 0, 1));
    vm_check();
    aspace_put(aspace);
}

KTEST(mremap, moves_private_pages)
{
    struct aspace *aspace = aspace_create();
    space_map(aspace, SPACE_BASE, 4, SPACE_RW);
    space_map(aspace, page_at(4), 1, AREA_READ);
    space_map(aspace, page_at(20), 8, SPACE_RW);
    fill(aspace, 0, 4);
    fill(aspace, 20, 8);
    long to = remap(aspace, 0, 4, 6, MREMAP_MAYMOVE, 0);
    KTEST_EXPECT(to > 4 && !is_mapped(aspace, 0) && is_filled(aspace, (uint64_t)to, 4) &&
                 space_load(aspace, page_at((uint64_t)to + 5)) == 0);
    KTEST_EXPECT(aspace->overlay.count == 4 + 8);
    vm_check();
    KTEST_EXPECT(remap(aspace, (uint64_t)to, 4, 3, MREMAP_MAYMOVE | MREMAP_FIXED, 22) == 22); /* over what is there */
    KTEST_EXPECT(is_filled(aspace, 22, 3) && space_load(aspace, page_at(21)) == 2 &&
                 space_load(aspace, page_at(25)) == 6);
    KTEST_EXPECT(!is_mapped(aspace, (uint64_t)to) && is_mapped(aspace, (uint64_t)to + 4));
    vm_check();
    aspace_put(aspace);
}

KTEST(mremap, shared_with_a_child_stays_copy_on_write)
{
    struct aspace *aspace = aspace_create();
    space_map(aspace, SPACE_BASE, 4, SPACE_RW);
    fill(aspace, 0, 4);
    struct aspace *child = aspace_fork(aspace);
    KTEST_EXPECT(remap(aspace, 0, 4, 4, MREMAP_MAYMOVE | MREMAP_FIXED, 50) == 50);
    space_store(aspace, page_at(51), 9);
    KTEST_EXPECT(is_filled(child, 0, 4) && space_load(aspace, page_at(51)) == 9);
    vm_check();
    aspace_put(aspace);
    KTEST_EXPECT(is_filled(child, 0, 4));
    aspace_put(child);
}

KTEST(mremap, dontunmap_leaves_the_area_without_its_pages)
{
    const uint64_t flags = MREMAP_MAYMOVE | MREMAP_DONTUNMAP;
    struct fake_object fake;
    struct aspace *aspace = aspace_create();
    fake_object_init(&fake, 8);
    space_map(aspace, SPACE_BASE, 4, SPACE_RW);
    space_map_object(aspace, page_at(10), 4, SPACE_RW, &fake.object, 2);
    fill(aspace, 0, 4);
    space_store(aspace, page_at(11), 70);
    KTEST_EXPECT(remap(aspace, 0, 4, 4, flags | MREMAP_FIXED, 30) == 30 && is_filled(aspace, 30, 4));
    KTEST_EXPECT(is_mapped(aspace, 0) && space_load(aspace, page_at(1)) == 0);
    KTEST_EXPECT(remap(aspace, 10, 4, 4, flags | MREMAP_FIXED, 40) == 40 && space_load(aspace, page_at(41)) == 70);
    KTEST_EXPECT(space_load(aspace, page_at(11)) == 4 && space_load(aspace, page_at(40)) == 3);
    long to = remap(aspace, 30, 2, 2, flags, 60);
    KTEST_EXPECT(to == 60 && is_filled(aspace, 60, 2) && space_load(aspace, page_at(30)) == 0 &&
                 space_load(aspace, page_at(32)) == 3);
    KTEST_EXPECT(remap(aspace, 0, 4, 5, flags, 0) == -EINVAL && remap(aspace, 0, 4, 4, MREMAP_DONTUNMAP, 0) == -EINVAL);
    vm_check();
    aspace_put(aspace);
    fake_object_end(&fake);
}

KTEST(mremap, a_locked_area_that_is_left_is_locked_no_more)
{
    struct aspace *aspace = aspace_create();
    space_map(aspace, SPACE_BASE, 4, SPACE_RW | AREA_LOCKED);
    fill(aspace, 0, 4);
    KTEST_EXPECT(remap(aspace, 0, 4, 4, MREMAP_MAYMOVE | MREMAP_DONTUNMAP | MREMAP_FIXED, 30) == 30);
    KTEST_EXPECT((space_flags(aspace, page_at(30)) & AREA_LOCKED) != 0 &&
                 (space_flags(aspace, SPACE_BASE) & AREA_LOCKED) == 0);
    KTEST_EXPECT(aspace->locked_pages == 4);
    vm_check();
    aspace_put(aspace);
}

KTEST(mremap, shared_memory_moves_and_doubles)
{
    struct aspace *aspace = aspace_create();
    struct object *object = shm_object_create(8 * PAGE_SIZE, true);
    space_map_object(aspace, SPACE_BASE, 4, SPACE_RW | AREA_SHARED, object, 2);
    object_put(object);
    fill(aspace, 0, 4);
    KTEST_EXPECT(remap(aspace, 0, 0, 4, MREMAP_MAYMOVE | MREMAP_FIXED, 10) ==
                 10); /* old length 0: the same memory twice */
    space_store(aspace, page_at(11), 20);
    KTEST_EXPECT(space_load(aspace, page_at(1)) == 20);
    KTEST_EXPECT(remap(aspace, 0, 4, 4, MREMAP_MAYMOVE | MREMAP_FIXED, 30) == 30 &&
                 space_load(aspace, page_at(31)) == 20);
    KTEST_EXPECT(!is_mapped(aspace, 0) && space_area(aspace, page_at(30))->first == 2);
    vm_check();
    space_map(aspace, SPACE_BASE, 1, SPACE_RW);
    KTEST_EXPECT(remap(aspace, 0, 0, 1, MREMAP_MAYMOVE, 0) == -EINVAL); /* private memory has nothing to double */
    aspace_put(aspace);
}

enum { LARGE_PAGES = LARGE_SIZE / PAGE_SIZE };

KTEST(mremap, large_pages_move_whole)
{
    vaddr_t at;
    struct aspace *aspace = aspace_create();
    struct map_request request = {.length = 2 * LARGE_SIZE, .flags = SPACE_RW};
    if (hugetlb_map(aspace, &request, MAP_HUGETLB, &at) == 0) { /* else memory is too fragmented */
        uint64_t to = LARGE_PAGES * 8, page = (at - SPACE_BASE) >> PAGE_SHIFT;
        space_store(aspace, at + 3 * PAGE_SIZE, 3);
        KTEST_EXPECT(remap(aspace, page, LARGE_PAGES, LARGE_PAGES, MREMAP_MAYMOVE | MREMAP_FIXED, to + 1) == -EINVAL);
        KTEST_EXPECT(remap(aspace, page, LARGE_PAGES, 2 * LARGE_PAGES, MREMAP_MAYMOVE, 0) == -EINVAL);
        KTEST_EXPECT(remap(aspace, page, 1, 1, MREMAP_MAYMOVE | MREMAP_FIXED, to) ==
                     (long)to); /* rounded up to all of it */
        KTEST_EXPECT(aspace->large_mappings == 2 && space_load(aspace, page_at(to + 3)) == 3 &&
                     space_area(aspace, at) == NULL);
        vm_check();
    }
    aspace_put(aspace);
}

KTEST(mremap, refuses_bad_arguments)
{
    struct aspace *aspace = aspace_create();
    uint64_t crooked[6] = {SPACE_BASE + 1, PAGE_SIZE, PAGE_SIZE},
             far[6] = {SPACE_BASE, PAGE_SIZE, PAGE_SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, USER_END};
    space_map(aspace, SPACE_BASE, 4, SPACE_RW);
    KTEST_EXPECT(space_call(aspace, sys_mremap, crooked) == -EINVAL && space_call(aspace, sys_mremap, far) == -EINVAL);
    KTEST_EXPECT(remap(aspace, 0, 1, 0, 0, 0) == -EINVAL && remap(aspace, 0, 1, 1, 8, 0) == -EINVAL);
    KTEST_EXPECT(remap(aspace, 0, 1, 1, MREMAP_FIXED, 9) == -EINVAL);
    KTEST_EXPECT(remap(aspace, 0, 4, 4, MREMAP_MAYMOVE | MREMAP_FIXED, 3) == -EINVAL); /* overlap */
    aspace->aspace_limit = 6 * PAGE_SIZE;
    KTEST_EXPECT(remap(aspace, 0, 4, 7, 0, 0) == -ENOMEM && remap(aspace, 0, 4, 6, 0, 0) == 0);
    aspace_put(aspace);
}

KTEST(mremap, without_memory_nothing_has_moved)
{
    struct aspace *aspace = aspace_create();
    space_map(aspace, SPACE_BASE, 16, SPACE_RW);
    fill(aspace, 0, 16);
    for (unsigned every = 1, at = 0; every < 20; every++) {
        frame_fail_every(every);
        slab_fail_every(every);
        long to = remap(aspace, at, 16, 16, MREMAP_MAYMOVE | MREMAP_FIXED, at + 5000);
        frame_fail_every(0);
        slab_fail_every(0);
        KTEST_EXPECT(to == -ENOMEM || to == (long)at + 5000);
        at = to > 0 ? (unsigned)to : at;
        KTEST_EXPECT(is_filled(aspace, at, 16) && aspace->overlay.count == 16 && aspace->total_pages == 16);
        vm_check();
    }
    aspace_put(aspace);
}

/*
 * MAP_HUGETLB: 2 MB and 1 GB pages, private and shared, under fork, or an error with nothing changed; calls for parts of them (tests/user/vm_huge.c has
 * every call).
 */
#include "mm/hugetlb.h"

#include "kernel/abi/errno.h"
#include "kernel/abi/mman.h"
#include "kernel/cpu.h"
#include "kernel/ktest.h"
#include "kernel/syscall_list.h"
#include "mm/frame.h"
#include "mm/object.h"
#include "mm/pagecache.h"
#include "mm/pagetable.h"
#include "mm/standby.h"
#include "mm/translation.h"
#include "tests/kernel/crew.h"
#include "tests/kernel/fake_object.h"
#include "tests/kernel/spaces.h"
#include "tests/kernel/swap_area.h"

enum { PAGES = LARGE_SIZE / PAGE_SIZE, FRAMES_MOST = 1 << 16 /* taking all of a large memory takes too long */ };
#define SIZE_2M ((uint64_t)LARGE_SHIFT << MAP_HUGE_SHIFT)
#define SIZE_1G ((uint64_t)HUGE_SHIFT << MAP_HUGE_SHIFT)

/* Maps `length` bytes in large pages somewhere; 0 or the error. */
static int map_large(struct aspace *aspace, uint64_t length, uint64_t size, struct object *object, vaddr_t *address)
{
    struct map_request request = {.length = length, .flags = SPACE_RW, .object = object};
    if (object != NULL)
        request.flags |= AREA_SHARED;
    return hugetlb_map(aspace, &request, MAP_HUGETLB | size, address);
}

KTEST(hugetlb, private_pages_of_2_mb)
{
    vaddr_t at;
    struct aspace *aspace = aspace_create();
    if (run_is_free(TABLE_BITS + 1)) {
        KTEST_EXPECT(map_large(aspace, LARGE_SIZE + 1, SIZE_2M, NULL, &at) == 0 && is_aligned(at, LARGE_SIZE));
        KTEST_EXPECT(aspace->large_mappings == 2 && aspace->resident_anon == 2 * PAGES);
        space_store(aspace, at + LARGE_SIZE, 5);
        struct aspace *child = aspace_fork(aspace);
        space_store(aspace, at + LARGE_SIZE, 6);
        KTEST_EXPECT(space_load(child, at + LARGE_SIZE) == 5 && space_load(aspace, at + LARGE_SIZE) == 6);
        vm_check();
        aspace_put(child);
        KTEST_EXPECT(aspace_unmap(aspace, at + LARGE_SIZE, PAGE_SIZE) == -EINVAL);
        KTEST_EXPECT(aspace_unmap(aspace, at, LARGE_SIZE + PAGE_SIZE) == -EINVAL && aspace->total_pages == 2 * PAGES);
        KTEST_EXPECT(aspace_unmap(aspace, at, LARGE_SIZE) == 0 && space_load(aspace, at + LARGE_SIZE) == 6);
    }
    vm_check();
    aspace_put(aspace);
}

KTEST(hugetlb, shared_pages_of_2_mb)
{
    vaddr_t at;
    struct aspace *aspace = aspace_create();
    struct object *object = shm_object_create(LARGE_SIZE, true);
    if (run_is_free(TABLE_BITS)) {
        KTEST_EXPECT(map_large(aspace, LARGE_SIZE, SIZE_2M, object, &at) == 0);
        KTEST_EXPECT(aspace->large_mappings == 1 && aspace->resident_shm == PAGES);
        struct aspace *child = aspace_fork(aspace);
        space_store(aspace, at + 7 * PAGE_SIZE, 1);
        space_store(child, at + 8 * PAGE_SIZE, 2);
        KTEST_EXPECT(space_load(child, at + 7 * PAGE_SIZE) == 1 && space_load(aspace, at + 8 * PAGE_SIZE) == 2);
        KTEST_EXPECT(aspace->large_mappings == 1 && child->large_mappings == 1 && child->resident_shm == PAGES);
        vm_check();
        aspace_put(child);
        KTEST_EXPECT(aspace_protect(aspace, at, PAGE_SIZE, AREA_READ) == -EINVAL && aspace->large_mappings == 1);
        KTEST_EXPECT(aspace_protect(aspace, at, LARGE_SIZE, AREA_READ) == 0 && aspace->large_mappings == 1);
        KTEST_EXPECT(space_load(aspace, at + 8 * PAGE_SIZE) == 2);
    }
    vm_check();
    aspace_put(aspace);
    object_put(object);
}

KTEST(hugetlb, a_fault_maps_the_large_page_that_there_is)
{
    vaddr_t at;
    struct aspace *aspace = aspace_create();
    struct object *object = shm_object_create(LARGE_SIZE, true);
    if (run_is_free(TABLE_BITS) && map_large(aspace, LARGE_SIZE, SIZE_2M, object, &at) == 0) {
        space_store(aspace, at + 9 * PAGE_SIZE, 9);
        translation_remove_range(aspace, at, at + LARGE_SIZE);
        KTEST_EXPECT(aspace->large_mappings == 0 && aspace->resident_shm == 0);
        KTEST_EXPECT(space_load(aspace, at + 9 * PAGE_SIZE) == 9 && aspace->large_mappings == 1);
        vm_check();
        uint64_t part[6] = {at + 8 * PAGE_SIZE, 2 * PAGE_SIZE, MADV_REMOVE}, whole[6] = {at, LARGE_SIZE, MADV_REMOVE};
        space_store(aspace, at + 10 * PAGE_SIZE, 10);
        KTEST_EXPECT(space_call(aspace, sys_madvise, part) == 0 && aspace->large_mappings == 1);
        KTEST_EXPECT(space_load(aspace, at + 9 * PAGE_SIZE) == 0 && space_load(aspace, at + 10 * PAGE_SIZE) == 10);
        KTEST_EXPECT(space_call(aspace, sys_madvise, whole) == 0 && aspace->resident_shm == 0);
        KTEST_EXPECT(space_load(aspace, at + 10 * PAGE_SIZE) == 0 && aspace->large_mappings == 1);
    }
    vm_check();
    aspace_put(aspace);
    object_put(object);
}

/* madvise(MADV_DONTNEED); expects success. */
static void give_up(struct aspace *aspace, vaddr_t at, uint64_t length)
{
    uint64_t arguments[6] = {at, length, MADV_DONTNEED};
    KTEST_EXPECT(space_call(aspace, sys_madvise, arguments) == 0);
}

KTEST(hugetlb, what_was_given_up_comes_back_large)
{
    vaddr_t at;
    struct aspace *aspace = aspace_create();
    if (run_is_free(TABLE_BITS + 1) && map_large(aspace, 2 * LARGE_SIZE, SIZE_2M, NULL, &at) == 0) {
        space_store(aspace, at + PAGE_SIZE, 1);
        give_up(aspace, at, 2 * LARGE_SIZE);
        KTEST_EXPECT(aspace->large_mappings == 0 && aspace->resident_anon == 0 && aspace->overlay.count == 0);
        KTEST_EXPECT(space_load(aspace, at + PAGE_SIZE) == 0 && aspace->large_mappings == 1);
        space_store(aspace, at + LARGE_SIZE + PAGE_SIZE, 2);
        KTEST_EXPECT(aspace->large_mappings == 2 && aspace->resident_anon == 2 * PAGES);
        vm_check();
    }
    aspace_put(aspace);
}

KTEST(hugetlb, what_cannot_come_back_large_is_a_bus_error)
{
    vaddr_t at;
    struct aspace *aspace = aspace_create();
    if (run_is_free(TABLE_BITS) && map_large(aspace, LARGE_SIZE, SIZE_2M, NULL, &at) == 0) {
        give_up(aspace, at, LARGE_SIZE);
        frame_fail_every(1);
        enum fault_result load = fault_resolve(aspace, at, FAULT_READ), store = fault_resolve(aspace, at, FAULT_WRITE);
        frame_fail_every(0);
        KTEST_EXPECT(load == FAULT_BUS_ADRERR && store == FAULT_BUS_ADRERR);
        KTEST_EXPECT(aspace->resident_anon == 0 && aspace->overlay.count == 0);
        KTEST_EXPECT(fault_resolve(aspace, at, FAULT_WRITE) == FAULT_RESOLVED && aspace->large_mappings == 1);
        vm_check();
    }
    aspace_put(aspace);
}

/* All free frames but a few, in a list by their struct page. */
static void frames_take(struct list *taken, uint64_t left)
{
    struct page *page;
    while (frames_free() > left && (page = frame_alloc(FRAME_NOWAIT)) != NULL)
        list_push_back(taken, &page->link);
}

/* A run of frames that are only on standby is a large page like any other. */
KTEST(hugetlb, frames_on_standby_are_as_good_as_free)
{
    enum { LEFT = 4 * PAGES };
    vaddr_t at;
    struct fake_object fake;
    struct list taken = LIST_INIT(taken), *link;
    struct aspace *aspace = aspace_create();
    standby_empty();
    frames_drain();
    if (frames_total() <= FRAMES_MOST) {
        frames_take(&taken, LEFT);
        fake_object_init(&fake, LEFT);
        for (uint64_t i = 0; i < LEFT - PAGES; i++) {
            struct page *page;
            KTEST_EXPECT(page_get(&fake.object, i, PAGE_GET_FRESH, &page, NULL) == 0);
            standby_offer(page);
        }
        int error = map_large(aspace, LARGE_SIZE, SIZE_2M, NULL, &at);
        KTEST_EXPECT(error == 0 || (error == -ENOMEM && standby_pages() == 0)); /* the frames may not lie in one run */
        KTEST_EXPECT(error != 0 || aspace->large_mappings == 1);
        fake_object_end(&fake);
    }
    while ((link = list_pop_front(&taken)) != NULL)
        frame_free(list_entry(link, struct page, link));
    vm_check();
    aspace_put(aspace);
}

KTEST(hugetlb, a_private_child_reads_2_mb_until_one_writes)
{
    vaddr_t at;
    struct aspace *aspace = aspace_create();
    if (run_is_free(TABLE_BITS) && map_large(aspace, LARGE_SIZE, SIZE_2M, NULL, &at) == 0) {
        space_store(aspace, at + PAGE_SIZE, 1);
        struct aspace *child = aspace_fork(aspace);
        KTEST_EXPECT(child->large_mappings == 1 && space_load(child, at + PAGE_SIZE) == 1 &&
                     child->large_mappings == 1);
        vm_check();
        space_store(child, at + PAGE_SIZE, 2);
        KTEST_EXPECT(child->large_mappings == 0 && aspace->large_mappings == 1 &&
                     space_load(aspace, at + PAGE_SIZE) == 1);
        vm_check();
        aspace_put(child);
        space_store(aspace, at + PAGE_SIZE, 3);
        KTEST_EXPECT(aspace->large_mappings == 1);
    }
    vm_check();
    aspace_put(aspace);
}

KTEST(hugetlb, pages_of_1_gb_or_no_memory)
{
    vaddr_t at;
    struct aspace *aspace = aspace_create();
    bool possible = cpu_features.page_1g && run_is_free(2 * TABLE_BITS);
    int error = map_large(aspace, 1, SIZE_1G, NULL, &at);
    KTEST_EXPECT(error == (possible ? 0 : -ENOMEM));
    KTEST_EXPECT(cpu_features.page_1g || error == -ENOMEM);
    if (error == 0) {
        KTEST_EXPECT(is_aligned(at, level_size(LEVEL_1G)) && aspace->large_mappings == 1);
        space_store(aspace, at + (900 << 20), 3);
        struct aspace *child = aspace_fork(aspace);
        KTEST_EXPECT(child->large_mappings == 1 && space_load(child, at + (900 << 20)) == 3);
        vm_check();
        space_store(child, at + (900 << 20), 4);
        KTEST_EXPECT(child->large_mappings == 511 && aspace->large_mappings == 1);
        KTEST_EXPECT(space_load(child, at + (900 << 20)) == 4 && space_load(aspace, at + (900 << 20)) == 3);
        vm_check();
        aspace_put(child);
        KTEST_EXPECT(aspace_unmap(aspace, at + LARGE_SIZE, LARGE_SIZE) == -EINVAL && aspace->large_mappings == 1);
        give_up(aspace, at, level_size(LEVEL_1G));
        KTEST_EXPECT(space_load(aspace, at + (900 << 20)) == 0 && aspace->large_mappings == 1);
    } else {
        KTEST_EXPECT(aspace->total_pages == 0 && aspace->overlay.count == 0);
    }
    aspace_put(aspace);
}

KTEST(hugetlb, refuses_unknown_sizes_and_too_much)
{
    vaddr_t at;
    struct aspace *aspace = aspace_create();
    KTEST_EXPECT(map_large(aspace, LARGE_SIZE, (uint64_t)13 << MAP_HUGE_SHIFT, NULL, &at) == -EINVAL);
    KTEST_EXPECT(map_large(aspace, frames_total() << PAGE_SHIFT, SIZE_2M, NULL, &at) == -ENOMEM);
    KTEST_EXPECT(aspace->total_pages == 0);
    for (unsigned every = 1; every < 2000; every = every * 3 + 1) {
        frame_fail_every(every);
        int error = map_large(aspace, 2 * LARGE_SIZE, SIZE_2M, NULL, &at);
        frame_fail_every(0);
        KTEST_EXPECT(error == 0 || error == -ENOMEM);
        KTEST_EXPECT(error != 0 || aspace_unmap(aspace, at, 2 * LARGE_SIZE) == 0);
        KTEST_EXPECT(aspace->total_pages == 0 && aspace->overlay.count == 0);
        vm_check();
    }
    aspace_put(aspace);
}

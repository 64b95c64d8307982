/*
 * madvise: pages given up now (DONTNEED), later (FREE), sent out (PAGEOUT), holes in shared memory (REMOVE), and advice that is noted in the areas.
 */
#include "kernel/abi/errno.h"
#include "kernel/abi/mman.h"
#include "kernel/ktest.h"
#include "kernel/syscall_list.h"
#include "mm/anon.h"
#include "mm/busy.h"
#include "mm/lazyfree.h"
#include "mm/object.h"
#include "mm/pagetable.h"
#include "mm/stats.h"
#include "mm/swap.h"
#include "mm/usercopy.h"
#include "tests/kernel/fake_object.h"
#include "tests/kernel/spaces.h"
#include "tests/kernel/swap_area.h"

enum { PAGES = 16 };

static vaddr_t page_at(uint64_t page)
{
    return SPACE_BASE + (page << PAGE_SHIFT);
}

static long advise(struct aspace *aspace, uint64_t page, uint64_t pages, int advice)
{
    uint64_t arguments[6] = {page_at(page), pages << PAGE_SHIFT, (uint64_t)advice};
    return space_call(aspace, sys_madvise, arguments);
}

KTEST(madvise, dontneed_gives_zeros_or_the_files_page)
{
    struct fake_object fake;
    struct aspace *aspace = space_filled(PAGES, 100);
    fake_object_init(&fake, 4);
    space_map_object(aspace, page_at(20), 4, SPACE_RW, &fake.object, 0);
    space_store(aspace, page_at(21), 77);
    KTEST_EXPECT(advise(aspace, 2, 3, MADV_DONTNEED) == 0 && aspace->overlay.count == PAGES - 3 + 1);
    KTEST_EXPECT(space_load(aspace, page_at(1)) == 101 && space_load(aspace, page_at(2)) == 0 &&
                 space_load(aspace, page_at(5)) == 105);
    KTEST_EXPECT(advise(aspace, 20, 4, MADV_DONTNEED) == 0 && space_load(aspace, page_at(21)) == 2);
    vm_check();
    aspace_put(aspace);
    fake_object_end(&fake);
}

KTEST(madvise, free_keeps_what_is_there_until_it_is_wanted)
{
    struct aspace *aspace = space_filled(PAGES, 100);
    uint64_t given = stat_get(STAT_LAZY_FREE), taken = stat_get(STAT_LAZY_FREED), anons = anons_count();
    KTEST_EXPECT(advise(aspace, 0, 8, MADV_FREE) == 0 && stat_get(STAT_LAZY_FREE) == given + 8);
    KTEST_EXPECT(!page_has(space_anon(aspace, 1)->page, PAGE_DIRTY) &&
                 page_has(space_anon(aspace, 8)->page, PAGE_DIRTY));
    vm_check();
    KTEST_EXPECT(space_load(aspace, page_at(1)) == 101 && space_resident(aspace) == PAGES);
    space_store(aspace, page_at(2) + 8, 5); /* wanted again: kept, all of it */
    KTEST_EXPECT(page_has(space_anon(aspace, 2)->page, PAGE_DIRTY) &&
                 !page_has(space_anon(aspace, 2)->page, PAGE_GIVEN_UP));
    KTEST_EXPECT(space_evict_page(aspace, page_at(1)) && stat_get(STAT_LAZY_FREED) == taken + 1); /* without any swap */
    KTEST_EXPECT(lazyfree_anons() == 1 && anons_count() == anons);
    vm_check();
    uint64_t major = aspace->faults_major;
    KTEST_EXPECT(space_load(aspace, page_at(1)) == 0 && space_load(aspace, page_at(1) + 8) == 0);
    KTEST_EXPECT(aspace->faults_major == major && lazyfree_anons() == 0);
    KTEST_EXPECT(space_load(aspace, page_at(2)) == 102 && space_load(aspace, page_at(2) + 8) == 5);
    (void)space_evict_page(aspace, page_at(3));
    vm_check();
    aspace_put(aspace); /* with one page that is neither in memory nor anywhere else */
    KTEST_EXPECT(lazyfree_anons() == 0);
    vm_check();
}

KTEST(madvise, free_leaves_shared_and_pinned_pages)
{
    struct page *pinned;
    struct aspace *aspace = space_filled(PAGES, 100), *child = aspace_fork(aspace);
    KTEST_EXPECT(advise(aspace, 0, 4, MADV_FREE) == 0 && !page_has(space_anon(aspace, 1)->page, PAGE_GIVEN_UP));
    aspace_put(child);
    KTEST_EXPECT(user_pin(aspace, page_at(1), true, &pinned) == 0);
    KTEST_EXPECT(advise(aspace, 0, 4, MADV_FREE) == 0);
    KTEST_EXPECT(!page_has(pinned, PAGE_GIVEN_UP) && page_has(space_anon(aspace, 2)->page, PAGE_GIVEN_UP));
    *(uint64_t *)page_address(pinned) = 9; /* a read() into it that goes on */
    user_unpin(pinned, true);
    KTEST_EXPECT(space_load(aspace, page_at(1)) == 9);
    child = aspace_fork(aspace);
    KTEST_EXPECT(space_evict_page(aspace, page_at(2)));
    vm_check();
    space_store(child, page_at(2), 4);
    KTEST_EXPECT(space_load(aspace, page_at(2)) == 0 && space_load(child, page_at(2)) == 4);
    vm_check();
    aspace_put(aspace);
    aspace_put(child);
    vm_check();
}

KTEST(madvise, free_of_large_and_of_swapped_pages)
{
    struct aspace *aspace = aspace_create();
    uint64_t pages = LARGE_SIZE / PAGE_SIZE;
    space_map(aspace, SPACE_BASE, pages, SPACE_RW | AREA_HUGE);
    for (uint64_t i = 0; i < pages; i += 3)
        space_store(aspace, page_at(i), i + 1);
    KTEST_EXPECT(advise(aspace, 0, pages, MADV_FREE) == 0);
    vm_check();
    space_store(aspace, page_at(3), 7);
    (void)space_evict_page(aspace, page_at(6));
    KTEST_EXPECT(space_load(aspace, page_at(3)) == 7 && space_load(aspace, page_at(6)) == 0 &&
                 space_load(aspace, page_at(9)) == 10);
    aspace_put(aspace);
    swap_begin();
    aspace = space_filled(PAGES, 100);
    KTEST_EXPECT(space_evict_page(aspace, page_at(1)) && swap_used() == 1);
    KTEST_EXPECT(advise(aspace, 0, 4, MADV_FREE) == 0 && swap_used() == 0 && space_anon(aspace, 1) == NULL);
    KTEST_EXPECT(space_load(aspace, page_at(1)) == 0 && space_load(aspace, page_at(2)) == 102);
    vm_check();
    aspace_put(aspace);
    swap_finish();
}

KTEST(madvise, pageout_sends_to_swap)
{
    struct aspace *aspace = space_filled(PAGES, 100);
    KTEST_EXPECT(advise(aspace, 0, 4, MADV_PAGEOUT) == 0 && space_resident(aspace) == PAGES); /* there is no swap */
    swap_begin();
    uint64_t written = stat_get(STAT_PSWPOUT);
    KTEST_EXPECT(advise(aspace, 0, 4, MADV_PAGEOUT) == 0);
    KTEST_EXPECT(stat_get(STAT_PSWPOUT) == written + 4 && space_resident(aspace) == PAGES - 4);
    for (uint64_t i = 0; i < PAGES; i++)
        KTEST_EXPECT(space_load(aspace, page_at(i)) == 100 + i);
    vm_check();
    aspace_put(aspace);
    swap_finish();
}

static bool is_accessed(struct aspace *aspace, uint64_t page)
{
    struct walk walk;
    spin_lock(&aspace->table_lock);
    bool accessed = pagetable_walk(&aspace->table, page_at(page), &walk) && (walk.value & PTE_A) != 0;
    spin_unlock(&aspace->table_lock);
    return accessed;
}

KTEST(madvise, cold_pages_look_unused)
{
    struct aspace *aspace = space_filled(PAGES, 100);
    KTEST_EXPECT(is_accessed(aspace, 1) && advise(aspace, 1, 2, MADV_COLD) == 0);
    KTEST_EXPECT(is_accessed(aspace, 0) && !is_accessed(aspace, 1) && !is_accessed(aspace, 2) &&
                 is_accessed(aspace, 3));
    KTEST_EXPECT(space_load(aspace, page_at(1)) == 101 && is_accessed(aspace, 1));
    aspace_put(aspace);
}

KTEST(madvise, willneed_reads_and_remove_makes_holes)
{
    struct fake_object fake;
    struct aspace *aspace = space_filled(PAGES, 100);
    struct object *object = shm_object_create(4 * PAGE_SIZE, true);
    fake_object_init(&fake, 8);
    space_map_object(aspace, page_at(20), 8, AREA_READ, &fake.object, 0);
    space_map_object(aspace, page_at(40), 4, SPACE_RW | AREA_SHARED, object, 0);
    object_put(object);
    KTEST_EXPECT(advise(aspace, 22, 3, MADV_WILLNEED) == 0 && fake.reads == 3 && space_resident(aspace) == PAGES);
    space_store(aspace, page_at(41), 1);
    space_store(aspace, page_at(42), 2);
    KTEST_EXPECT(advise(aspace, 41, 1, MADV_REMOVE) == 0 && space_load(aspace, page_at(41)) == 0 &&
                 space_load(aspace, page_at(42)) == 2);
    KTEST_EXPECT(advise(aspace, 0, 1, MADV_REMOVE) == -EINVAL);
    vm_check();
    aspace_put(aspace);
    fake_object_end(&fake);
}

KTEST(madvise, advice_splits_areas_and_merges_them)
{
    struct aspace *aspace = aspace_create();
    space_map(aspace, SPACE_BASE, PAGES, SPACE_RW);
    KTEST_EXPECT(advise(aspace, 4, 4, MADV_SEQUENTIAL) == 0 && aspace->areas.count == 3);
    KTEST_EXPECT(space_flags(aspace, page_at(4)) == (SPACE_RW | AREA_SEQUENTIAL) &&
                 space_flags(aspace, page_at(8)) == SPACE_RW);
    KTEST_EXPECT(advise(aspace, 4, 4, MADV_RANDOM) == 0 && space_flags(aspace, page_at(5)) == (SPACE_RW | AREA_RANDOM));
    KTEST_EXPECT(advise(aspace, 0, PAGES, MADV_NORMAL) == 0 && aspace->areas.count == 1);
    KTEST_EXPECT(advise(aspace, 0, 2, MADV_DONTFORK) == 0 && (space_flags(aspace, page_at(1)) & AREA_DONTFORK) != 0);
    KTEST_EXPECT(advise(aspace, 0, 2, MADV_DOFORK) == 0 && aspace->areas.count == 1);
    KTEST_EXPECT(advise(aspace, 0, PAGES, MADV_HUGEPAGE) == 0 &&
                 space_flags(aspace, SPACE_BASE) == (SPACE_RW | AREA_HUGE));
    KTEST_EXPECT(advise(aspace, 0, PAGES, MADV_NOHUGEPAGE) == 0 &&
                 space_flags(aspace, SPACE_BASE) == (SPACE_RW | AREA_NOHUGE));
    vm_check();
    aspace_put(aspace);
}

KTEST(madvise, errors)
{
    struct aspace *aspace = aspace_create();
    uint64_t crooked[6] = {SPACE_BASE + 1, PAGE_SIZE, MADV_NORMAL},
             wrap[6] = {SPACE_BASE, UINT64_MAX - PAGE_SIZE, MADV_NORMAL};
    space_map(aspace, SPACE_BASE, 4, SPACE_RW);
    space_map(aspace, page_at(6), 2, SPACE_RW | AREA_LOCKED);
    KTEST_EXPECT(space_call(aspace, sys_madvise, crooked) == -EINVAL &&
                 space_call(aspace, sys_madvise, wrap) == -EINVAL);
    KTEST_EXPECT(advise(aspace, 0, 1, 77) == -EINVAL && advise(aspace, 0, 0, MADV_FREE) == 0);
    KTEST_EXPECT(advise(aspace, 2, 4, MADV_RANDOM) == -ENOMEM &&
                 space_flags(aspace, page_at(3)) == (SPACE_RW | AREA_RANDOM));
    KTEST_EXPECT(advise(aspace, 6, 1, MADV_DONTNEED) == -EINVAL && advise(aspace, 6, 1, MADV_FREE) == -EINVAL);
    KTEST_EXPECT(advise(aspace, 6, 1, MADV_PAGEOUT) == -EINVAL && advise(aspace, 6, 1, MADV_COLD) == -EINVAL);
    vm_check();
    aspace_put(aspace);
}

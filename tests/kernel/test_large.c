/*
 * Large mappings: where they fit, made all at once or not at all, found again whole, entered only where nothing is. (Splitting is translation's, gathering
 * collapse's.)
 */
#include "mm/large.h"

#include "kernel/abi/errno.h"
#include "kernel/ktest.h"
#include "mm/anon.h"
#include "mm/busy.h"
#include "mm/frame.h"
#include "mm/pagecache.h"
#include "mm/rmap.h"
#include "mm/slab.h"
#include "mm/translation.h"
#include "tests/kernel/crew.h"
#include "tests/kernel/spaces.h"

enum { PAGES = LARGE_SIZE / PAGE_SIZE };

KTEST(large, fits_whole_private_zero_fill_memory_only)
{
    const vaddr_t base = SPACE_BASE;
    struct area area = {.start = base, .end = base + LARGE_SIZE, .flags = SPACE_RW};
    KTEST_EXPECT(large_fits(&area, base) && !large_fits(&area, base + LARGE_SIZE) &&
                 !large_fits(&area, base - LARGE_SIZE));
    area.end -= PAGE_SIZE;
    KTEST_EXPECT(!large_fits(&area, base));
    area.end += 2 * PAGE_SIZE;
    area.start -= PAGE_SIZE;
    KTEST_EXPECT(large_fits(&area, base));
    static const uint32_t unfit[] = {AREA_NOHUGE, AREA_GROWSDOWN, AREA_STACK, AREA_SHARED};
    for (unsigned i = 0; i < ARRAY_LENGTH(unfit); i++) {
        area.flags = SPACE_RW | unfit[i];
        KTEST_EXPECT(!large_fits(&area, base));
    }
    area.flags = AREA_MAY_WRITE; /* PROT_NONE */
    KTEST_EXPECT(!large_fits(&area, base));
    struct object object;
    area.flags = SPACE_RW;
    area.object = &object;
    KTEST_EXPECT(!large_fits(&area, base));
    area.flags |= AREA_HUGE;
    KTEST_EXPECT(large_is_affordable(&area)); /* it was asked for */
}

KTEST(large, a_first_touch_makes_all_or_nothing)
{
    struct aspace *aspace = aspace_create();
    space_map(aspace, SPACE_BASE, PAGES, SPACE_RW | AREA_HUGE);
    mutex_lock(&aspace->lock);
    const struct area *area = space_area(aspace, SPACE_BASE);
    frame_fail_every(1);
    bool made = large_fault(aspace, area, SPACE_BASE + 5 * PAGE_SIZE);
    frame_fail_every(0);
    KTEST_EXPECT(!made && aspace->overlay.count == 0 && aspace->large_mappings == 0 && aspace->resident_anon == 0);
    if (run_is_free(TABLE_BITS)) {
        KTEST_EXPECT(large_fault(aspace, area, SPACE_BASE + 5 * PAGE_SIZE));
        KTEST_EXPECT(aspace->overlay.count == PAGES && aspace->large_mappings == 1 && aspace->resident_anon == PAGES);
        const struct anon *first = radix_find(&aspace->overlay, SPACE_BASE >> PAGE_SHIFT);
        for (uint64_t i = 0; i < PAGES; i++) {
            const struct anon *anon = radix_find(&aspace->overlay, (SPACE_BASE >> PAGE_SHIFT) + i);
            KTEST_EXPECT(anon->page == first->page + i && !page_has(anon->page, PAGE_BUSY));
            KTEST_EXPECT(rmap_has(anon->page, aspace, SPACE_BASE + (i << PAGE_SHIFT)));
        }
        KTEST_EXPECT(!large_fault(aspace, area, SPACE_BASE + 5 * PAGE_SIZE)); /* it has been touched */
    }
    mutex_unlock(&aspace->lock);
    vm_check();
    aspace_put(aspace);
}

KTEST(large, without_memory_for_the_names_the_run_goes_back)
{
    struct aspace *aspace = aspace_create();
    space_map(aspace, SPACE_BASE, PAGES, SPACE_RW | AREA_HUGE);
    mutex_lock(&aspace->lock);
    const struct area *area = space_area(aspace, SPACE_BASE);
    uint64_t anons = anons_count();
    for (unsigned every = 1; every < PAGES; every = 3 * every + 1) {
        slab_fail_every(every);
        bool made = large_fault(aspace, area, SPACE_BASE);
        slab_fail_every(0);
        KTEST_EXPECT(!made && aspace->overlay.count == 0 && aspace->large_mappings == 0 && anons_count() == anons);
    }
    mutex_unlock(&aspace->lock);
    vm_check();
    aspace_put(aspace);
}

KTEST(large, is_entered_only_where_nothing_is)
{
    struct aspace *aspace = aspace_create();
    space_map(aspace, SPACE_BASE, 2 * PAGES, SPACE_RW | AREA_NOHUGE);
    space_store(aspace, SPACE_BASE + 9 * PAGE_SIZE, 9);
    struct page *pages = run_is_free(TABLE_BITS) ? frame_alloc_run(TABLE_BITS, 0) : NULL;
    if (pages != NULL) {
        mutex_lock(&aspace->lock);
        KTEST_EXPECT(large_enter(aspace, SPACE_BASE, pages, LEVEL_2M, PTE_US) == -EEXIST);
        for (uint64_t i = 0; i < PAGES; i++)
            KTEST_EXPECT(rmap_is_empty(&pages[i]));
        KTEST_EXPECT(aspace->large_mappings == 0 && aspace->resident_anon == 1);
        mutex_unlock(&aspace->lock);
        frame_free_run(pages, TABLE_BITS);
    }
    KTEST_EXPECT(space_load(aspace, SPACE_BASE + 9 * PAGE_SIZE) == 9);
    aspace_put(aspace);
}

KTEST(large, memory_of_huge_pages_is_installed_and_joined_by_one_leaf)
{
    struct aspace *aspace = aspace_create();
    space_map(aspace, SPACE_BASE, PAGES, SPACE_RW | AREA_HUGETLB_2M);
    if (run_is_free(TABLE_BITS)) {
        mutex_lock(&aspace->lock);
        const struct area *area = space_area(aspace, SPACE_BASE);
        KTEST_EXPECT(large_install_around(aspace, area, SPACE_BASE + 77) == 0 && aspace->large_mappings == 1);
        KTEST_EXPECT(large_install_around(aspace, area, SPACE_BASE + 77) == -EEXIST);
        translation_remove_range(aspace, SPACE_BASE, SPACE_BASE + LARGE_SIZE);
        KTEST_EXPECT(aspace->large_mappings == 0 && large_join(aspace, area, SPACE_BASE + 99, true));
        KTEST_EXPECT(aspace->large_mappings == 1 && aspace->resident_anon == PAGES);
        translation_remove_range(aspace, SPACE_BASE, SPACE_BASE + LARGE_SIZE);
        const struct anon *anon = radix_find(&aspace->overlay, (SPACE_BASE >> PAGE_SHIFT) + 3);
        page_busy_wait(anon->page);
        KTEST_EXPECT(!large_join(aspace, area, SPACE_BASE + 99, true)); /* one page is in somebody's hands */
        for (uint64_t i = 0; i < PAGES; i++)
            KTEST_EXPECT(rmap_is_empty(anon->page - 3 + i));
        page_put(anon->page);
        large_join_all(aspace, area);
        KTEST_EXPECT(aspace->large_mappings == 1);
        mutex_unlock(&aspace->lock);
    }
    vm_check();
    aspace_put(aspace);
}

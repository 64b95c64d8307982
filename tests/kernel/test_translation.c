/*
 * Translations: page table, reverse map and counts change together (I2, I3), page by page, in runs of a file's pages and over ranges; accessed and dirty
 * bits come and go as the CPU's would; large leaves split where a range cuts them.
 */
#include "mm/translation.h"

#include "kernel/ktest.h"
#include "mm/anon.h"
#include "mm/aspace.h"
#include "mm/busy.h"
#include "mm/frame.h"
#include "mm/pagecache.h"
#include "mm/stats.h"
#include "tests/kernel/fake_object.h"
#include "tests/kernel/spaces.h"

enum { PAGES = 8 };

static vaddr_t page_at(uint64_t page)
{
    return SPACE_BASE + (page << PAGE_SHIFT);
}

/* The leaf of a page, 0 if it has none. */
static pte_t leaf_of(struct aspace *aspace, vaddr_t address)
{
    struct walk walk;
    return pagetable_walk(&aspace->table, address, &walk) ? walk.value : 0;
}

static struct page *page_of(struct aspace *aspace, vaddr_t address)
{
    const struct anon *anon = radix_find(&aspace->overlay, address >> PAGE_SHIFT);
    return anon != NULL ? anon->page : NULL;
}

KTEST(translation, bits_follow_from_the_area)
{
    KTEST_EXPECT(translation_bits(AREA_READ, false) == (PTE_US | PTE_A | PTE_XD));
    KTEST_EXPECT(translation_bits(SPACE_RW, true) == (PTE_US | PTE_A | PTE_XD | PTE_RW | PTE_D));
    KTEST_EXPECT(translation_bits(AREA_READ | AREA_EXEC, false) == (PTE_US | PTE_A));
    KTEST_EXPECT((translation_bits(AREA_READ | AREA_LOCKED, false) & PTE_LOCKED) != 0);
    KTEST_EXPECT((translation_bits(AREA_READ | AREA_HUGETLB_2M, false) & PTE_LOCKED) != 0);
}

KTEST(translation, entering_is_known_to_table_reverse_map_and_count)
{
    struct aspace *aspace = aspace_create();
    struct anon *one = anon_create(FRAME_ZERO), *two = anon_create(FRAME_ZERO);
    pte_t readable = translation_bits(AREA_READ, false), writable = translation_bits(SPACE_RW, true);
    KTEST_EXPECT(translation_enter(aspace, page_at(3), one->page, readable) == 0 && aspace->resident_anon == 1);
    KTEST_EXPECT(leaf_of(aspace, page_at(3)) == (page_physical(one->page) | readable | PTE_P));
    KTEST_EXPECT(rmap_has(one->page, aspace, page_at(3)) && rmap_count(one->page) == 1);
    KTEST_EXPECT(translation_enter(aspace, page_at(3), one->page, writable) ==
                 0); /* the same page again: more rights */
    KTEST_EXPECT(aspace->resident_anon == 1 && (leaf_of(aspace, page_at(3)) & PTE_RW) != 0);
    KTEST_EXPECT(translation_enter(aspace, page_at(3), two->page, readable) == 0); /* another one takes its place */
    KTEST_EXPECT(aspace->resident_anon == 1 && rmap_is_empty(one->page) && rmap_has(two->page, aspace, page_at(3)));
    KTEST_EXPECT((leaf_of(aspace, page_at(3)) & (PTE_RW | PTE_ADDRESS)) == page_physical(two->page));
    KTEST_EXPECT(translation_enter(aspace, page_at(4), zero_page, readable) == 0 && aspace->resident_anon == 1);
    translation_remove_range(aspace, page_at(0), page_at(PAGES));
    KTEST_EXPECT(aspace->resident_anon == 0 && rmap_is_empty(two->page) && aspace->table.tables == 1);
    page_put(one->page);
    page_put(two->page);
    anon_put(one);
    anon_put(two);
    aspace_put(aspace);
}

KTEST(translation, a_run_enters_the_pages_it_was_given)
{
    struct fake_object fake;
    struct translation_run run;
    struct page *pages[PAGES];
    struct aspace *aspace = aspace_create();
    pte_t bits = translation_bits(AREA_READ, false);
    fake_object_init(&fake, PAGES);
    space_map_object(aspace, SPACE_BASE, PAGES, AREA_READ, &fake.object, 0);
    mutex_lock(&aspace->lock);
    for (unsigned i = 0; i < PAGES; i++) {
        KTEST_EXPECT(page_get(&fake.object, i, 0, &pages[i], NULL) == 0);
        page_put(pages[i]);
    }
    spin_lock(&aspace->table_lock);
    KTEST_EXPECT(translation_run_begin(&run, aspace, SPACE_BASE, PAGES));
    translation_run_end(&run); /* nothing was entered: the tables made for it are gone */
    KTEST_EXPECT(aspace->table.tables == 1 && aspace->resident_file == 0);
    KTEST_EXPECT(translation_run_begin(&run, aspace, SPACE_BASE, PAGES));
    for (unsigned i = 0; i < PAGES; i += 2) {
        spin_lock(&pages[i]->lock);
        KTEST_EXPECT(translation_run_add(&run, i, pages[i], bits));
        spin_unlock(&pages[i]->lock);
    }
    translation_run_end(&run);
    pagetable_check(&aspace->table);
    spin_unlock(&aspace->table_lock);
    mutex_unlock(&aspace->lock);
    KTEST_EXPECT(aspace->resident_file == PAGES / 2);
    for (unsigned i = 0; i < PAGES; i++) {
        KTEST_EXPECT(rmap_has(pages[i], aspace, page_at(i)) == (i % 2 == 0));
        KTEST_EXPECT((leaf_of(aspace, page_at(i)) != 0) == (i % 2 == 0));
    }
    vm_check();
    aspace_put(aspace);
    fake_object_end(&fake);
}

KTEST(translation, ranges_are_removed_and_changed_to_the_page)
{
    struct tlb_batch batch;
    struct aspace *aspace = space_filled(PAGES, 1);
    struct page *third = page_of(aspace, page_at(2));
    page_clear(third, PAGE_REFERENCED);
    mutex_lock(&aspace->lock);
    tlb_batch_init(&batch, aspace);
    translation_change_range(aspace, page_at(4), page_at(6), PTE_RW, 0, &batch);
    tlb_flush(&batch);
    for (uint64_t i = 0; i < PAGES; i++)
        KTEST_EXPECT(((leaf_of(aspace, page_at(i)) & PTE_RW) == 0) == (i == 4 || i == 5));
    translation_remove_range(aspace, page_at(1), page_at(3));
    for (uint64_t i = 0; i < PAGES; i++)
        KTEST_EXPECT((leaf_of(aspace, page_at(i)) == 0) == (i == 1 || i == 2));
    mutex_unlock(&aspace->lock);
    KTEST_EXPECT(rmap_is_empty(third) && page_has(third, PAGE_REFERENCED)); /* its accessed bit is not lost (L23) */
    KTEST_EXPECT(aspace->resident_anon == PAGES - 2 && space_load(aspace, page_at(2)) == 3);
    vm_check();
    aspace_put(aspace);
}

KTEST(translation, one_page_is_protected_looked_at_and_removed)
{
    struct aspace *aspace = space_filled(PAGES, 1);
    struct page *page = page_of(aspace, page_at(5)), *other = page_of(aspace, page_at(6));
    page_busy_wait(page);
    translation_protect_page(aspace, page_at(5), page);
    KTEST_EXPECT((leaf_of(aspace, page_at(5)) & (PTE_P | PTE_RW | PTE_D)) == PTE_P && rmap_count(page) == 1);
    KTEST_EXPECT(translation_look(aspace, page_at(5), page, true) == PTE_A);
    KTEST_EXPECT(translation_look(aspace, page_at(5), page, false) == 0);
    KTEST_EXPECT(translation_look(aspace, page_at(6), page, true) == 0); /* that is another page's mapping */
    KTEST_EXPECT((leaf_of(aspace, page_at(6)) & PTE_A) != 0);
    translation_remove_page(aspace, page_at(6), page);
    KTEST_EXPECT(leaf_of(aspace, page_at(6)) != 0 && rmap_count(other) == 1);
    translation_remove_page(aspace, page_at(5), page);
    KTEST_EXPECT(leaf_of(aspace, page_at(5)) == 0 && rmap_is_empty(page) && aspace->resident_anon == PAGES - 1);
    KTEST_EXPECT(aspace->tlb.unflushed == 0);
    page_put(page);
    vm_check();
    aspace_put(aspace);
}

KTEST(translation, what_is_found_has_the_right_and_leaves_its_trace)
{
    struct tlb_batch batch;
    struct aspace *aspace = space_filled(PAGES, 1);
    struct page *page = page_of(aspace, page_at(1));
    mutex_lock(&aspace->lock);
    tlb_batch_init(&batch, aspace);
    translation_change_range(aspace, page_at(1), page_at(2), PTE_RW | PTE_A | PTE_D, 0, &batch);
    tlb_flush(&batch);
    spin_lock(&aspace->table_lock);
    KTEST_EXPECT(translation_find_locked(aspace, page_at(1) + 9, PTE_RW) == NULL);
    KTEST_EXPECT(translation_find_locked(aspace, page_at(PAGES), 0) == NULL);
    KTEST_EXPECT((leaf_of(aspace, page_at(1)) & PTE_A) == 0);
    KTEST_EXPECT(translation_find_locked(aspace, page_at(1) + 9, 0) == page);
    KTEST_EXPECT((leaf_of(aspace, page_at(1)) & (PTE_A | PTE_D)) == PTE_A);
    KTEST_EXPECT(translation_find_locked(aspace, page_at(2), PTE_RW) == page_of(aspace, page_at(2)));
    spin_unlock(&aspace->table_lock);
    mutex_unlock(&aspace->lock);
    aspace_put(aspace);
}

KTEST(translation, a_large_leaf_is_split_where_it_is_cut)
{
    struct aspace *aspace = aspace_create();
    uint64_t pages = LARGE_SIZE / PAGE_SIZE, splits = stat_get(STAT_THP_SPLIT);
    frames_drain();
    space_map(aspace, SPACE_BASE, pages, SPACE_RW | AREA_HUGE);
    space_store(aspace, page_at(5), 1);
    if (aspace->large_mappings == 1) { /* memory may be too fragmented or too small */
        mutex_lock(&aspace->lock);
        spin_lock(&aspace->table_lock);
        translation_split_locked(aspace, SPACE_BASE);
        translation_split_locked(aspace, SPACE_BASE + LARGE_SIZE);
        KTEST_EXPECT(aspace->large_mappings == 1 && stat_get(STAT_THP_SPLIT) == splits);
        pte_t before = leaf_of(aspace, page_at(7));
        translation_split_locked(aspace, page_at(7));
        KTEST_EXPECT(aspace->large_mappings == 0 && stat_get(STAT_THP_SPLIT) == splits + 1);
        KTEST_EXPECT((leaf_of(aspace, page_at(7)) & ~PTE_ADDRESS) == (before & ~PTE_ADDRESS & ~PTE_PS));
        spin_unlock(&aspace->table_lock);
        mutex_unlock(&aspace->lock);
        KTEST_EXPECT(aspace->resident_anon == pages && space_load(aspace, page_at(5)) == 1);
    }
    vm_check();
    aspace_put(aspace);
}

/*
 * Anons: a page of one's own from its making to its last reference, with and without memory for it; exchanged, pinned, and on swap.
 */
#include "mm/anon.h"

#include "kernel/ktest.h"
#include "mm/busy.h"
#include "mm/pagecache.h"
#include "mm/slab.h"
#include "tests/kernel/spaces.h"
#include "tests/kernel/swap_area.h"

KTEST(anon, a_new_one_has_a_busy_modified_page_of_its_own)
{
    uint64_t before = anons_count();
    struct anon *anon = anon_create(FRAME_ZERO);
    struct page *page = anon->page, *again;
    KTEST_EXPECT(anons_count() == before + 1 && anon->references == 1 && anon->block == 0 && !anon_is_shared(anon));
    KTEST_EXPECT(page->state == PAGE_ACTIVE && page->anon == anon && page_has(page, PAGE_BUSY) &&
                 page_has(page, PAGE_DIRTY) && page_has(page, PAGE_ANON));
    KTEST_EXPECT(*(uint64_t *)page_address(page) == 0);
    page_put(page);
    KTEST_EXPECT(anon_page_get(anon, &again, NULL) == 0 && again == page && page_has(page, PAGE_BUSY));
    page_put(page);
    anon_get(anon);
    KTEST_EXPECT(anon_is_shared(anon));
    anon_put(anon);
    KTEST_EXPECT(!anon_is_shared(anon) && anon->page == page && page->anon == anon);
    anon_put(anon);
    KTEST_EXPECT(anons_count() == before && page->state != PAGE_ACTIVE);
}

KTEST(anon, what_is_undone_is_a_frame_of_the_callers_again)
{
    uint64_t before = anons_count();
    struct page *page = frame_alloc(0);
    struct anon *anon = anon_create_with(page, 0);
    KTEST_EXPECT(anon->page == page && page->state == PAGE_ACTIVE);
    anon_undo_create(anon);
    KTEST_EXPECT(page->state == PAGE_DETACHED && page->rmap == 0 && anons_count() == before);
    slab_fail_every(1);
    anon = anon_create_with(page, FRAME_NOWAIT);
    slab_fail_every(0);
    KTEST_EXPECT(anon == NULL && page->state == PAGE_DETACHED && anons_count() == before);
    frame_free(page);
}

KTEST(anon, its_page_is_exchanged_for_another)
{
    struct anon *anon = anon_create(FRAME_ZERO);
    struct page *old = anon->page, *page = frame_alloc(0);
    anon_replace_page(anon, page);
    KTEST_EXPECT(anon->page == page && page->anon == anon && page->state == PAGE_ACTIVE);
    KTEST_EXPECT(page_has(page, PAGE_BUSY) && page_has(page, PAGE_DIRTY) && page_has(page, PAGE_ANON));
    KTEST_EXPECT(old->state != PAGE_ACTIVE);
    page_put(page);
    anon_put(anon);
}

KTEST(anon, only_a_pinned_page_is_found_as_one)
{
    struct anon *anon = anon_create(FRAME_ZERO);
    struct page *page = anon->page;
    page_put(page);
    KTEST_EXPECT(!anon_is_pinned(anon) && anon_page_get_pinned(anon) == NULL && !page_has(page, PAGE_BUSY));
    page_pin(page);
    KTEST_EXPECT(anon_is_pinned(anon) && anon_page_get_pinned(anon) == page && page_has(page, PAGE_BUSY));
    page_put(page);
    page_unpin(page);
    anon_put(anon);
}

KTEST(anon, one_that_is_only_on_swap_is_brought_in_and_counted)
{
    struct page *page;
    bool major = false;
    swap_begin();
    struct aspace *aspace = aspace_create();
    space_map(aspace, SPACE_BASE, 2, SPACE_RW | AREA_NOHUGE);
    space_store(aspace, SPACE_BASE, 7);
    space_store(aspace, SPACE_BASE + PAGE_SIZE, 8);
    struct anon *anon = radix_find(&aspace->overlay, SPACE_BASE >> PAGE_SHIFT);
    uint64_t first = SPACE_BASE >> PAGE_SHIFT;
    KTEST_EXPECT(overlay_count_absent(&aspace->overlay, first, first + 1).pages == 0);
    KTEST_EXPECT(space_evict_page(aspace, SPACE_BASE) && anon->block != 0 && !anon_is_given_up(anon));
    anon_get(anon);
    struct overlay_absent absent = overlay_count_absent(&aspace->overlay, first, first + 1);
    KTEST_EXPECT(absent.pages == 1 && absent.proportional == PAGE_SIZE / 2);
    KTEST_EXPECT(overlay_count_absent(&aspace->overlay, first + 1, first + 1).pages == 0);
    KTEST_EXPECT(anon_page_get(anon, &page, &major) == 0 && major && *(uint64_t *)page_address(page) == 7);
    page_put(page);
    anon_put(anon);
    aspace_put(aspace);
    swap_finish();
}

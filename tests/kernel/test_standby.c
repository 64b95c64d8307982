/*
 * The standby list: who gets onto it, in which order it gives frames away, and how a page leaves it by its name.
 */
#include "mm/standby.h"

#include "kernel/ktest.h"
#include "mm/aspace.h"
#include "mm/frame.h"
#include "mm/pagecache.h"
#include "mm/stats.h"
#include "tests/kernel/fake_object.h"
#include "tests/kernel/spaces.h"
#include "tests/kernel/swap_area.h"

enum { PAGES = 4 };

/* Page `index` of the fake, BUSY. */
static struct page *page_of(struct fake_object *fake, uint64_t index)
{
    struct page *page;
    KTEST_EXPECT(page_get(&fake->object, index, 0, &page, NULL) == 0);
    return page;
}

KTEST(standby, takes_clean_unused_pages_only)
{
    struct fake_object fake;
    struct aspace *aspace = aspace_create();
    fake_object_init(&fake, PAGES);
    standby_empty();
    space_map_object(aspace, SPACE_BASE, 1, AREA_READ, &fake.object, 0);
    KTEST_EXPECT(space_load(aspace, SPACE_BASE) == 1);
    struct page *mapped = page_of(&fake, 0), *pinned = page_of(&fake, 1), *dirty = page_of(&fake, 2);
    page_pin(pinned);
    KTEST_EXPECT(page_make_dirty(dirty) == 0);
    standby_offer(mapped);
    standby_offer(pinned);
    standby_offer(dirty);
    KTEST_EXPECT(mapped->state == PAGE_ACTIVE && pinned->state == PAGE_ACTIVE && dirty->state == PAGE_ACTIVE);
    KTEST_EXPECT(!page_has(mapped, PAGE_BUSY) && !page_has(pinned, PAGE_BUSY) && !page_has(dirty, PAGE_BUSY));
    KTEST_EXPECT(standby_pages() == 0);
    page_unpin(pinned);
    page_busy_wait(pinned);
    standby_offer(pinned);
    KTEST_EXPECT(pinned->state == PAGE_STANDBY && standby_pages() == 1 && standby_file_pages() == 1);
    aspace_put(aspace);
    fake_object_end(&fake);
    KTEST_EXPECT(standby_pages() == 0 && standby_file_pages() == 0);
}

KTEST(standby, gives_the_oldest_away_nameless)
{
    struct fake_object fake;
    struct page *pages[PAGES];
    fake_object_init(&fake, PAGES);
    standby_empty();
    KTEST_EXPECT(standby_take() == NULL);
    for (unsigned i = 0; i < PAGES; i++)
        standby_offer(pages[i] = page_of(&fake, PAGES - 1 - i));
    uint64_t reused = stat_get(STAT_STANDBY_REUSED);
    for (unsigned i = 0; i < PAGES; i++) {
        struct page *page = standby_take();
        KTEST_EXPECT(page == pages[i] && page->state == PAGE_DETACHED && page->owner == NULL);
        KTEST_EXPECT(pagecache_resident(&fake.object, 0, PAGES) == PAGES - 1 - i);
        frame_free(page);
    }
    KTEST_EXPECT(standby_take() == NULL && stat_get(STAT_STANDBY_REUSED) == reused + PAGES);
    fake_object_end(&fake);
}

KTEST(standby, what_is_found_by_name_is_rescued)
{
    struct fake_object fake;
    struct page *pages[PAGES];
    fake_object_init(&fake, PAGES);
    standby_empty();
    for (unsigned i = 0; i < PAGES; i++)
        standby_offer(pages[i] = page_of(&fake, i));
    uint64_t rescued = stat_get(STAT_RESCUED_FILE);
    KTEST_EXPECT(page_of(&fake, 1) == pages[1] && pages[1]->state == PAGE_ACTIVE && standby_pages() == PAGES - 1);
    KTEST_EXPECT(stat_get(STAT_RESCUED_FILE) == rescued + 1 && fake.reads == PAGES);
    page_put(pages[1]);
    spin_lock(&pages[2]->lock);
    standby_leave_locked(pages[2]); /* to be thrown away: no use that counts */
    spin_unlock(&pages[2]->lock);
    KTEST_EXPECT(pages[2]->state == PAGE_ACTIVE && stat_get(STAT_RESCUED_FILE) == rescued + 1);
    vm_check();
    fake_object_end(&fake);
    KTEST_EXPECT(standby_pages() == 0);
}

KTEST(standby, a_page_in_somebodys_hands_is_passed_over)
{
    struct fake_object fake;
    fake_object_init(&fake, 2);
    standby_empty();
    struct page *first = page_of(&fake, 0), *second = page_of(&fake, 1);
    standby_offer(first);
    standby_offer(second);
    spin_lock(&first->lock);
    KTEST_EXPECT(page_busy_locked(first));
    spin_unlock(&first->lock);
    KTEST_EXPECT(standby_take() == second && standby_take() == NULL && first->state == PAGE_STANDBY);
    frame_free(second);
    page_put(first);
    KTEST_EXPECT(standby_take() == first);
    frame_free(first);
    fake_object_end(&fake);
}

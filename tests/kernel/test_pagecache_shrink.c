/* Dropping cached pages on request: standby first, no more than wanted, a second chance for what was used, nothing that is in use. */
#include "kernel/ktest.h"
#include "mm/aspace.h"
#include "mm/busy.h"
#include "mm/pagecache.h"
#include "mm/standby.h"
#include "mm/stats.h"
#include "tests/kernel/fake_object.h"
#include "tests/kernel/spaces.h"
#include "tests/kernel/swap_area.h"

enum { PAGES = 16 };

/* All pages of the fake in memory, not used since. */
static void fill(struct fake_object *fake)
{
    fake_object_init(fake, PAGES);
    for (uint64_t i = 0; i < PAGES; i++) {
        struct page *page;
        KTEST_EXPECT(page_get(&fake->object, i, 0, &page, NULL) == 0);
        page_clear(page, PAGE_REFERENCED);
        page_put(page);
    }
}

KTEST(pagecache_shrink, standby_pages_go_first_and_no_more_than_wanted)
{
    struct fake_object fake;
    standby_empty();
    fill(&fake);
    for (uint64_t i = 0; i < 4; i++) {
        struct page *page = radix_find(&fake.object.pages, i);
        page_busy_wait(page);
        standby_offer(page);
    }
    uint64_t drops = stat_get(STAT_CACHE_DROPS);
    KTEST_EXPECT(pagecache_shrink(3) == 3 && standby_pages() == 1 && stat_get(STAT_CACHE_DROPS) == drops);
    KTEST_EXPECT(fake.object.pages.count == PAGES - 3 && pagecache_shrink(0) == 0);
    KTEST_EXPECT(pagecache_shrink(2) == 2 && standby_pages() == 0 && stat_get(STAT_CACHE_DROPS) == drops + 1);
    fake_object_end(&fake);
}

KTEST(pagecache_shrink, what_is_in_use_stays)
{
    struct fake_object fake;
    struct aspace *aspace = aspace_create();
    struct page *busy, *dirty;
    fill(&fake);
    space_map_object(aspace, SPACE_BASE, 1, AREA_READ, &fake.object, 0);
    KTEST_EXPECT(space_load(aspace, SPACE_BASE) == 1);
    struct page *pinned = page_find_pinned(&fake.object, 1);
    KTEST_EXPECT(page_get(&fake.object, 2, 0, &busy, NULL) == 0);
    KTEST_EXPECT(page_get(&fake.object, 3, 0, &dirty, NULL) == 0 && page_make_dirty(dirty) == 0);
    page_put(dirty);
    (void)pagecache_shrink(UINT64_MAX);
    for (uint64_t i = 0; i < PAGES; i++)
        KTEST_EXPECT(pagecache_resident(&fake.object, i, i) == (i < 4 || radix_find(&fake.object.pages, i) != NULL));
    KTEST_EXPECT(pagecache_resident(&fake.object, 0, 3) == 4 && space_resident(aspace) >= 1);
    KTEST_EXPECT(fake.object.pages.count == 3 + space_resident(aspace));
    page_unpin(pinned);
    page_put(busy);
    aspace_put(aspace);
    fake_object_end(&fake);
}

KTEST(pagecache_shrink, who_asks_for_all_gets_what_was_used_too)
{
    struct fake_object fake;
    fill(&fake);
    page_mark_referenced(radix_find(&fake.object.pages, 5)); /* cleared in the first round, dropped in the second */
    uint64_t drops = stat_get(STAT_CACHE_DROPS);
    KTEST_EXPECT(pagecache_shrink(UINT64_MAX) >= PAGES && fake.object.pages.count == 0);
    KTEST_EXPECT(stat_get(STAT_CACHE_DROPS) >= drops + PAGES);
    fake_object_end(&fake);
}

/*
 * Cached pages that go before their time: what truncation, removal, removal of clean pages and dropping each take, and what they leave.
 */
#include "kernel/ktest.h"
#include "mm/aspace.h"
#include "mm/busy.h"
#include "mm/pagecache.h"
#include "tests/kernel/fake_object.h"
#include "tests/kernel/spaces.h"

enum { PAGES = 8, MAPPED = 0, DIRTY = 1, PINNED = 2 /* the others are clean, and nobody's */ };

/* Pages of each sort: one that is mapped, a modified one, a pinned one. */
struct scene {
    struct fake_object fake;
    struct aspace *aspace;
    struct page *pinned;
};

static void scene_make(struct scene *scene)
{
    fake_object_init(&scene->fake, PAGES);
    for (uint64_t i = 0; i < PAGES; i++) {
        struct page *page;
        KTEST_EXPECT(page_get(&scene->fake.object, i, 0, &page, NULL) == 0);
        if (i == DIRTY)
            KTEST_EXPECT(page_make_dirty(page) == 0);
        page_put(page);
    }
    scene->aspace = aspace_create();
    space_map_object(scene->aspace, SPACE_BASE, 1, SPACE_RW | AREA_SHARED, &scene->fake.object, MAPPED);
    KTEST_EXPECT(space_load(scene->aspace, SPACE_BASE) == MAPPED + 1);
    scene->pinned = page_find_pinned(&scene->fake.object, PINNED);
}

/* Lets the pin go, if it is not gone, and ends it all; the pinned frame was nobody's until now if `cut`. */
static void scene_end(struct scene *scene, bool cut)
{
    KTEST_EXPECT(scene->pinned->state == (cut ? PAGE_DETACHED : PAGE_ACTIVE));
    KTEST_EXPECT(*(uint64_t *)page_address(scene->pinned) == PINNED + 1);
    page_unpin(scene->pinned);
    KTEST_EXPECT(!cut || scene->pinned->state == PAGE_FREE);
    vm_check();
    aspace_put(scene->aspace);
    fake_object_end(&scene->fake);
}

/* Which pages are in memory, as bits. */
static unsigned pages_there(struct scene *scene)
{
    unsigned there = 0;
    for (uint64_t i = 0; i < PAGES; i++)
        there |= (unsigned)pagecache_resident(&scene->fake.object, i, i) << i;
    return there;
}

KTEST(pagecache_cut, truncation_takes_everything_behind_the_end)
{
    struct scene scene;
    scene_make(&scene);
    pagecache_truncate(&scene.fake.object, 5);
    KTEST_EXPECT(pages_there(&scene) == 0x1f);
    pagecache_truncate(&scene.fake.object, 0);
    KTEST_EXPECT(pages_there(&scene) == 0 && space_resident(scene.aspace) == 0 && scene.fake.object.dirty_pages == 0);
    KTEST_EXPECT(scene.fake.writes == 0);
    scene_end(&scene, true);
}

KTEST(pagecache_cut, a_hole_takes_its_pages_only)
{
    struct scene scene;
    scene_make(&scene);
    pagecache_remove(&scene.fake.object, 0, 4);
    KTEST_EXPECT(pages_there(&scene) == 0xe0 && space_resident(scene.aspace) == 0 &&
                 scene.fake.object.dirty_pages == 0);
    scene_end(&scene, true);
}

KTEST(pagecache_cut, removal_of_clean_pages_keeps_what_was_stored)
{
    struct scene scene;
    scene_make(&scene);
    pagecache_remove_clean(&scene.fake.object, 0, PAGES - 1);
    KTEST_EXPECT(pages_there(&scene) == 1 << DIRTY && space_resident(scene.aspace) == 0);
    scene_end(&scene, true);
    scene_make(&scene);
    space_store(scene.aspace, SPACE_BASE, 5); /* through the mapping, which is how the page gets modified */
    pagecache_remove_clean(&scene.fake.object, 0, PAGES - 1);
    KTEST_EXPECT(pages_there(&scene) == (1 << DIRTY | 1 << MAPPED) && space_resident(scene.aspace) == 0);
    KTEST_EXPECT(space_load(scene.aspace, SPACE_BASE) == 5);
    scene_end(&scene, true);
}

KTEST(pagecache_cut, dropping_leaves_all_that_is_in_use)
{
    struct scene scene;
    scene_make(&scene);
    pagecache_drop(&scene.fake.object, 0, 5);
    KTEST_EXPECT(pages_there(&scene) == (0xc0 | 1 << DIRTY | 1 << MAPPED | 1 << PINNED) &&
                 space_resident(scene.aspace) == 1);
    scene_end(&scene, false);
}

KTEST(pagecache_cut, an_abandoned_page_is_read_again)
{
    struct fake_object fake;
    struct page *page;
    fake_object_init(&fake, 1);
    KTEST_EXPECT(page_get(&fake.object, 0, 0, &page, NULL) == 0 && page_make_dirty(page) == 0);
    *(uint64_t *)page_address(page) = 99;
    pagecache_abandon(page);
    KTEST_EXPECT(fake.object.pages.count == 0 && fake.object.dirty_pages == 0);
    KTEST_EXPECT(page_get(&fake.object, 0, 0, &page, NULL) == 0 && *(uint64_t *)page_address(page) == 1 &&
                 fake.reads == 2);
    page_put(page);
    fake_object_end(&fake);
}

/*
 * The reverse map: pages with one and with many mappings, and acting on all of them.
 */
#include "kernel/ktest.h"
#include "mm/aspace.h"
#include "mm/busy.h"
#include "mm/pagecache.h"
#include "mm/rmap.h"
#include "tests/kernel/fake_object.h"
#include "tests/kernel/spaces.h"

enum { SPACES = 12 };

struct scene {
    struct fake_object fake;
    struct aspace *spaces[SPACES];
};

/* Each space maps page 3 of the object twice. */
static void scene_make(struct scene *scene)
{
    fake_object_init(&scene->fake, 8);
    for (unsigned i = 0; i < SPACES; i++) {
        scene->spaces[i] = aspace_create();
        space_map_object(scene->spaces[i], SPACE_BASE, 1, SPACE_RW | AREA_SHARED, &scene->fake.object, 3);
        space_map_object(scene->spaces[i], SPACE_BASE + 8 * PAGE_SIZE, 1, SPACE_RW | AREA_SHARED, &scene->fake.object,
                         3);
        space_store(scene->spaces[i], SPACE_BASE, i);
        space_store(scene->spaces[i], SPACE_BASE + 8 * PAGE_SIZE, i);
    }
}

static void scene_end(struct scene *scene)
{
    for (unsigned i = 0; i < SPACES; i++) {
        if (scene->spaces[i] != NULL)
            aspace_put(scene->spaces[i]);
    }
    fake_object_end(&scene->fake);
}

static struct page *scene_page(struct scene *scene)
{
    struct page *page;
    KTEST_EXPECT(page_get(&scene->fake.object, 3, PAGE_GET_CACHED, &page, NULL) == 0);
    return page;
}

KTEST(rmap, knows_every_mapping)
{
    struct scene scene;
    scene_make(&scene);
    struct page *page = scene_page(&scene);
    KTEST_EXPECT(rmap_count(page) == 2 * SPACES);
    for (unsigned i = 0; i < SPACES; i++) {
        KTEST_EXPECT(rmap_has(page, scene.spaces[i], SPACE_BASE));
        KTEST_EXPECT(rmap_has(page, scene.spaces[i], SPACE_BASE + 8 * PAGE_SIZE));
        KTEST_EXPECT(!rmap_has(page, scene.spaces[i], SPACE_BASE + PAGE_SIZE));
    }
    page_put(page);
    for (unsigned i = 0; i < SPACES; i += 3) {
        aspace_put(scene.spaces[i]);
        scene.spaces[i] = NULL;
    }
    KTEST_EXPECT(rmap_count(page) == 2 * (SPACES - SPACES / 3));
    vm_check();
    scene_end(&scene);
}

KTEST(rmap, remove_all_leaves_nothing)
{
    struct scene scene;
    scene_make(&scene);
    struct page *page = scene_page(&scene);
    rmap_remove_all(page);
    KTEST_EXPECT(rmap_is_empty(page) && rmap_count(page) == 0);
    page_put(page);
    for (unsigned i = 0; i < SPACES; i++)
        KTEST_EXPECT(space_resident(scene.spaces[i]) == 0);
    vm_check();
    KTEST_EXPECT(space_load(scene.spaces[4], SPACE_BASE) == SPACES - 1);
    KTEST_EXPECT(rmap_count(page) == 1);
    scene_end(&scene);
}

KTEST(rmap, write_protection_and_accessed_bits)
{
    struct scene scene;
    scene_make(&scene);
    struct page *page = scene_page(&scene);
    KTEST_EXPECT(rmap_look(page, true, NULL) == PTE_A && rmap_look(page, true, NULL) == 0);
    rmap_write_protect(page);
    page_clear_dirty(page);
    page_put(page);
    vm_check(); /* I3: no writable mapping of the clean page is left */
    KTEST_EXPECT(space_load(scene.spaces[7], SPACE_BASE) == SPACES - 1);
    KTEST_EXPECT(rmap_look(page, true, NULL) == PTE_A);
    space_store(scene.spaces[7], SPACE_BASE, 99);
    KTEST_EXPECT(page_has(page, PAGE_DIRTY) && space_load(scene.spaces[0], SPACE_BASE) == 99);
    scene_end(&scene);
}

/*
 * Many threads in one address space: stores, loads, mapping, protecting, forking, truncating and writing back at the same time. Every word of page i
 * is 0 or i modulo 64, whoever wrote it and whatever happened to the page meanwhile.
 */
#include "kernel/ktest.h"
#include "mm/pagecache.h"
#include "mm/usercopy.h"
#include "tests/kernel/crew.h"
#include "tests/kernel/fake_object.h"
#include "tests/kernel/spaces.h"

enum { PAGES = 64, STEPS = 1200, SHARED_FIRST = 32 };

struct scene {
    struct aspace *aspace;
    struct fake_object
        fake; /* page i reads as i + 1, so it is mapped from index 63 on: the word is 0 modulo 64, plus the page's number */
};

static vaddr_t page_at(uint64_t page)
{
    return SPACE_BASE + (page << PAGE_SHIFT);
}

static void word_store(struct scene *scene, uint64_t page, uint64_t seed)
{
    uint64_t word = (seed >> 20 & 0xffff) * PAGES + page;
    (void)!copy_to_aspace(scene->aspace, page_at(page) + (seed >> 45 & 31) * 8, &word, sizeof(word));
}

static void word_load(struct aspace *aspace, uint64_t page, uint64_t seed)
{
    uint64_t word = 0;
    if (copy_from_aspace(aspace, &word, page_at(page) + (seed >> 45 & 31) * 8, sizeof(word)) == 0)
        KTEST_EXPECT(word == 0 || word % PAGES == page);
}

/* Pages from SHARED_FIRST on are the object's, every other one private; those below are zero fill. */
static void page_map(struct scene *scene, uint64_t page)
{
    uint32_t flags = SPACE_RW;
    if (page < SHARED_FIRST) {
        space_map(scene->aspace, page_at(page), 1, flags);
        return;
    }
    if (page % 2 == 0)
        flags |= AREA_SHARED;
    space_map_object(scene->aspace, page_at(page), 1, flags, &scene->fake.object, PAGES - 1 + page);
}

static void fork_and_look(struct scene *scene, uint64_t page, uint64_t seed)
{
    struct aspace *child = aspace_fork(scene->aspace);
    KTEST_EXPECT(child != NULL);
    for (uint64_t i = 0; i < 8; i++)
        word_load(child, (page + i * 7) % PAGES, seed);
    uint64_t word = page;
    (void)!copy_to_aspace(child, page_at(page), &word, sizeof(word));
    aspace_put(child);
}

static void work(unsigned number, void *context)
{
    struct scene *scene = context;
    uint64_t seed = number * 77 + 1;
    for (unsigned i = 0; i < STEPS; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        uint64_t page = seed >> 33 & (PAGES - 1), action = seed >> 57;
        if (action < 4)
            page_map(scene, page);
        else if (action < 6)
            (void)!aspace_unmap(scene->aspace, page_at(page), PAGE_SIZE);
        else if (action < 9)
            (void)!aspace_protect(scene->aspace, page_at(page), PAGE_SIZE, AREA_READ);
        else if (action < 16)
            (void)!aspace_protect(scene->aspace, page_at(page), PAGE_SIZE, AREA_READ | AREA_WRITE);
        else if (action < 18)
            fork_and_look(scene, page, seed);
        else if (action == 18)
            pagecache_truncate(&scene->fake.object, PAGES - 1 + page);
        else if (action == 19)
            (void)!pagecache_sync(&scene->fake.object, 0, UINT64_MAX);
        else if (action < 70)
            word_store(scene, page, seed);
        else
            word_load(scene->aspace, page, seed);
    }
}

/* The first two cut private copies off while the others make new ones in their place. */
static void cut_or_copy(unsigned number, void *context)
{
    struct scene *scene = context;
    uint64_t seed = number * 77 + 1;
    for (unsigned i = 0; i < 4 * STEPS; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        uint64_t page = SHARED_FIRST + 1 + (seed >> 33 & 6);
        if (number < 2)
            pagecache_truncate(&scene->fake.object, PAGES - 1 + page);
        else
            word_store(scene, page, seed);
    }
}

KTEST(crowd, copies_what_is_being_cut_off)
{
    struct scene scene = {.aspace = aspace_create()};
    fake_object_init(&scene.fake, 4 * PAGES);
    for (uint64_t page = SHARED_FIRST; page < PAGES; page++)
        page_map(&scene, page);
    crew_run(6, cut_or_copy, &scene);
    vm_check();
    aspace_put(scene.aspace);
    fake_object_end(&scene.fake);
    vm_check();
}

KTEST(crowd, of_threads_shares_an_address_space)
{
    struct scene scene = {.aspace = aspace_create()};
    fake_object_init(&scene.fake, 4 * PAGES);
    for (uint64_t page = 0; page < PAGES; page++)
        page_map(&scene, page);
    crew_run(6, work, &scene);
    vm_check();
    aspace_put(scene.aspace);
    fake_object_end(&scene.fake);
    vm_check();
}

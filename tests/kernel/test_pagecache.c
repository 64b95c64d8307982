/*
 * The page cache: the BUSY protocol, reading, writing back, truncating, dropping; alone and with several threads at once.
 */
#include "kernel/abi/errno.h"
#include "kernel/ktest.h"
#include "kernel/thread.h"
#include "mm/busy.h"
#include "mm/pagecache.h"
#include "mm/readahead_io.h"
#include "mm/stats.h"
#include "tests/kernel/crew.h"
#include "tests/kernel/fake_object.h"

static uint64_t first_word(const struct page *page)
{
    return *(volatile uint64_t *)page_address(page);
}

/* Gets a page, expects it to hold `word`, puts it back. */
static void expect_page(struct object *object, uint64_t index, uint64_t word)
{
    struct page *page;
    int error = page_get(object, index, 0, &page, NULL);
    KTEST_EXPECT(error == 0);
    if (error != 0)
        return;
    KTEST_EXPECT(page_has(page, PAGE_BUSY) && page->object == object && page->index == index);
    KTEST_EXPECT(first_word(page) == word);
    page_put(page);
}

static void write_page(struct object *object, uint64_t index, uint64_t word)
{
    struct page *page;
    KTEST_EXPECT(page_get(object, index, 0, &page, NULL) == 0);
    KTEST_EXPECT(page_make_dirty(page) == 0);
    *(uint64_t *)page_address(page) = word;
    page_put(page);
}

KTEST(pagecache, a_page_is_read_once)
{
    struct fake_object fake;
    struct page *page;
    bool major = false;
    uint64_t before = pagecache_pages();
    fake_object_init(&fake, 100);
    KTEST_EXPECT(page_get(&fake.object, 7, PAGE_GET_CACHED, &page, NULL) == -ENOENT);
    KTEST_EXPECT(page_find_pinned(&fake.object, 7) == NULL);
    KTEST_EXPECT(page_get(&fake.object, 7, 0, &page, &major) == 0);
    KTEST_EXPECT(major && first_word(page) == 8);
    page_put(page);
    expect_page(&fake.object, 7, 8);
    KTEST_EXPECT(fake.reads == 1 && pagecache_pages() == before + 1);
    fake_object_end(&fake);
    KTEST_EXPECT(pagecache_pages() == before);
}

KTEST(pagecache, a_fresh_page_is_not_read)
{
    struct fake_object fake;
    struct page *page;
    fake_object_init(&fake, 100);
    KTEST_EXPECT(page_get(&fake.object, 3, PAGE_GET_FRESH, &page, NULL) == 0);
    *(uint64_t *)page_address(page) = 77;
    page_put(page);
    expect_page(&fake.object, 3, 77);
    KTEST_EXPECT(fake.reads == 0);
    fake_object_end(&fake);
}

KTEST(pagecache, a_busy_page_is_not_waited_for_if_told_so)
{
    struct fake_object fake;
    struct page *page, *again;
    fake_object_init(&fake, 100);
    KTEST_EXPECT(page_get(&fake.object, 3, 0, &page, NULL) == 0);
    KTEST_EXPECT(page_get(&fake.object, 3, PAGE_GET_NOWAIT, &again, NULL) == -EAGAIN);
    KTEST_EXPECT(!page_busy_try(page));
    KTEST_EXPECT(page_find_pinned(&fake.object, 3) == NULL);
    page_put(page);
    again = page_find_pinned(&fake.object, 3);
    KTEST_EXPECT(again == page);
    page_unpin(page);
    fake_object_end(&fake);
}

KTEST(pagecache, a_failed_read_is_reported_and_tried_again)
{
    struct fake_object fake;
    struct page *page;
    fake_object_init(&fake, FAKE_BAD_INDEX + 10);
    KTEST_EXPECT(page_get(&fake.object, FAKE_BAD_INDEX, 0, &page, NULL) == -EIO);
    KTEST_EXPECT(page_get(&fake.object, FAKE_BAD_INDEX, 0, &page, NULL) == -EIO);
    KTEST_EXPECT(fake.reads == 2);
    KTEST_EXPECT(fake.object.pages.count == 0);
    fake_object_end(&fake);
}

/* An object whose pages cannot be looked for without memory. */
static _Atomic unsigned memory_lacks; /* so many times */

static void starving_read(struct object *object, struct page **pages, unsigned count)
{
    (void)object;
    for (unsigned i = 0; i < count; i++) {
        bool starves = memory_lacks > 0;
        memory_lacks -= starves;
        page_io_done(pages[i], starves ? -ENOMEM : 0);
    }
}

KTEST(pagecache, a_read_that_lacks_memory_is_no_failed_one)
{
    static const struct object_ops ops = {.read = starving_read};
    struct object object;
    struct page *page;
    uint64_t errors = stat_get(STAT_READ_ERRORS);
    object_init(&object, OBJECT_FILE, &ops);
    atomic_store(&object.size, 4 * PAGE_SIZE);
    memory_lacks = 1;
    KTEST_EXPECT(page_get(&object, 1, 0, &page, NULL) == -ENOMEM && object.pages.count == 0);
    memory_lacks = 4;
    readahead_start(&object, 0, 4);
    KTEST_EXPECT(page_get(&object, 2, 0, &page, NULL) == 0); /* read once more, alone */
    page_put(page);
    memory_lacks = 1;
    KTEST_EXPECT(page_get(&object, 3, 0, &page, NULL) == -ENOMEM);
    KTEST_EXPECT(page_get(&object, 3, 0, &page, NULL) == 0 && !page_has(page, PAGE_FAILED | PAGE_STARVED));
    page_put(page);
    KTEST_EXPECT(stat_get(STAT_READ_ERRORS) == errors);
    pagecache_truncate(&object, 0);
    object_put(&object);
}

KTEST(pagecache, prefetch_reads_what_is_missing_in_one_call)
{
    struct fake_object fake;
    fake_object_init(&fake, 20);
    readahead_start(&fake.object, 10, 100);
    KTEST_EXPECT(fake.reads == 10 && fake.read_calls == 1);
    KTEST_EXPECT(pagecache_resident(&fake.object, 0, 100) == 10);
    expect_page(&fake.object, 19, 20);
    KTEST_EXPECT(fake.reads == 10);
    fake_object_end(&fake);
}

/* A run takes pages that were read ahead as far as it is told, counts each once, and leaves the others as they were. */
KTEST(pagecache, a_run_uses_pages_that_were_read_ahead)
{
    struct fake_object fake;
    struct page *pages[16];
    fake_object_init(&fake, 20);
    readahead_start(&fake.object, 0, 10);
    uint64_t used = stat_get(STAT_READAHEAD_USED);
    KTEST_EXPECT(pagecache_find_run(&fake.object, 0, 16, 0, pages) == 0);
    KTEST_EXPECT(stat_get(STAT_READAHEAD_USED) == used);
    unsigned found = pagecache_find_run(&fake.object, 0, 16, 6, pages);
    KTEST_EXPECT(found == 6 && stat_get(STAT_READAHEAD_USED) == used + 6);
    KTEST_EXPECT(pagecache_look(&fake.object, 5) == CACHE_USED && pagecache_look(&fake.object, 6) == CACHE_AHEAD);
    for (unsigned i = 0; i < found; i++)
        page_unpin(pages[i]);
    found = pagecache_find_run(&fake.object, 2, 16, UINT64_MAX, pages);
    KTEST_EXPECT(found == 8 && stat_get(STAT_READAHEAD_USED) == used + 10 && pages[7]->index == 9);
    for (unsigned i = 0; i < found; i++)
        page_unpin(pages[i]);
    fake_object_end(&fake);
    KTEST_EXPECT(fake.reads == 10);
}

KTEST(pagecache, dirty_neighbours_leave_in_one_write)
{
    struct fake_object fake;
    uint64_t dirty = pagecache_dirty();
    fake_object_init(&fake, 100);
    for (uint64_t i = 32; i-- > 0;)
        write_page(&fake.object, 10 + i, 1000);
    write_page(&fake.object, 90, 5);
    KTEST_EXPECT(pagecache_dirty() == dirty + 33 && fake.object.dirty_pages == 33);
    KTEST_EXPECT(pagecache_sync(&fake.object, 0, UINT64_MAX) == 0);
    KTEST_EXPECT(fake.writes == 33 && fake.write_calls == 2 && fake.written_sum == 32005);
    KTEST_EXPECT(pagecache_dirty() == dirty && list_is_empty(&fake.object.dirty));
    KTEST_EXPECT(pagecache_sync(&fake.object, 0, UINT64_MAX) == 0 && fake.writes == 33);
    fake_object_end(&fake);
}

KTEST(pagecache, truncation_leaves_a_pinned_frame_to_its_user)
{
    struct fake_object fake;
    fake_object_init(&fake, 100);
    expect_page(&fake.object, 5, 6);
    write_page(&fake.object, 6, 1);
    struct page *page = page_find_pinned(&fake.object, 5);
    pagecache_truncate(&fake.object, 5);
    KTEST_EXPECT(fake.object.pages.count == 0 && fake.object.dirty_pages == 0);
    KTEST_EXPECT(page->state == PAGE_DETACHED && first_word(page) == 6);
    page_unpin(page);
    KTEST_EXPECT(page->state == PAGE_FREE);
    expect_page(&fake.object, 5, 6);
    KTEST_EXPECT(fake.reads == 3);
    fake_object_end(&fake);
}

KTEST(pagecache, drop_and_shrink_keep_what_is_in_use)
{
    struct fake_object fake;
    fake_object_init(&fake, 100);
    for (uint64_t i = 0; i < 10; i++)
        expect_page(&fake.object, i, i + 1);
    write_page(&fake.object, 0, 42);
    struct page *pinned = page_find_pinned(&fake.object, 1);
    pagecache_drop(&fake.object, 0, 4);
    KTEST_EXPECT(fake.object.pages.count == 7);
    (void)pagecache_shrink(UINT64_MAX);
    KTEST_EXPECT(fake.object.pages.count == 2);
    page_unpin(pinned);
    expect_page(&fake.object, 0, 42);
    fake_object_end(&fake);
}

/* Threads that get, change, sync, drop and truncate the same few pages. A page says who it is, whatever happened to it. */
static void crowd_work(unsigned number, void *context)
{
    struct fake_object *fake = context;
    uint64_t seed = number + 1;
    for (unsigned i = 0; i < 2000; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        uint64_t index = seed >> 33 & 15, action = seed >> 40 & 63;
        struct page *page;
        if (action == 0) {
            pagecache_truncate(&fake->object, index);
        } else if (action == 1) {
            KTEST_EXPECT(pagecache_sync(&fake->object, 0, index) == 0);
        } else if (action == 2) {
            pagecache_drop(&fake->object, 0, index);
        } else if (action < 20) {
            page = page_find_pinned(&fake->object, index);
            if (page == NULL)
                continue;
            KTEST_EXPECT(first_word(page) == index + 1);
            page_unpin(page);
        } else {
            KTEST_EXPECT(page_get(&fake->object, index, 0, &page, NULL) == 0);
            KTEST_EXPECT(first_word(page) == index + 1);
            if (action < 40)
                KTEST_EXPECT(page_make_dirty(page) == 0);
            page_put(page);
        }
    }
}

KTEST(pagecache, a_crowd_of_threads_agrees)
{
    struct fake_object fake;
    fake_object_init(&fake, 16);
    crew_run(6, crowd_work, &fake);
    fake_object_end(&fake);
}

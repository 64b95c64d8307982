/*
 * Write-back: dirty marks and their counts, long runs in few writes, what is older first, pages in somebody's hands passed over or waited for, errors that
 * are told once, stores through mappings that make a page dirty again (I3).
 */
#include "mm/writeback.h"

#include "kernel/abi/errno.h"
#include "kernel/ktest.h"
#include "kernel/thread.h"
#include "kernel/time.h"
#include "mm/aspace.h"
#include "mm/busy.h"
#include "mm/pagecache.h"
#include "mm/stats.h"
#include "tests/kernel/crew.h"
#include "tests/kernel/fake_object.h"
#include "tests/kernel/spaces.h"

enum { PAGES = 100, BATCH = 64 };

static void dirty_pages(struct fake_object *fake, uint64_t first, uint64_t count)
{
    for (uint64_t i = first; i < first + count; i++) {
        struct page *page;
        KTEST_EXPECT(page_get(&fake->object, i, PAGE_GET_FRESH, &page, NULL) == 0 && page_make_dirty(page) == 0);
        *(uint64_t *)page_address(page) = 1;
        page_put(page);
    }
}

KTEST(writeback, runs_leave_in_few_writes_and_marks_are_counted)
{
    struct fake_object fake;
    uint64_t dirty = pagecache_dirty(), written = stat_get(STAT_PGPGOUT);
    fake_object_init(&fake, PAGES);
    dirty_pages(&fake, 0, PAGES);
    dirty_pages(&fake, 0, 1); /* which it is already */
    KTEST_EXPECT(pagecache_dirty() == dirty + PAGES && fake.object.dirty_pages == PAGES);
    KTEST_EXPECT(pagecache_sync(&fake.object, 10, 19) == 0 && fake.writes == 10 && fake.write_calls == 1);
    KTEST_EXPECT(pagecache_sync(&fake.object, 0, UINT64_MAX) == 0 && fake.writes == PAGES);
    KTEST_EXPECT(fake.write_calls <= 1 + 1 + (PAGES - 20 + BATCH - 1) / BATCH && fake.written_sum == PAGES);
    KTEST_EXPECT(pagecache_dirty() == dirty && fake.object.dirty_pages == 0);
    KTEST_EXPECT(stat_get(STAT_PGPGOUT) == written + PAGES && writeback_writing() == 0);
    fake_object_end(&fake);
}

KTEST(writeback, a_cleaned_page_cannot_be_stored_to_unnoticed)
{
    struct fake_object fake;
    struct walk walk;
    struct aspace *aspace = aspace_create();
    fake_object_init(&fake, 2);
    space_map_object(aspace, SPACE_BASE, 2, SPACE_RW | AREA_SHARED, &fake.object, 0);
    for (uint64_t round = 1; round <= 3; round++) {
        space_store(aspace, SPACE_BASE, round);
        KTEST_EXPECT(pagetable_walk(&aspace->table, SPACE_BASE, &walk) && (walk.value & PTE_RW) != 0);
        KTEST_EXPECT(fake.object.dirty_pages == 1 && pagecache_sync(&fake.object, 0, 1) == 0);
        KTEST_EXPECT(pagetable_walk(&aspace->table, SPACE_BASE, &walk) && (walk.value & (PTE_RW | PTE_D)) == 0);
        KTEST_EXPECT(fake.writes == round && fake.written_sum == round * (round + 1) / 2);
    }
    vm_check();
    aspace_put(aspace);
    fake_object_end(&fake);
}

KTEST(writeback, only_what_is_old_enough_is_written)
{
    struct fake_object old, young;
    fake_object_init(&old, 4);
    fake_object_init(&young, 4);
    dirty_pages(&old, 0, 2);
    uint64_t between = time_now();
    while (time_now() <= between)
        ;
    dirty_pages(&young, 0, 2);
    pagecache_sync_older(between);
    KTEST_EXPECT(old.writes == 2 && young.writes == 0);
    dirty_pages(&old, 3, 1); /* it is among the young ones now */
    pagecache_sync_older(between);
    KTEST_EXPECT(old.writes == 2);
    pagecache_sync_all();
    KTEST_EXPECT(old.writes == 3 && young.writes == 2 && writeback_writing() == 0);
    fake_object_end(&old);
    fake_object_end(&young);
}

KTEST(writeback, a_push_waits_for_nobody)
{
    struct fake_object fake;
    struct page *page;
    fake_object_init(&fake, 8);
    dirty_pages(&fake, 0, 8);
    KTEST_EXPECT(page_get(&fake.object, 3, 0, &page, NULL) == 0);
    while (pagecache_dirty() > 1 && fake.writes < 7) /* others' pages, which are older, go first */
        writeback_push(1000);
    KTEST_EXPECT(fake.writes == 7 && page_has(page, PAGE_DIRTY) && fake.object.dirty_pages == 1);
    page_put(page);
    KTEST_EXPECT(pagecache_sync(&fake.object, 0, 7) == 0 && fake.writes == 8);
    fake_object_end(&fake);
}

static void failing_write(struct object *object, struct page **pages, unsigned count)
{
    (void)object;
    for (unsigned i = 0; i < count; i++)
        page_io_done(pages[i], -EIO);
}

KTEST(writeback, an_error_is_told_to_each_who_asks_once)
{
    static const struct object_ops failing = {.write = failing_write};
    struct object object;
    struct page *page;
    object_init(&object, OBJECT_FILE, &failing);
    atomic_store(&object.size, PAGE_SIZE);
    uint32_t stamp = object_errors(&object);
    uint64_t errors = stat_get(STAT_WRITE_ERRORS);
    KTEST_EXPECT(page_get(&object, 0, 0, &page, NULL) == 0 && page_make_dirty(page) == 0);
    page_put(page);
    KTEST_EXPECT(pagecache_sync(&object, 0, 0) == -EIO && stat_get(STAT_WRITE_ERRORS) == errors + 1);
    KTEST_EXPECT(object_error_since(&object, stamp) == -EIO);
    stamp = object_errors(&object);
    KTEST_EXPECT(object_error_since(&object, stamp) == 0 && writeback_writing() == 0);
    pagecache_truncate(&object, 0);
    object_put(&object);
    writeback_leave(&object);
}

/* An object that has no memory to write with, for so many tries. */
struct poor_object {
    struct object object;
    unsigned tries_in_vain, tries;
};

static void poor_write(struct object *object, struct page **pages, unsigned count)
{
    struct poor_object *poor = container_of(object, struct poor_object, object);
    bool vain = poor->tries++ < poor->tries_in_vain;
    for (unsigned i = 0; i < count; i++)
        page_io_done(pages[i], vain ? -ENOMEM : 0);
}

KTEST(writeback, without_memory_a_page_stays_modified_until_there_is_some)
{
    static const struct object_ops poor_ops = {.write = poor_write};
    struct poor_object poor = {.tries_in_vain = 2};
    struct page *page;
    object_init(&poor.object, OBJECT_FILE, &poor_ops);
    atomic_store(&poor.object.size, PAGE_SIZE);
    uint32_t stamp = object_errors(&poor.object);
    KTEST_EXPECT(page_get(&poor.object, 0, 0, &page, NULL) == 0 && page_make_dirty(page) == 0);
    page_put(page);
    KTEST_EXPECT(pagecache_sync(&poor.object, 0, 0) == 0 && poor.tries == 3 && poor.object.dirty_pages == 0);
    poor.tries_in_vain = 1000;
    KTEST_EXPECT(page_get(&poor.object, 0, 0, &page, NULL) == 0 && page_make_dirty(page) == 0);
    page_put(page);
    KTEST_EXPECT(pagecache_sync(&poor.object, 0, 0) == -ENOMEM && poor.tries < 1000);
    KTEST_EXPECT(poor.object.dirty_pages == 1 && page_has(page, PAGE_DIRTY) && writeback_writing() == 0);
    KTEST_EXPECT(object_error_since(&poor.object, stamp) == 0); /* nothing is lost */
    pagecache_truncate(&poor.object, 0);
    object_put(&poor.object);
    writeback_leave(&poor.object);
}

/* An object whose write takes as long as it is told to. */
struct slow_object {
    struct object object;
    _Atomic bool begun, may_end, ended;
};

static void slow_write(struct object *object, struct page **pages, unsigned count)
{
    struct slow_object *slow = container_of(object, struct slow_object, object);
    atomic_store(&slow->begun, true);
    while (!atomic_load(&slow->may_end))
        thread_yield();
    atomic_store(&slow->ended, true);
    for (unsigned i = 0; i < count; i++)
        page_io_done(pages[i], 0);
}

/* One writes it, if nobody else has begun to, one ends it meanwhile, and one has the write end. */
static void write_or_end(unsigned number, void *context)
{
    struct slow_object *slow = context;
    if (number == 0)
        pagecache_sync_all();
    while (!atomic_load(&slow->begun))
        thread_yield();
    if (number == 1) {
        KTEST_EXPECT(slow->object.references == 1);
        object_put(&slow->object);
        writeback_leave(&slow->object);
        KTEST_EXPECT(atomic_load(&slow->ended) && slow->object.writers == 0);
    }
    for (unsigned i = 0; number == 2 && i < 100; i++)
        thread_yield();
    if (number == 2)
        atomic_store(&slow->may_end, true);
}

KTEST(writeback, the_last_reference_is_never_a_writers)
{
    static const struct object_ops slow_ops = {.write = slow_write};
    struct slow_object slow = {0};
    struct page *page;
    object_init(&slow.object, OBJECT_FILE, &slow_ops);
    atomic_store(&slow.object.size, PAGE_SIZE);
    KTEST_EXPECT(page_get(&slow.object, 0, 0, &page, NULL) == 0 && page_make_dirty(page) == 0);
    page_put(page);
    crew_run(3, write_or_end, &slow);
    pagecache_truncate(&slow.object, 0);
}

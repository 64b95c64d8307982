/*
 * Eviction: who can go and who cannot, second chances, batches that need few shootdowns, and the way of each kind of victim: at once to standby, through
 * swap, or by way of the writer of files. The test boot's own swap partition is used.
 */
#include "mm/evict.h"

#include "kernel/abi/fcntl.h"
#include "kernel/fs/ext2.h"
#include "kernel/fs/file.h"
#include "kernel/ktest.h"
#include "kernel/thread.h"
#include "kernel/time.h"
#include "kernel/x86.h"
#include "mm/anon.h"
#include "mm/aspace.h"
#include "mm/busy.h"
#include "mm/pagecache.h"
#include "mm/rmap.h"
#include "mm/standby.h"
#include "mm/stats.h"
#include "mm/swap.h"
#include "tests/kernel/crew.h"
#include "tests/kernel/fake_object.h"
#include "tests/kernel/spaces.h"
#include "tests/kernel/swap_area.h"

enum { CROWD_PAGES = 512 };
#define POLL_NS (NS_PER_SECOND / 1000)

static vaddr_t page_at(uint64_t page)
{
    return SPACE_BASE + (page << PAGE_SHIFT);
}

KTEST(evict, locked_pages_are_passed_over)
{
    uint32_t name;
    struct aspace *aspace = aspace_create();
    space_map(aspace, SPACE_BASE, 1, SPACE_RW | AREA_LOCKED);
    space_store(aspace, page_at(0), 1);
    pfn_t frame = page_frame(space_anon(aspace, 0)->page);
    swap_begin();
    KTEST_EXPECT(evict_clock_ops.sample(NULL, frame, true, &name) == CLOCK_SKIPPED);
    evict_flush_cleared();
    swap_finish();
    aspace_put(aspace);
}

/* mlock() may come between the clock's look and the eviction; one address space may lock what another only maps. */
KTEST(evict, what_is_locked_after_the_clock_looked_stays)
{
    struct fake_object fake;
    struct evict_batch batch;
    struct page *page;
    struct aspace *locks = aspace_create(), *maps = aspace_create();
    fake_object_init(&fake, 1);
    space_map_object(locks, SPACE_BASE, 1, AREA_READ | AREA_SHARED | AREA_LOCKED, &fake.object, 0);
    space_map_object(maps, SPACE_BASE, 1, AREA_READ | AREA_SHARED, &fake.object, 0);
    KTEST_EXPECT(space_load(locks, SPACE_BASE) == 1 && space_load(maps, SPACE_BASE) == 1);
    KTEST_EXPECT((page = page_find_pinned(&fake.object, 0)) != NULL && rmap_count(page) == 2);
    page_unpin(page);
    evict_batch_init(&batch);
    KTEST_EXPECT(!evict_page(&batch, page));
    evict_write(&batch);
    KTEST_EXPECT(page->state == PAGE_ACTIVE && rmap_count(page) == 1 && rmap_has(page, locks, SPACE_BASE));
    KTEST_EXPECT(space_resident(locks) == 1 && space_resident(maps) == 0);
    KTEST_EXPECT(space_load(maps, SPACE_BASE) == 1 && rmap_count(page) == 2);
    vm_check();
    aspace_put(locks);
    aspace_put(maps);
    fake_object_end(&fake);
}

KTEST(evict, without_room_pages_stay)
{
    struct evict_batch batch;
    struct aspace *aspace = space_filled(1, 100);
    evict_batch_init(&batch);
    KTEST_EXPECT(swap_free() == 0 && !evict_page(&batch, space_anon(aspace, 0)->page));
    space_verify(aspace, 1, 100);
    aspace_put(aspace);
}

KTEST(evict, a_clean_page_of_a_file_is_rescued_without_a_read)
{
    struct fake_object fake;
    struct evict_batch batch;
    struct page *page, *again;
    fake_object_init(&fake, 10);
    evict_batch_init(&batch);
    KTEST_EXPECT(page_get(&fake.object, 3, 0, &page, NULL) == 0);
    page_put(page);
    KTEST_EXPECT(evict_page(&batch, page));
    evict_write(&batch);
    KTEST_EXPECT(page->state == PAGE_STANDBY);
    vm_check();
    uint64_t rescues = stat_get(STAT_RESCUED_FILE);
    KTEST_EXPECT(page_get(&fake.object, 3, 0, &again, NULL) == 0 && again == page && page->state == PAGE_ACTIVE);
    page_put(again);
    KTEST_EXPECT(fake.reads == 1 && stat_get(STAT_RESCUED_FILE) == rescues + 1);
    (void)evict_page(&batch, page);
    evict_write(&batch);
    again = page_find_pinned(&fake.object, 3);
    KTEST_EXPECT(again == page && page->state == PAGE_ACTIVE && !evict_page(&batch, page)); /* pinned */
    page_unpin(page);
    (void)evict_page(&batch, page);
    evict_write(&batch);
    fake_object_end(&fake); /* truncation takes it from standby */
    vm_check();
}

/* An address space that every CPU has loaded, and one of them evicts from. */
struct crowd {
    struct aspace *aspace;
    _Atomic unsigned ready;
    _Atomic bool done;
    uint64_t shootdowns;
};

static void crowd_work(unsigned number, void *context)
{
    struct crowd *crowd = context;
    struct tlb_counts before, after;
    if (number < cpus_online())
        thread_set_allowed_cpus(thread_current(), (uint64_t)1 << number); /* so that every CPU has one */
    aspace_use(crowd->aspace);
    thread_yield();
    atomic_fetch_add(&crowd->ready, 1);
    while (number != 0 && !atomic_load(&crowd->done))
        cpu_relax();
    if (number == 0) {
        while (atomic_load(&crowd->ready) < crew_size())
            thread_yield();
        tlb_counts(&before);
        KTEST_EXPECT(space_evict(crowd->aspace, CROWD_PAGES) == CROWD_PAGES);
        tlb_counts(&after);
        crowd->shootdowns = after.shootdowns - before.shootdowns;
        atomic_store(&crowd->done, true);
    }
    aspace_use(NULL);
}

/* Of the root's file system: where its last inodes are, which nobody uses. */
KTEST(evict, metadata_takes_part)
{
    struct file *file;
    struct page *page;
    const void *bytes;
    struct evict_batch batch;
    uint32_t name;
    KTEST_EXPECT(file_open(NULL, "/bin/sh", O_RDONLY, 0, &file) == 0);
    struct ext2 *ext2 = ext2_of(file->inode);
    const struct ext2_geometry *g = &ext2->geometry;
    uint32_t block = ext2->groups[g->groups - 1].inode_table + g->inodes_per_group * g->inode_size / g->block_size - 1;
    KTEST_EXPECT(ext2_metadata(ext2, block, &page, &bytes) == 0);
    KTEST_EXPECT(page->object == ext2->metadata && page->object->kind == OBJECT_DEVICE);
    page_unpin(page);
    pagecache_sync_all();
    pfn_t frame = page_frame(page);
    KTEST_EXPECT(evict_clock_ops.sample(NULL, frame, true, &name) == CLOCK_REFERENCED);
    KTEST_EXPECT(evict_clock_ops.sample(NULL, frame, true, &name) == CLOCK_IDLE);
    evict_batch_init(&batch);
    KTEST_EXPECT(evict_clock_ops.evict(&batch, frame));
    evict_write(&batch);
    KTEST_EXPECT(page->state == PAGE_STANDBY);
    uint64_t rescues = stat_get(STAT_RESCUED_FILE);
    KTEST_EXPECT(ext2_metadata(ext2, block, &page, &bytes) == 0);
    KTEST_EXPECT(page_frame(page) == frame && page->state == PAGE_ACTIVE && stat_get(STAT_RESCUED_FILE) > rescues);
    page_unpin(page);
    file_put(file);
}

KTEST(evict, a_stream_is_told_from_what_was_only_read_ahead)
{
    enum { PAGES = 4 };
    const struct readahead_range range = {.first = 0, .count = PAGES, .stream = true};
    struct fake_object fake;
    struct page *page;
    uint32_t name;
    fake_object_init(&fake, PAGES);
    pagecache_prefetch(&fake.object, &range);
    KTEST_EXPECT((page = page_find_pinned(&fake.object, 0)) != NULL && page_is_ahead(page));
    pfn_t frame = page_frame(page);
    page_unpin(page);
    KTEST_EXPECT(evict_clock_ops.sample(NULL, frame, true, &name) == CLOCK_REFERENCED);
    page_note_use(page);
    page_mark_referenced(page);
    KTEST_EXPECT(evict_clock_ops.sample(NULL, frame, true, &name) == CLOCK_STREAMED);
    KTEST_EXPECT(evict_clock_ops.sample(NULL, frame, true, &name) == CLOCK_IDLE);
    fake_object_end(&fake);
}

KTEST(evict, many_pages_take_few_shootdowns)
{
    swap_begin();
    struct crowd crowd = {.aspace = space_filled(CROWD_PAGES, 100)};
    crew_run(crew_size(), crowd_work, &crowd);
    KTEST_EXPECT(crowd.shootdowns <= CROWD_PAGES / 16);
    KTEST_EXPECT(crew_size() == 2 /* one CPU */ || crowd.shootdowns > 0);
    space_verify(crowd.aspace, CROWD_PAGES, 100);
    vm_check();
    aspace_put(crowd.aspace);
    swap_finish();
}

KTEST(evict, references_give_a_second_chance)
{
    uint32_t name, other;
    struct aspace *aspace = space_filled(2, 100);
    pfn_t frame = page_frame(space_anon(aspace, 0)->page);
    swap_begin();
    KTEST_EXPECT(evict_clock_ops.sample(NULL, frame, true, &name) == CLOCK_REFERENCED);
    KTEST_EXPECT(evict_clock_ops.sample(NULL, frame, false, &other) == CLOCK_IDLE && name == other);
    evict_flush_cleared();
    space_verify(aspace, 1, 100);
    KTEST_EXPECT(evict_clock_ops.sample(NULL, frame, false, &name) == CLOCK_REFERENCED);
    aspace_put(aspace);
    KTEST_EXPECT(evict_clock_ops.sample(NULL, frame, false, &name) == CLOCK_SKIPPED);
    swap_finish();
}

/* A page of the fake with other contents than its disk has. */
static struct page *page_modified(struct fake_object *fake, uint64_t index)
{
    struct page *page;
    KTEST_EXPECT(page_get(&fake->object, index, 0, &page, NULL) == 0);
    KTEST_EXPECT(page_make_dirty(page) == 0);
    page_put(page);
    return page;
}

KTEST(evict, a_modified_page_of_a_file_goes_by_way_of_the_writer)
{
    struct fake_object fake;
    struct evict_batch batch;
    fake_object_init(&fake, 10);
    evict_batch_init(&batch);
    struct page *page = page_modified(&fake, 4);
    KTEST_EXPECT(evict_page(&batch, page));
    evict_write(&batch);
    while (page->state != PAGE_STANDBY) /* the writer is woken, and comes to it in its own time */
        (void)thread_sleep_until(time_now() + POLL_NS, false);
    KTEST_EXPECT(fake.writes == 1 && fake.written_sum == 5 && !page_has(page, PAGE_DIRTY | PAGE_RECLAIM));
    vm_check();
    fake_object_end(&fake);
}

static bool stays(struct page *page)
{
    struct evict_batch batch;
    evict_batch_init(&batch);
    bool evicted = evict_page(&batch, page);
    evict_write(&batch);
    return !evicted && page->state == PAGE_ACTIVE;
}

KTEST(evict, busy_and_homeless_pages_stay)
{
    static const struct object_ops no_ops;
    struct object nowhere;
    struct fake_object fake;
    struct page *busy, *homeless;
    fake_object_init(&fake, 4);
    KTEST_EXPECT(page_get(&fake.object, 1, 0, &busy, NULL) == 0);
    KTEST_EXPECT(stays(busy) && page_has(busy, PAGE_BUSY)); /* I7 */
    page_put(busy);
    fake_object_end(&fake);
    object_init(&nowhere, OBJECT_FILE, &no_ops);
    atomic_store(&nowhere.size, PAGE_SIZE);
    KTEST_EXPECT(page_get(&nowhere, 0, 0, &homeless, NULL) == 0 && page_make_dirty(homeless) == 0);
    page_put(homeless);
    KTEST_EXPECT(stays(homeless)); /* its object has nowhere to write it */
    pagecache_truncate(&nowhere, 0);
    object_put(&nowhere);
}

/*
 * Read-ahead on the real disk, by its counters: the policy itself is tested on the host.
 */
#include "kernel/abi/fcntl.h"
#include "kernel/fs/file.h"
#include "kernel/fs/inode.h"
#include "kernel/ktest.h"
#include "mm/busy.h"
#include "mm/readahead_io.h"
#include "mm/slab.h"
#include "mm/stats.h"
#include "tests/kernel/fake_object.h"
#include "tests/kernel/spaces.h"

/* What the counters have counted since counts_begin(). */
struct counts {
    uint64_t issued, used, wasted, misses;
};

static void counts_begin(struct counts *counts)
{
    *counts = (struct counts){stat_get(STAT_READAHEAD_ISSUED), stat_get(STAT_READAHEAD_USED),
                              stat_get(STAT_READAHEAD_WASTED), stat_get(STAT_CACHE_MISSES)};
}

static void counts_end(struct counts *counts)
{
    struct counts now;
    counts_begin(&now);
    *counts = (struct counts){now.issued - counts->issued, now.used - counts->used, now.wasted - counts->wasted,
                              now.misses - counts->misses};
}

/* A slow disk: what is read ahead arrives when slow_answer() is called, what is asked for at once. */
struct slow_object {
    struct object object;
    struct page *pending[4 * READAHEAD_MAX];
    unsigned count;
};

static void slow_read(struct object *object, struct page **pages, unsigned count)
{
    struct slow_object *slow = container_of(object, struct slow_object, object);
    for (unsigned i = 0; i < count; i++) {
        if (page_is_ahead(pages[i]))
            slow->pending[slow->count++] = pages[i];
        else
            page_io_done(pages[i], 0);
    }
}

static unsigned slow_answer(struct slow_object *slow)
{
    unsigned count = slow->count;
    while (slow->count > 0)
        page_io_done(slow->pending[--slow->count], 0);
    return count;
}

/*
 * L28: a process computes while its next blocks arrive. The disk answers only while the reader computes, and yet the reader never finds a block that it
 * would have to wait for.
 */
KTEST(readahead, blocks_arrive_while_the_reader_computes)
{
    enum { PAGES = 1000 };
    static const struct object_ops ops = {.read = slow_read};
    struct slow_object *slow = kmalloc(sizeof *slow);
    struct readahead state = {0};
    struct counts counts;
    uint64_t during = 0;
    object_init(&slow->object, OBJECT_FILE, &ops);
    slow->object.size = PAGES * PAGE_SIZE;
    counts_begin(&counts);
    for (uint64_t index = 0; index < PAGES; index++) {
        struct page *page;
        readahead_use(&state, &slow->object, index, 1, false);
        readahead_note(&state, index);
        KTEST_EXPECT(page_get(&slow->object, index, PAGE_GET_CACHED | PAGE_GET_NOWAIT, &page, NULL) == 0);
        page_put(page);
        during += slow_answer(slow); /* the reader computes */
    }
    counts_end(&counts);
    KTEST_EXPECT(during == PAGES - 1 && counts.issued == PAGES - 1 && counts.used == PAGES - 1 && counts.misses == 1);
    pagecache_truncate(&slow->object, 0);
    kfree(slow);
}

/* Reads a program page by page, none of it in memory before, by that mode; how many pages it has. */
static uint64_t read_cold(enum readahead_mode mode, struct counts *counts)
{
    struct file *file;
    char *buffer = kmalloc(PAGE_SIZE);
    uint64_t pages = 0;
    KTEST_EXPECT(file_open(NULL, "/bin/sh", O_RDONLY, 0, &file) == 0);
    pagecache_drop(&file->inode->object, 0, UINT32_MAX);
    KTEST_EXPECT(pagecache_resident(&file->inode->object, 0, UINT32_MAX) == 0);
    enum readahead_mode before = readahead_select(mode);
    counts_begin(counts);
    while (file_read_kernel(file, buffer, PAGE_SIZE, pages << PAGE_SHIFT) > 0)
        pages++;
    counts_end(counts);
    (void)readahead_select(before);
    file_put(file);
    kfree(buffer);
    return pages;
}

KTEST(readahead, modes_differ_in_what_the_reader_has_to_ask_for)
{
    struct counts counts;
    uint64_t pages = read_cold(READAHEAD_OFF, &counts);
    KTEST_EXPECT(pages > 16 && counts.issued == 0 && counts.misses >= pages);
    pages = read_cold(READAHEAD_SIMPLE, &counts);
    KTEST_EXPECT(counts.issued == pages - 2 && counts.used == pages - 2); /* blocks 0 and 1 are asked for */
    pages = read_cold(READAHEAD_ADAPTIVE, &counts);
    KTEST_EXPECT(counts.issued == pages - 1 && counts.used == pages - 1 && counts.wasted == 0);
    KTEST_EXPECT(counts.misses < pages / 4); /* block 0, and metadata */
}

/*
 * Each mapped area has a state of its own: two walks at a time through one file, in turns, are two sequences to their areas, and each fetches windows as if it
 * were alone. To one state in common they would be jumps, each answered by the few pages around it.
 */
KTEST(readahead, two_areas_of_a_file_are_two_sequences)
{
    enum { PAGES = 480, APART = 500 };
    const vaddr_t second = SPACE_BASE + APART * PAGE_SIZE;
    struct counts counts;
    struct fake_object fake;
    struct aspace *aspace = aspace_create();
    fake_object_init(&fake, 2 * APART);
    space_map_object(aspace, SPACE_BASE, PAGES, SPACE_RW, &fake.object, 0);
    space_map_object(aspace, second, PAGES, SPACE_RW, &fake.object, APART);
    counts_begin(&counts);
    for (uint64_t offset = 0; offset < PAGES * PAGE_SIZE; offset += PAGE_SIZE)
        KTEST_EXPECT(space_load(aspace, SPACE_BASE + offset) == offset / PAGE_SIZE + 1 &&
                     space_load(aspace, second + offset) == APART + offset / PAGE_SIZE + 1);
    counts_end(&counts);
    KTEST_EXPECT(counts.misses <= 4 && fake.read_calls < PAGES / READAHEAD_CLUSTER);
    aspace_put(aspace);
    fake_object_end(&fake);
}

KTEST(readahead, what_is_given_up_unused_is_counted)
{
    struct counts counts;
    struct fake_object fake;
    fake_object_init(&fake, 100);
    counts_begin(&counts);
    readahead_start(&fake.object, 90, 1000);
    page_unpin(page_find_pinned(&fake.object, 95));
    pagecache_note_use(&fake.object, 95);
    fake_object_end(&fake);
    counts_end(&counts);
    KTEST_EXPECT(counts.issued == 10 && counts.used == 1 && counts.wasted == 9);
}

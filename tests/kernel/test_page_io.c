/*
 * Pages on their way to the disk: those of several files, whose order in the files is not that on the disk, leave sorted and in few large requests when page-out
 * has them written, as its driver sees it.
 */
#include "kernel/fs/page_io.h"

#include "kernel/abi/fcntl.h"
#include "kernel/fs/ext2.h"
#include "kernel/fs/file.h"
#include "kernel/fs/names.h"
#include "kernel/fs/path.h"
#include "kernel/ktest.h"
#include "kernel/thread.h"
#include "kernel/time.h"
#include "kernel/uio.h"
#include "mm/busy.h"
#include "mm/evict.h"
#include "mm/pageout.h"
#include "mm/writeback.h"

enum { FILES = 3, PAGES = 40, ALL = FILES * PAGES, SECTORS = PAGE_SIZE / SECTOR_SIZE, FEW = 8, ATTEMPTS = 20 };
#define POLL_NS (NS_PER_SECOND / 1000)

static const char *const paths[FILES] = {"/ktest-order-a", "/ktest-order-b", "/ktest-order-c"};

static struct file *files[FILES];

static void word_write(struct file *file, uint64_t page)
{
    struct uio uio;
    uint64_t offset = page << PAGE_SHIFT;
    uio_init_kernel(&uio, &page, sizeof(page), false);
    KTEST_EXPECT(file_write_at(file, &uio, &offset) == sizeof(page));
}

static void files_write(void)
{
    for (uint64_t page = PAGES; page-- > 0;) {
        for (unsigned i = 0; i < FILES; i++)
            word_write(files[i], page);
    }
}

static uint64_t sector_of(const struct file *file, uint64_t page)
{
    struct object *object = file_object(file);
    struct block_device *device;
    uint64_t sector = 0;
    KTEST_EXPECT(object->ops->locate(object, page, &device, &sector) == 0);
    return device->start + sector;
}

/* Each page gets its block when it is written to first, some in a row for each file: so the files take turns, and their blocks go down as pages go up. */
static void files_begin(void)
{
    for (unsigned i = 0; i < FILES; i++)
        KTEST_EXPECT(file_open(NULL, paths[i], O_RDWR | O_CREAT | O_EXCL, 0644, &files[i]) == 0);
    files_write();
    for (unsigned i = 0; i < FILES; i++) {
        KTEST_EXPECT(file_sync(files[i], false) == 0);
        for (uint64_t page = 1; page < PAGES; page++)
            KTEST_EXPECT(sector_of(files[i], page) < sector_of(files[i], page - 1));
        KTEST_EXPECT(sector_of(files[i], PAGES - 1) < sector_of(files[(i + 1) % FILES], 0));
    }
    pagecache_sync_all();
}

static void files_end(void)
{
    for (unsigned i = 0; i < FILES; i++) {
        struct path_walk walk;
        file_put(files[i]);
        KTEST_EXPECT(path_walk(&walk, NULL, paths[i], WALK_PARENT) == 0 && name_unlink(&walk, false) == 0);
        dentry_put(walk.at);
    }
}

/* --- what the driver is given ------------------------------------------------------------------------------------- */

/* Writes between two places of the disk. All of it is under the queue's lock. */
static struct {
    const struct block_ops *driver;
    uint64_t low, high, last; /* sectors */
    uint64_t sectors;
    unsigned requests, descents;
} seen;

static bool seen_start(struct block_device *disk, struct block_request *first)
{
    if (!seen.driver->start(disk, first))
        return false;
    if (first->operation != BLOCK_WRITE || first->position < seen.low || first->position > seen.high)
        return true;
    seen.requests++;
    seen.sectors += first->batch_sectors;
    seen.descents += first->position < seen.last;
    seen.last = first->position;
    return true;
}

static void seen_tell(struct block_device *disk)
{
    if (seen.driver->tell != NULL)
        seen.driver->tell(disk);
}

static void seen_collect(struct block_device *disk)
{
    seen.driver->collect(disk);
}

static void driver_set(struct block_device *disk, const struct block_ops *ops)
{
    spin_lock(&disk->queue.lock);
    disk->ops = ops;
    spin_unlock(&disk->queue.lock);
}

/* --- the writer, held up ------------------------------------------------------------------------------------------ */

/* An object whose write keeps the writer until it is told to go on. What the writer has gathered before leaves first: others may wait for it. */
static struct {
    struct object object;
    _Atomic bool begun, may_end;
} gate;

static void gate_write(struct object *object, struct page **pages, unsigned count)
{
    (void)object;
    page_io_gather_flush();
    atomic_store(&gate.begun, true);
    while (!atomic_load(&gate.may_end))
        (void)thread_sleep_until(time_now() + POLL_NS, false);
    for (unsigned i = 0; i < count; i++)
        page_io_done(pages[i], 0);
}

/* The writer may have its hands full: it is asked again, for a minute. */
static void gate_close(void)
{
    static const struct object_ops gate_ops = {.write = gate_write};
    uint64_t patience = time_now() + 60 * NS_PER_SECOND;
    struct page *page;
    atomic_store(&gate.begun, false);
    atomic_store(&gate.may_end, false);
    object_init(&gate.object, OBJECT_FILE, &gate_ops);
    atomic_store(&gate.object.size, PAGE_SIZE);
    KTEST_EXPECT(page_get(&gate.object, 0, 0, &page, NULL) == 0 && page_make_dirty(page) == 0);
    page_put(page);
    while (!atomic_load(&gate.begun) && time_now() < patience) {
        pageout_write_files();
        (void)thread_sleep_until(time_now() + POLL_NS, false);
    }
    KTEST_EXPECT(atomic_load(&gate.begun));
}

static void gate_open(void)
{
    atomic_store(&gate.may_end, true);
    writeback_leave(&gate.object);
    pagecache_truncate(&gate.object, 0);
    object_put(&gate.object);
}

/* --- the tests ---------------------------------------------------------------------------------------------------- */

static uint64_t pages_dirty(void)
{
    uint64_t dirty = 0;
    for (unsigned i = 0; i < FILES; i++)
        dirty += file_object(files[i])->dirty_pages;
    return dirty;
}

/* Modifies all pages and evicts them as the clock would, while the writer is held up; then it writes them. */
static void files_leave(void)
{
    struct evict_batch batch;
    gate_close();
    files_write();
    evict_batch_init(&batch);
    for (unsigned i = 0; i < FILES; i++) {
        for (uint64_t page = 0; page < PAGES; page++) {
            struct page *there = page_find_pinned(file_object(files[i]), page);
            KTEST_EXPECT(there != NULL);
            page_unpin(there);
            KTEST_EXPECT(evict_page(&batch, there));
        }
    }
    evict_write(&batch);
    KTEST_EXPECT(pages_dirty() == ALL);
    gate_open();
    while (pages_dirty() > 0 || writeback_writing() > 0)
        (void)thread_sleep_until(time_now() + POLL_NS, false);
}

/* Whether they left in order, but for one time that the elevator began at the bottom again, and in few requests. */
static bool leave_in_order(struct block_device *disk)
{
    struct block_ops ops = {.start = seen_start, .tell = seen_tell, .collect = seen_collect};
    seen.driver = disk->ops;
    seen.requests = seen.descents = 0;
    seen.sectors = seen.last = 0;
    driver_set(disk, &ops);
    files_leave();
    driver_set(disk, seen.driver);
    KTEST_EXPECT(seen.sectors == ALL * SECTORS);
    return seen.requests <= FEW && seen.descents <= 1;
}

/* Others' transfers that end meanwhile may have the disk begin with what has arrived: not each time. */
KTEST(page_io, evicted_pages_of_several_files_leave_in_the_order_of_the_disk)
{
    files_begin();
    struct block_device *disk = ext2_of(files[0]->inode)->device->disk;
    seen.high = sector_of(files[0], 0);
    seen.low = seen.high;
    for (unsigned i = 0; i < ALL; i++) {
        uint64_t sector = sector_of(files[i % FILES], i / FILES);
        seen.low = sector < seen.low ? sector : seen.low;
        seen.high = sector > seen.high ? sector : seen.high;
    }
    bool in_order = false;
    for (unsigned attempt = 0; attempt < ATTEMPTS && !in_order; attempt++)
        in_order = leave_in_order(disk);
    KTEST_EXPECT(in_order);
    files_end();
}

/*
 * The requests between anonymous pages and swap. See swap_io.h.
 *
 * A row of blocks may lie in several pieces of a swap file; then each piece is a request. Locks: pool.lock (RANK_STANDBY) guards the free list
 * and the watch.
 */
#include "mm/swap_io.h"

#include "kernel/abi/errno.h"
#include "kernel/dev/block.h"
#include "kernel/iowait.h"
#include "kernel/log.h"
#include "kernel/panic.h"
#include "kernel/time.h"
#include "kernel/wait.h"
#include "mm/anon.h"
#include "mm/busy.h"
#include "mm/pagecache.h"
#include "mm/standby.h"
#include "mm/stats.h"
#include "mm/swap.h"
#include "mm/vmtrace.h"

enum {
    REQUESTS = 24,
    KEPT_FOR_READS = 8,
    GAP_MOST = 16, /* blocks between two that are wanted, read with them: that costs less than one more request */
};

struct swap_io {
    struct block_request request;
    struct block_segment segments[SWAP_IO_PAGES];
    struct page *pages[SWAP_IO_PAGES]; /* null: nobody wants that block */
    struct list link;                  /* in the free list */
};

static struct {
    struct spinlock lock;
    struct list free;
    unsigned free_count;
    struct waitqueue waiters;
    _Atomic uint64_t writing; /* pages */
    uint64_t ends;            /* of write requests */
    struct {
        struct timer timer;
        bool armed, reported;
        uint64_t ends; /* when it was armed */
    } watch;
    struct swap_io requests[REQUESTS];
} pool = {.lock = SPINLOCK_INIT(RANK_STANDBY), .free = LIST_INIT(pool.free)};

_Atomic uint64_t swap_io_patience = 10000;

static struct page *nowhere; /* where blocks are read to that nobody wants, all of them at once; never looked at */

void swap_io_init(void)
{
    nowhere = frame_alloc(FRAME_WIRED);
    if (nowhere == NULL)
        panic("no memory for swapping");
    waitqueue_init(&pool.waiters);
    for (unsigned i = 0; i < REQUESTS; i++)
        list_push_back(&pool.free, &pool.requests[i].link);
    pool.free_count = REQUESTS;
}

uint64_t swap_io_writing(void)
{
    return atomic_load_explicit(&pool.writing, memory_order_relaxed);
}

static uint64_t watch_deadline(void)
{
    return time_now() + atomic_load_explicit(&swap_io_patience, memory_order_relaxed) * (NS_PER_SECOND / 1000);
}

/* In an interrupt, a patience after the timer was armed. */
static void watch_look(struct timer *timer)
{
    spin_lock(&pool.lock);
    uint64_t writing = swap_io_writing(); /* under the lock: who adds to it looks at `armed` after that */
    bool stuck = writing > 0 && pool.ends == pool.watch.ends;
    bool said = pool.watch.reported;
    pool.watch.reported = stuck;
    pool.watch.ends = pool.ends;
    pool.watch.armed = writing > 0;
    if (pool.watch.armed)
        timer_start(timer, watch_deadline());
    spin_unlock(&pool.lock);
    if (!stuck || said)
        return;
    stat_count(STAT_SWAP_STUCK);
    log_write(LOG_WARNING, "page-out: %lu pages have been on their way to swap for %lu ms without one arriving",
              (unsigned long)writing, (unsigned long)atomic_load(&swap_io_patience));
}

/* Pages are on their way out. */
static void watch_begin(void)
{
    spin_lock(&pool.lock);
    if (!pool.watch.armed) {
        pool.watch.armed = true;
        pool.watch.reported = false;
        pool.watch.ends = pool.ends;
        pool.watch.timer.function = watch_look;
        timer_start(&pool.watch.timer, watch_deadline());
    }
    spin_unlock(&pool.lock);
}

static struct swap_io *io_try_take(unsigned kept)
{
    struct list *link = NULL;
    spin_lock(&pool.lock);
    if (pool.free_count > kept) {
        link = list_pop_front(&pool.free);
        pool.free_count--;
    }
    spin_unlock(&pool.lock);
    return link != NULL ? list_entry(link, struct swap_io, link) : NULL;
}

/* Whoever has to wait starts the requests of `together` first: if all were held back by those who wait, none would ever end. */
static struct swap_io *io_take(unsigned kept, struct list *together)
{
    struct swap_io *io = io_try_take(kept);
    if (io != NULL)
        return io;
    if (together != NULL)
        block_submit_list(together);
    unsigned waits = iowait_begin();
    wait_event(&pool.waiters, (io = io_try_take(kept)) != NULL);
    iowait_end(waits);
    return io;
}

static void io_give(struct swap_io *io, bool written)
{
    spin_lock(&pool.lock);
    pool.ends += written;
    list_push_front(&pool.free, &io->link);
    pool.free_count++;
    spin_unlock(&pool.lock);
    wait_wake_all(&pool.waiters);
}

/* Interrupt context, as the two below. */
static void page_read_ended(struct page *page, int status)
{
    bool ahead = page_has(page, PAGE_AHEAD);
    if (status != 0) {
        page_set(page, PAGE_FAILED);
        stat_count(STAT_READ_ERRORS);
    }
    page_clear(page, PAGE_IO);
    if (ahead && status == 0)
        standby_offer(page);
    else
        page_put(page);
}

static void page_written(struct page *page, int status)
{
    page_clear(page, PAGE_IO | PAGE_WRITING);
    if (status == 0) {
        standby_offer(page);
        return;
    }
    stat_count(STAT_WRITE_ERRORS);
    swap_retire(page->anon);
    page_set(page, PAGE_DIRTY);
    page_put(page);
}

static void io_ended(struct block_request *request)
{
    struct swap_io *io = container_of(request, struct swap_io, request);
    bool read = request->operation == BLOCK_READ;
    unsigned count = request->segment_count;
    for (unsigned i = 0; i < count; i++) {
        if (io->pages[i] == NULL)
            continue;
        if (read)
            page_read_ended(io->pages[i], request->status);
        else
            page_written(io->pages[i], request->status);
    }
    if (!read)
        atomic_fetch_sub_explicit(&pool.writing, count, memory_order_relaxed);
    io_give(io, !read);
}

/* One request for pages whose blocks lie in a row on the device. */
static void io_fill(struct swap_io *io, enum block_operation operation, struct page **pages, unsigned count,
                    struct block_device *device, uint64_t sector)
{
    block_request_init(&io->request, device, operation, sector, NULL, 0);
    io->request.segments = io->segments;
    io->request.segment_count = count;
    io->request.done = io_ended;
    for (unsigned i = 0; i < count; i++) {
        const struct page *to = pages[i] != NULL ? pages[i] : nowhere;
        io->segments[i] = (struct block_segment){.address = page_address(to), .length = PAGE_SIZE};
        io->pages[i] = pages[i];
    }
}

/* Where the first request of pages[0 .. count) ends: with a page, and before a gap that is too long or has a bad block, which would make all of it fail. */
static unsigned part_end(struct page *const *pages, unsigned count)
{
    uint32_t block = pages[0]->anon->block;
    unsigned end = 1;
    for (unsigned i = 1; i < count && i - end <= GAP_MOST; i++) {
        if (pages[i] != NULL)
            end = i + 1;
        else if (swap_is_bad(block + i))
            break;
    }
    return end;
}

/* Makes requests of pages[0 .. count), and starts them or, if that is not null, adds them to `together`. */
static void io_run(enum block_operation operation, struct page **pages, unsigned count, struct list *together)
{
    const unsigned kept = operation == BLOCK_WRITE ? KEPT_FOR_READS : 0;
    while (count > 0) {
        struct block_device *device;
        uint64_t sector;
        if (pages[0] == NULL) {
            pages++;
            count--;
            continue;
        }
        struct swap_io *io = io_take(kept, together);
        uint32_t row = swap_place(pages[0]->anon->block, &device, &sector);
        unsigned part = part_end(pages, (unsigned)min_u64(min_u64(row, count), SWAP_IO_PAGES));
        stat_count(operation == BLOCK_READ ? STAT_SWAP_READS : STAT_SWAP_WRITES);
        io_fill(io, operation, pages, part, device, sector);
        if (together != NULL)
            list_push_back(together, &io->request.user_link);
        else
            block_submit(&io->request);
        pages += part;
        count -= part;
    }
}

static void pages_read(struct page **pages, unsigned count, struct list *together)
{
    for (unsigned i = 0; i < count; i++) {
        if (pages[i] == NULL)
            continue;
        stat_count(STAT_PSWPIN);
        vmtrace(VMTRACE_PAGE_IN, 1, page_frame(pages[i]), pages[i]->anon->block);
    }
    io_run(BLOCK_READ, pages, count, together);
}

void swap_io_read(struct page **pages, unsigned count)
{
    pages_read(pages, count, NULL);
}

void swap_io_write(struct page **pages, unsigned count)
{
    atomic_fetch_add(&pool.writing, count);
    watch_begin();
    stat_add(STAT_PSWPOUT, count);
    for (unsigned i = 0; i < count; i++) {
        assert(page_has(pages[i], PAGE_BUSY) && !page_has(pages[i], PAGE_DIRTY) && pages[i]->anon->block != 0);
        page_set(pages[i], PAGE_IO | PAGE_WRITING);
        vmtrace(VMTRACE_PAGE_OUT, 1, page_frame(pages[i]), pages[i]->anon->block);
    }
    io_run(BLOCK_WRITE, pages, count, NULL);
}

/* --- rows --------------------------------------------------------------------------------------------------------- */

void swap_rows_init(struct swap_rows *rows)
{
    rows->count = 0;
    list_init(&rows->requests);
}

/* Makes a request of the row that is open. */
static void row_close(struct swap_rows *rows)
{
    if (rows->count == 0)
        return;
    vmtrace(VMTRACE_READ_AHEAD, 1, rows->count, rows->block);
    pages_read(rows->pages, rows->count, &rows->requests);
    rows->count = 0;
}

/* Makes the row end before `block`: with a gap if it is near, else as a new row. */
static void row_reach(struct swap_rows *rows, uint32_t block)
{
    uint32_t end = rows->block + rows->count;
    if (rows->count > 0 && (block < end || block - end > GAP_MOST || block - rows->block >= SWAP_IO_PAGES))
        row_close(rows);
    if (rows->count == 0)
        rows->block = block;
    while (rows->block + rows->count < block)
        rows->pages[rows->count++] = NULL;
}

void swap_rows_read(struct swap_rows *rows)
{
    row_close(rows);
    block_submit_list(&rows->requests);
}

bool swap_rows_add(struct swap_rows *rows, uint32_t block, unsigned flags, bool *added)
{
    struct page *page = frame_alloc(FRAME_EASY);
    if (page == NULL)
        return false;
    *added = swap_install(block, page, flags);
    if (!*added) {
        frame_free(page);
        return true;
    }
    row_reach(rows, block);
    rows->pages[rows->count++] = page;
    return true;
}

/*
 * Building block requests out of pages; see page_io.h.
 */
#include "kernel/fs/page_io.h"

#include "kernel/cpu.h"
#include "kernel/iowait.h"
#include "kernel/wait.h"
#include "libc/string.h"
#include "mm/slab.h"

static struct slab_cache page_io_cache;

/*
 * For when there is no memory: page-out must be able to write, and who reads may be in its way.
 *
 * Who waits here gets a request in the end, however deep transfers nest (to find a file's block, a batch may have to read
 * metadata by another one) and however many do: a request of the reserve gets one page and is started at once, by
 * page_io_add(), which waits for nothing in between. So each that is taken is with the disk, which ends it.
 */
enum { RESERVE = 4 };

static struct {
    struct page_io requests[RESERVE];
    _Atomic bool taken[RESERVE];
    struct waitqueue waiters;
} reserve = {.waiters = WAITQUEUE_INIT(reserve.waiters)};

/* What is kept back. The list is the owner's. */
static struct {
    _Atomic(struct thread *) owner;
    struct list requests;
} gather = {.requests = LIST_INIT(gather.requests)};

static bool gather_is_mine(void)
{
    return atomic_load_explicit(&gather.owner, memory_order_relaxed) == thread_current();
}

void page_io_gather_begin(void)
{
    struct thread *none = NULL;
    (void)atomic_compare_exchange_strong(&gather.owner, &none, thread_current());
}

void page_io_gather_flush(void)
{
    if (gather_is_mine() && !list_is_empty(&gather.requests))
        block_submit_list(&gather.requests);
}

void page_io_gather_end(void)
{
    page_io_gather_flush();
    if (gather_is_mine())
        atomic_store(&gather.owner, NULL);
}

void page_clear_behind(struct page *page, uint64_t end)
{
    uint64_t start = (uint64_t)page->index << PAGE_SHIFT;
    if (start + PAGE_SIZE <= end)
        return;
    uint64_t valid = end > start ? end - start : 0;
    memset((char *)page_address(page) + valid, 0, PAGE_SIZE - valid);
}

static struct page_io *reserve_try_take(void)
{
    for (unsigned i = 0; i < RESERVE; i++) {
        bool none = false;
        if (atomic_compare_exchange_strong(&reserve.taken[i], &none, true))
            return &reserve.requests[i];
    }
    return NULL;
}

static bool page_io_is_reserved(const struct page_io *io)
{
    return io >= reserve.requests && io < reserve.requests + RESERVE;
}

/* Starts the batch's requests now, and what was gathered before them. */
static void page_io_start(struct page_io_batch *batch)
{
    page_io_gather_flush();
    if (!list_is_empty(&batch->requests))
        block_submit_list(&batch->requests);
}

/*
 * A request's memory; without any, one of the reserve. A batch that holds unstarted ones starts them first: their pages
 * are BUSY, and the disk may be long in giving one back.
 */
static struct page_io *page_io_allocate(struct page_io_batch *batch)
{
    struct page_io *io = slab_alloc(&page_io_cache, FRAME_NOWAIT | FRAME_RESERVE);
    if (io != NULL)
        return io;
    page_io_start(batch);
    unsigned waits = iowait_begin();
    wait_event(&reserve.waiters, (io = reserve_try_take()) != NULL);
    iowait_end(waits);
    return io;
}

static void page_io_free(struct page_io *io)
{
    if (!page_io_is_reserved(io)) {
        slab_free(&page_io_cache, io);
        return;
    }
    atomic_store(&reserve.taken[io - reserve.requests], false);
    wait_wake_all(&reserve.waiters);
}

/* In interrupt context, or from block_submit(). */
static void page_io_ended(struct block_request *request)
{
    struct page_io *io = container_of(request, struct page_io, request);
    for (unsigned i = 0; i < io->count; i++) {
        if (request->operation == BLOCK_READ && request->status == 0)
            page_clear_behind(io->pages[i], io->end);
        page_io_done(io->pages[i], request->status);
    }
    page_io_free(io);
}

void page_io_begin(struct page_io_batch *batch, struct block_device *device, enum block_operation operation,
                   uint64_t size)
{
    *batch = (struct page_io_batch){.device = device, .operation = operation, .end = size};
    list_init(&batch->requests);
}

/* A new request that starts at `sector`. */
static struct page_io *page_io_open(struct page_io_batch *batch, uint64_t sector)
{
    struct page_io *io = page_io_allocate(batch);
    block_request_init(&io->request, batch->device, batch->operation, sector, NULL, 0);
    io->request.segments = io->segments;
    io->request.segment_count = 0;
    io->request.done = page_io_ended;
    io->count = 0;
    io->end = batch->end;
    list_push_back(&batch->requests, &io->request.user_link);
    return io;
}

void page_io_add(struct page_io_batch *batch, struct page *page, uint64_t sector, uint32_t length)
{
    struct page_io *io = batch->open;
    if (io == NULL || sector != batch->next_sector || io->count == PAGE_IO_PAGES)
        io = batch->open = page_io_open(batch, sector);
    if (length < PAGE_SIZE && batch->operation == BLOCK_READ)
        memset((char *)page_address(page) + length, 0, PAGE_SIZE - length);
    block_request_add(&io->request, page_address(page), length);
    io->pages[io->count++] = page;
    batch->next_sector = length == PAGE_SIZE ? sector + (PAGE_SIZE >> SECTOR_SHIFT) : UINT64_MAX;
    if (page_io_is_reserved(io)) {
        page_io_start(batch);
        batch->open = NULL;
    }
}

void page_io_submit(struct page_io_batch *batch)
{
    struct list *link;
    if (batch->operation != BLOCK_WRITE || !gather_is_mine()) {
        page_io_start(batch);
        return;
    }
    while ((link = list_pop_front(&batch->requests)) != NULL)
        list_push_back(&gather.requests, link);
}

void page_io_init(void)
{
    slab_cache_init(&page_io_cache, "page_io", sizeof(struct page_io));
}

/*
 * Block devices: checks, queueing, completion, statistics; the helpers that wait.
 *
 * The life of a request:
 *
 *      block_submit          queue_run             interrupt: collect         requests_done
 *   -----------------> WAITING --------> RUNNING -------------------> ENDED ------------> done()
 *                        ^                                              |
 *                        +---- its batch failed: each one by itself ----+
 *
 * A device that does not answer for some time (the option disk_patience, in milliseconds) is reported in the log: what it has not
 * done, since when, who asked for it, and what to type in gdb.
 *
 * Up to running_max batches are in the driver; while that many run, what comes waits in the queue and is merged there. Locks: the
 * queue's lock (RANK_BLOCK) guards all of it; done() is called after it is released.
 */
#include <stdatomic.h>

#include "kernel/abi/errno.h"
#include "kernel/cpu.h"
#include "kernel/dev/block.h"
#include "kernel/dev/block_queue.h"
#include "kernel/iowait.h"
#include "kernel/layout.h"
#include "kernel/log.h"
#include "kernel/option.h"
#include "kernel/panic.h"
#include "kernel/thread.h"
#include "kernel/time.h"
#include "kernel/wait.h"
#include "libc/string.h"

#define PATIENCE_MS 10000  /* without an answer: then it is said in the log */
#define ERRORS_REPORTED 10 /* in the log, of each device */

/* Statistics of one device (disk or partition); the queue's lock held. */

static void statistics_advance(struct block_statistics *statistics, uint64_t now)
{
    uint64_t passed = now - statistics->changed_at;
    if (statistics->in_flight > 0)
        statistics->busy_ns += passed;
    statistics->weighted_ns += passed * statistics->in_flight;
    statistics->changed_at = now;
}

static void statistics_begin(struct block_device *device, uint64_t now)
{
    statistics_advance(&device->statistics, now);
    device->statistics.in_flight++;
}

static void statistics_end(struct block_device *device, const struct block_request *request, bool joined, uint64_t now)
{
    struct block_statistics *statistics = &device->statistics;
    statistics_advance(statistics, now);
    statistics->in_flight--;
    statistics->requests[request->operation] += !joined;
    statistics->sectors[request->operation] += request->sectors;
    statistics->time_ns[request->operation] += joined ? 0 : now - request->submitted;
    if (request->status != 0)
        statistics->errors++;
}

/* Counts for the request's device and, if that is a partition, for its disk. */
static void account_begin(const struct block_request *request)
{
    struct block_device *device = request->device;
    statistics_begin(device, request->submitted);
    if (device->disk != device)
        statistics_begin(device->disk, request->submitted);
}

/* `joined`: to one before it in its batch. */
static void account_end(const struct block_request *request, bool joined, uint64_t now)
{
    struct block_device *device = request->device;
    statistics_end(device, request, joined, now);
    if (device->disk != device)
        statistics_end(device->disk, request, joined, now);
}

static void account_merged(const struct block_request *request, unsigned merged)
{
    struct block_device *device = request->device;
    device->statistics.merged[request->operation] += merged;
    if (device->disk != device)
        device->disk->statistics.merged[request->operation] += merged;
}

/*
 * Whether a batch may run beside what runs. A request that is tried again alone must be so all the way down: a device may join
 * neighbours, too (QEMU does), and would fail them together.
 */
static bool may_run(const struct block_queue *queue, const struct block_request *first)
{
    return queue->running == 0 || (!first->alone && !queue->running_alone);
}

static const char *const operation_names[BLOCK_OPERATIONS] = {"read", "write", "flush"};

static uint64_t patience_ms(void)
{
    return option_number("disk_patience", PATIENCE_MS);
}

/* What a report says of a disk that does not answer; copied under the queue's lock. */
struct stuck {
    uint32_t running;
    const char *operation, *device;
    uint64_t sector, age_ms;
    uint32_t sectors;
    pid_t submitter;
};

/* Takes notes of the batch that has been in the driver for the longest; false if the disk has answered. */
static bool stuck_note(const struct block_queue *queue, struct stuck *stuck)
{
    if (queue->running == 0 || queue->answers != queue->answers_seen || list_is_empty(&queue->started))
        return false;
    const struct block_request *oldest = list_entry(queue->started.next, struct block_request, link);
    *stuck = (struct stuck){
        .running = queue->running,
        .operation = operation_names[oldest->operation],
        .device = oldest->device->name,
        .sector = oldest->sector,
        .sectors = oldest->batch_sectors,
        .age_ms = (time_now() - oldest->submitted) / (NS_PER_SECOND / 1000),
        .submitter = oldest->submitter,
    };
    return true;
}

static void stuck_report(const struct stuck *stuck, const char *disk)
{
    log_write(
        LOG_WARNING,
        "block: %s has not answered for %lu ms; of %u transfers under way the oldest is a %s of %u sectors from %lu "
        "on, on %s, %lu ms old, submitted by thread %d",
        disk, (unsigned long)patience_ms(), stuck->running, stuck->operation, stuck->sectors,
        (unsigned long)stuck->sector, stuck->device, (unsigned long)stuck->age_ms, stuck->submitter);
    log_write(LOG_WARNING, "block: in gdb: ck threads, for who waits; ck bt %d", stuck->submitter);
}

/* In an interrupt, when patience has run out since the timer was armed. */
static void queue_watch(struct timer *timer)
{
    const struct block_device *disk = timer->argument;
    struct block_queue *queue = container_of(timer, struct block_queue, watch);
    struct stuck stuck;
    spin_lock(&queue->lock);
    bool is_stuck = stuck_note(queue, &stuck);
    queue->answers_seen = queue->answers;
    queue->watched = queue->running > 0;
    if (queue->watched)
        timer_start(timer, time_now() + patience_ms() * (NS_PER_SECOND / 1000));
    spin_unlock(&queue->lock);
    if (is_stuck)
        stuck_report(&stuck, disk->name);
}

static void watch_begin(struct block_device *disk)
{
    struct block_queue *queue = &disk->queue;
    if (queue->watched || queue->running == 0 || patience_ms() == 0)
        return;
    queue->watched = true;
    queue->answers_seen = queue->answers;
    queue->watch.function = queue_watch;
    queue->watch.argument = disk;
    timer_start(&queue->watch, time_now() + patience_ms() * (NS_PER_SECOND / 1000));
}

/* Hands the next waiting batch to the driver; false if there is none, or no room for it. */
static bool batch_start(struct block_device *disk)
{
    struct block_queue *queue = &disk->queue;
    struct block_request *first = queue->running < queue->running_max ? block_queue_take(queue) : NULL;
    if (first == NULL)
        return false;
    if (!may_run(queue, first) || !disk->ops->start(disk, first)) {
        assert(queue->running > 0); /* else nobody would ever start it */
        block_queue_put_back(queue, first);
        return false;
    }
    queue->running++;
    queue->running_alone = first->alone;
    list_push_back(&queue->started, &first->link);
    disk->statistics.batches++;
    watch_begin(disk);
    return true;
}

/* Hands waiting batches to the driver while it has room. */
static void queue_run(struct block_device *disk)
{
    bool started = false;
    assert(spin_is_held(&disk->queue.lock));
    while (batch_start(disk))
        started = true;
    if (started && disk->ops->tell != NULL)
        disk->ops->tell(disk);
}

/* Under the queue's lock. The first errors of a device are enough to know it by. */
static void error_report(const struct block_request *request)
{
    if (request->device->statistics.errors <= ERRORS_REPORTED)
        log_write(LOG_ERROR, "block: %s: %s of %u sectors from %lu on has failed", request->device->name,
                  operation_names[request->operation], request->sectors, request->sector);
}

/* Calls done() for each request of `list`, a chain by batch_next; no lock held. */
static void requests_done(struct block_request *request)
{
    while (request != NULL) {
        struct block_request *next = request->batch_next; /* done() may free or reuse the request */
        request->done(request);
        request = next;
    }
}

/* Takes the lock off, then tells the owners of all ended batches. */
static void queue_unlock_and_tell(struct block_queue *queue)
{
    struct list ended;
    list_init(&ended);
    struct list *link;
    while ((link = list_pop_front(&queue->ended)) != NULL)
        list_push_back(&ended, link);
    spin_unlock(&queue->lock);
    while ((link = list_pop_front(&ended)) != NULL)
        requests_done(list_entry(link, struct block_request, link));
}

static void queue_requests_again(struct block_queue *queue, struct block_request *request)
{
    while (request != NULL) {
        struct block_request *next = request->batch_next;
        request->alone = true;
        block_queue_add(queue, request);
        request = next;
    }
}

void block_end_locked(struct block_device *disk, struct block_request *first, int status)
{
    struct block_queue *queue = &disk->queue;
    assert(spin_is_held(&queue->lock) && queue->running > 0);
    queue->running--;
    queue->answers++;
    list_remove(&first->link);
    if (status != 0 && first->batch_next != NULL && first->operation != BLOCK_FLUSH) {
        queue_requests_again(queue, first);
        return;
    }
    uint64_t now = time_now();
    for (struct block_request *request = first; request != NULL; request = request->batch_next) {
        request->status = status;
        account_end(request, request != first, now);
        if (status != 0)
            error_report(request);
    }
    list_push_back(&queue->ended, &first->link);
}

void block_interrupt(struct block_device *disk)
{
    spin_lock(&disk->queue.lock);
    disk->ops->collect(disk);
    queue_run(disk);
    queue_unlock_and_tell(&disk->queue);
}

/* The sectors in the request's segments; 0 when they are not what the contract asks for. */
static uint32_t request_length(const struct block_request *request)
{
    uint64_t bytes = 0;
    if (request->segment_count == 0 || request->segment_count > BLOCK_SEGMENTS_MAX)
        return 0;
    for (uint32_t i = 0; i < request->segment_count; i++) {
        const struct block_segment *segment = &request->segments[i];
        uint64_t address = (uint64_t)segment->address;
        assert(address >= DIRECT_MAP_BASE && address + segment->length <= DIRECT_MAP_END);
        if (segment->length == 0 || !is_aligned(segment->length, SECTOR_SIZE))
            return 0;
        bytes += segment->length;
    }
    uint64_t sectors = bytes >> SECTOR_SHIFT;
    return sectors > BLOCK_SECTORS_MAX ? 0 : (uint32_t)sectors;
}

/* Fills the block layer's fields. 0, or why the request cannot be done. */
static int request_prepare(struct block_request *request)
{
    struct block_device *device = request->device;
    request->status = 0;
    request->alone = false;
    request->batch_next = NULL;
    request->sectors = 0;
    request->position = 0;
    request->submitted = time_now();
    request->submitter = thread_current()->tid;
    if (request->operation == BLOCK_FLUSH)
        return 0;
    if (request->operation == BLOCK_WRITE && device->read_only)
        return -EROFS;
    uint32_t sectors = request_length(request);
    if (sectors == 0 || request->sector > device->sectors || sectors > device->sectors - request->sector)
        return -EIO;
    request->sectors = sectors;
    request->position = device->start + request->sector;
    return 0;
}

/* Whether the request ended here, without the disk: done() has been called. */
static bool request_ended_early(struct block_request *request)
{
    request->status = request_prepare(request);
    bool nothing_to_do = request->operation == BLOCK_FLUSH && !request->device->disk->can_flush;
    if (request->status == 0 && !nothing_to_do)
        return false;
    request->done(request);
    return true;
}

static void request_queue(struct block_request *request)
{
    struct block_queue *queue = &request->device->disk->queue;
    account_begin(request);
    block_queue_add(queue, request);
    account_merged(request, block_queue_merge(queue, request));
}

void block_submit(struct block_request *request)
{
    if (request_ended_early(request))
        return;
    struct block_device *disk = request->device->disk;
    spin_lock(&disk->queue.lock);
    request_queue(request);
    queue_run(disk);
    spin_unlock(&disk->queue.lock);
}

static void queue_kick(struct block_device *disk)
{
    spin_lock(&disk->queue.lock);
    queue_run(disk);
    spin_unlock(&disk->queue.lock);
}

void block_submit_list(struct list *requests)
{
    struct list *link;
    struct block_device *disk = NULL;
    while ((link = list_pop_front(requests)) != NULL) {
        struct block_request *request = list_entry(link, struct block_request, user_link);
        struct block_device *next = request->device->disk;
        if (request_ended_early(request))
            continue;
        if (disk != NULL && disk != next)
            queue_kick(disk);
        disk = next;
        spin_lock(&disk->queue.lock);
        request_queue(request);
        spin_unlock(&disk->queue.lock);
    }
    if (disk != NULL)
        queue_kick(disk);
}

void block_request_init(struct block_request *request, struct block_device *device, enum block_operation operation,
                        uint64_t sector, void *address, uint32_t length)
{
    memset(request, 0, sizeof(*request));
    request->device = device;
    request->operation = operation;
    request->sector = sector;
    request->single.address = address;
    request->single.length = length;
    request->segments = &request->single;
    request->segment_count = operation == BLOCK_FLUSH ? 0 : 1;
}

/*
 * Who waits for a request of its own sleeps here. One queue for all: the waker must touch nothing of the sleeper's, whose stack
 * frame is gone as soon as it sees that its request has ended.
 */
static struct waitqueue sync_waiters = WAITQUEUE_INIT(sync_waiters);

static void sync_done(struct block_request *request)
{
    atomic_store_explicit((_Atomic bool *)request->private, true, memory_order_release);
    wait_wake_all(&sync_waiters);
}

int block_request_sync(struct block_request *request)
{
    _Atomic bool ended = false;
    request->done = sync_done;
    request->private = &ended;
    might_sleep();
    block_submit(request);
    unsigned waits = iowait_begin();
    wait_event(&sync_waiters, atomic_load_explicit(&ended, memory_order_acquire));
    iowait_end(waits);
    return request->status;
}

static int transfer_sync(struct block_device *device, enum block_operation operation, uint64_t sector, char *buffer,
                         size_t length)
{
    struct block_request request;
    if (length == 0 || !is_aligned(length, SECTOR_SIZE))
        return -EIO;
    while (length > 0) {
        uint32_t piece = (uint32_t)min_u64(length, BLOCK_SECTORS_MAX << SECTOR_SHIFT);
        block_request_init(&request, device, operation, sector, buffer, piece);
        int error = block_request_sync(&request);
        if (error != 0)
            return error;
        buffer += piece;
        length -= piece;
        sector += piece >> SECTOR_SHIFT;
    }
    return 0;
}

int block_read_sync(struct block_device *device, uint64_t sector, void *buffer, size_t length)
{
    return transfer_sync(device, BLOCK_READ, sector, buffer, length);
}

int block_write_sync(struct block_device *device, uint64_t sector, const void *buffer, size_t length)
{
    return transfer_sync(device, BLOCK_WRITE, sector, (char *)buffer, length);
}

int block_flush_sync(struct block_device *device)
{
    struct block_request request;
    block_request_init(&request, device, BLOCK_FLUSH, 0, NULL, 0);
    return block_request_sync(&request);
}

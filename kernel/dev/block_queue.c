/*
 * The elevator.
 *
 *      sorted:   [ 8..15 | 16..23 ]   [ 64..71 ]   [ 200..207 | 208..215 | 216..223 ]      batches, by position
 *                                  ^ position: taken next is [ 64 .. ]; after the last one the first again
 *
 * A batch is a chain of requests of one kind that follow each other on the disk without a gap; the driver does it as one
 * transfer (scatter-gather). One direction only, as then no request waits longer than one sweep over the disk (the C-LOOK rule).
 * Flushes are not sorted: a flush covers the writes that had ended before it was submitted, so it may overtake what waits,
 * and one flush on the disk serves all that wait.
 *
 * Insertion looks from the end: a sequential stream costs one step a request.
 */
#include "kernel/dev/block_queue.h"

void block_queue_init(struct block_queue *queue)
{
    spin_init(&queue->lock, RANK_BLOCK);
    list_init(&queue->sorted);
    list_init(&queue->flushes);
    list_init(&queue->started);
    list_init(&queue->ended);
    queue->position = 0;
    queue->running = 0;
    queue->running_alone = false;
}

static struct block_request *request_of_link(struct list *link)
{
    return list_entry(link, struct block_request, link);
}

static uint64_t batch_end(const struct block_request *first)
{
    return first->position + first->batch_sectors;
}

static void insert_sorted(struct block_queue *queue, struct block_request *first)
{
    struct list *before = queue->sorted.prev;
    while (before != &queue->sorted && request_of_link(before)->position > first->position)
        before = before->prev;
    list_insert_after(before, &first->link);
}

void block_queue_add(struct block_queue *queue, struct block_request *request)
{
    request->batch_sectors = request->sectors;
    request->batch_segments = request->segment_count;
    request->batch_next = NULL;
    request->batch_last = request;
    if (request->operation == BLOCK_FLUSH)
        list_push_back(&queue->flushes, &request->link);
    else
        insert_sorted(queue, request);
}

/* Whether batch `second` continues batch `first` and the two make one that a driver can take. */
static bool batches_fit(const struct block_request *first, const struct block_request *second)
{
    return batch_end(first) == second->position && first->operation == second->operation && !first->alone &&
           !second->alone && first->batch_sectors + second->batch_sectors <= BLOCK_SECTORS_MAX &&
           first->batch_segments + second->batch_segments <= BLOCK_SEGMENTS_MAX;
}

/* Hangs batch `second`, linked in the queue, behind `first`. */
static void batch_append(struct block_request *first, struct block_request *second)
{
    list_remove(&second->link);
    first->batch_last->batch_next = second;
    first->batch_last = second->batch_last;
    first->batch_sectors += second->batch_sectors;
    first->batch_segments += second->batch_segments;
}

unsigned block_queue_merge(struct block_queue *queue, struct block_request *request)
{
    unsigned merged = 0;
    if (request->operation == BLOCK_FLUSH)
        return 0;
    struct list *after = request->link.next;
    if (after != &queue->sorted && batches_fit(request, request_of_link(after))) {
        batch_append(request, request_of_link(after));
        merged++;
    }
    struct list *before = request->link.prev;
    if (before != &queue->sorted && batches_fit(request_of_link(before), request)) {
        batch_append(request_of_link(before), request);
        merged++;
    }
    return merged;
}

/* All waiting flushes as one batch. */
static struct block_request *take_flushes(struct block_queue *queue)
{
    struct block_request *first = request_of_link(list_pop_front(&queue->flushes));
    struct list *link;
    while ((link = list_pop_front(&queue->flushes)) != NULL) {
        struct block_request *next = request_of_link(link);
        first->batch_last->batch_next = next;
        first->batch_last = next->batch_last;
    }
    return first;
}

struct block_request *block_queue_take(struct block_queue *queue)
{
    if (!list_is_empty(&queue->flushes))
        return take_flushes(queue);
    if (list_is_empty(&queue->sorted))
        return NULL;
    struct list *next = queue->sorted.next;
    while (next != &queue->sorted && request_of_link(next)->position < queue->position)
        next = next->next;
    if (next == &queue->sorted)
        next = queue->sorted.next;
    struct block_request *first = request_of_link(next);
    list_remove(next);
    queue->position = batch_end(first);
    return first;
}

void block_queue_put_back(struct block_queue *queue, struct block_request *first)
{
    if (first->operation == BLOCK_FLUSH) {
        list_push_front(&queue->flushes, &first->link);
        return;
    }
    insert_sorted(queue, first);
    queue->position = first->position;
}

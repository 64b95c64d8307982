/*
 * The elevator: nothing is lost or done twice, batches are contiguous and within limits, one direction only.
 *
 * Links: kernel/dev/block_queue.c
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/dev/block_queue.h"
#include "tests/host/support/tap.h"

enum { REQUESTS = 400, ROUNDS = 300, DISK = 20000 };

static struct block_request requests[REQUESTS];
static bool waiting[REQUESTS];
static struct block_queue queue;

void spin_init(struct spinlock *lock, enum lock_rank rank)
{
    *lock = (struct spinlock){.rank = (uint8_t)rank};
}

static unsigned add(unsigned index, enum block_operation operation, uint64_t position, uint32_t sectors)
{
    struct block_request *request = &requests[index];
    memset(request, 0, sizeof(*request));
    request->operation = operation;
    request->position = position;
    request->sectors = sectors;
    request->segment_count = (sectors + 7) / 8;
    waiting[index] = true;
    block_queue_add(&queue, request);
    return block_queue_merge(&queue, request);
}

/* Takes the next batch; checks and counts its requests. Returns its first one. */
static struct block_request *take(unsigned *count, bool *good)
{
    struct block_request *first = block_queue_take(&queue);
    uint32_t sectors = 0, segments = 0;
    *count = 0;
    for (struct block_request *at = first; at != NULL; at = at->batch_next) {
        *good &= waiting[at - requests] && at->operation == first->operation;
        *good &= at->operation == BLOCK_FLUSH || at->position == first->position + sectors;
        waiting[at - requests] = false;
        sectors += at->sectors;
        segments += at->segment_count;
        ++*count;
    }
    if (first != NULL && first->operation != BLOCK_FLUSH)
        *good &= sectors == first->batch_sectors && segments == first->batch_segments && sectors <= BLOCK_SECTORS_MAX &&
                 segments <= BLOCK_SEGMENTS_MAX;
    return first;
}

static void test_order(void)
{
    unsigned count;
    bool good = true;
    block_queue_init(&queue);
    add(0, BLOCK_READ, 500, 8);
    add(1, BLOCK_READ, 100, 8);
    add(2, BLOCK_READ, 300, 8);
    queue.position = 200;
    check(take(&count, &good) == &requests[2] && take(&count, &good) == &requests[0] &&
              take(&count, &good) == &requests[1],
          "upwards from where the head is, then from the bottom");
    check(block_queue_take(&queue) == NULL && good, "then nothing is left");
    add(0, BLOCK_WRITE, 500, 8);
    struct block_request *first = block_queue_take(&queue);
    block_queue_put_back(&queue, first);
    add(1, BLOCK_WRITE, 800, 8);
    check(take(&count, &good) == first, "what was put back comes first");
    (void)take(&count, &good);
}

static void test_merge(void)
{
    unsigned count;
    bool good = true;
    block_queue_init(&queue);
    check(add(0, BLOCK_WRITE, 0, 8) == 0 && add(1, BLOCK_WRITE, 8, 8) == 1 && add(2, BLOCK_WRITE, 24, 8) == 0 &&
              add(3, BLOCK_WRITE, 16, 8) == 2,
          "neighbours merge: behind, and into a gap");
    add(4, BLOCK_READ, 32, 8);
    check(take(&count, &good) == &requests[0] && count == 4 && good, "as one batch, without the read behind");
    check(take(&count, &good) == &requests[4] && count == 1, "which is a batch of its own");
    queue.position = 0;
    for (unsigned i = 0; i < 200; i++)
        add(i, BLOCK_WRITE, 8 * i, 8);
    (void)take(&count, &good);
    check(count == BLOCK_SEGMENTS_MAX && good, "no batch is larger than a driver takes");
    (void)take(&count, &good);
    check(count == 200 - BLOCK_SEGMENTS_MAX && good, "the rest is the next one");
    add(0, BLOCK_WRITE, 0, 8);
    requests[0].alone = true;
    check(add(1, BLOCK_WRITE, 8, 8) == 0, "a request tried again alone stays alone");
    (void)take(&count, &good);
    (void)take(&count, &good);
    add(0, BLOCK_WRITE, 0, 8);
    add(1, BLOCK_FLUSH, 0, 0);
    add(2, BLOCK_FLUSH, 0, 0);
    check(take(&count, &good) == &requests[1] && count == 2 && good, "flushes go first, all as one");
    (void)take(&count, &good);
}

static void add_random(unsigned index)
{
    unsigned kind = random_below(20);
    enum block_operation operation = kind == 0 ? BLOCK_FLUSH : kind < 10 ? BLOCK_READ : BLOCK_WRITE;
    uint32_t sectors = random_below(5) ? 8 : 8 * (1 + random_below(16));
    add(index, operation, operation == BLOCK_FLUSH ? 0 : 8 * random_below(DISK / 8),
        operation == BLOCK_FLUSH ? 0 : sectors);
}

static void test_random(void)
{
    bool good = true, empty = true;
    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned added = 0, taken = 0, count;
        block_queue_init(&queue);
        queue.position = random_below(DISK);
        while (added < REQUESTS) {
            if (random_below(3) != 0) {
                add_random(added++);
            } else {
                (void)take(&count, &good);
                taken += count;
            }
        }
        while (take(&count, &good) != NULL)
            taken += count;
        empty &= taken == REQUESTS;
    }
    check(good, "every batch is contiguous, of one kind, within limits, of requests that waited");
    check(empty, "every request is taken once");
}

int main(void)
{
    test_order();
    test_merge();
    test_random();
    printf("1..%u\n", checks);
    return failures == 0 ? 0 : 1;
}

/* The elevator: which waiting request goes to the disk next, and which go together. Pure; the caller holds the queue's lock. */
#ifndef KERNEL_DEV_BLOCK_QUEUE_H
#define KERNEL_DEV_BLOCK_QUEUE_H

#include "kernel/dev/block.h"

void block_queue_init(struct block_queue *queue);

/* Adds a request with position, sectors and segment_count set, as a batch of its own. */
void block_queue_add(struct block_queue *queue, struct block_request *request);

/* Joins the request just added to the batches that touch it. Returns how many requests were merged into another: 0, 1 or 2. */
unsigned block_queue_merge(struct block_queue *queue, struct block_request *request);

/* The batch to start next, unlinked; null when nothing waits. */
struct block_request *block_queue_take(struct block_queue *queue);

/* Puts a batch back that the driver had no room for; it will be taken first again. */
void block_queue_put_back(struct block_queue *queue, struct block_request *first);

#endif

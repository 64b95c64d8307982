/* NVMe queues; see nvme_queue.h. */
#include "kernel/dev/nvme_queue.h"

#include <stdatomic.h>

#include "kernel/abi/errno.h"
#include "kernel/layout.h"
#include "kernel/panic.h"
#include "mm/frame.h"

#define SUBMISSION_ORDER 2 /* frames, as a power of two */

_Static_assert(NVME_QUEUE_SIZE * sizeof(struct nvme_command) == PAGE_SIZE << SUBMISSION_ORDER, "a run of frames");
_Static_assert(NVME_QUEUE_SIZE * sizeof(struct nvme_completion) == PAGE_SIZE, "one frame");

int nvme_queue_open(struct nvme_queue *queue, unsigned size, volatile uint8_t *doorbells, unsigned stride)
{
    struct page *submissions = frame_alloc_run(SUBMISSION_ORDER, FRAME_ZERO | FRAME_WIRED);
    struct page *completions = frame_alloc(FRAME_ZERO | FRAME_WIRED);
    if (submissions == NULL || completions == NULL)
        return -ENOMEM;
    assert(size <= NVME_QUEUE_SIZE);
    *queue = (struct nvme_queue){
        .submissions = page_address(submissions),
        .completions = page_address(completions),
        .tail_doorbell = (volatile uint32_t *)doorbells,
        .head_doorbell = (volatile uint32_t *)(doorbells + stride),
        .size = size,
        .phase = 1,
        .free_count = size - 1,
    };
    for (unsigned i = 0; i < queue->free_count; i++)
        queue->free[i] = (uint16_t)i;
    return 0;
}

void nvme_queue_add(struct nvme_queue *queue, struct nvme_command command, void *owner)
{
    assert(queue->free_count > 0 && owner != NULL);
    command.number = queue->free[--queue->free_count];
    queue->owners[command.number] = owner;
    queue->submissions[queue->tail] = command;
    queue->tail = (queue->tail + 1) % queue->size;
}

void nvme_queue_notify(struct nvme_queue *queue)
{
    atomic_thread_fence(memory_order_release); /* the commands before the doorbell */
    *queue->tail_doorbell = queue->tail;
}

void *nvme_queue_take(struct nvme_queue *queue, bool *failed)
{
    volatile struct nvme_completion *completion = &queue->completions[queue->head];
    uint16_t status = completion->status;
    if ((status & 1) != queue->phase)
        return NULL;
    atomic_thread_fence(memory_order_acquire); /* the phase before the rest of the entry */
    uint16_t number = completion->number;
    assert(number < queue->size && queue->owners[number] != NULL);
    void *owner = queue->owners[number];
    *failed = status >> 1 != 0;
    queue->owners[number] = NULL;
    queue->free[queue->free_count++] = number;
    queue->head = (queue->head + 1) % queue->size;
    if (queue->head == 0)
        queue->phase ^= 1;
    *queue->head_doorbell = queue->head;
    return owner;
}

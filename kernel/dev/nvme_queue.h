/*
 * A pair of NVMe queues: commands go to the controller in a submission queue, their ends come back in a completion queue.
 *
 *     submission   | taken by the controller | command command | free ...       the tail's doorbell says: there are new ones
 *     completion   | seen | end end | not written in this round ...             each entry's phase bit says: written in this round
 *
 * A command is known by its number, which is free again when its end has been taken. No locks: the owner's.
 * Source: NVM Express base specification 1.4, chapter 4.
 */
#ifndef KERNEL_DEV_NVME_QUEUE_H
#define KERNEL_DEV_NVME_QUEUE_H

#include "kernel/types.h"

#define NVME_QUEUE_SIZE 256 /* entries of each, at most; one stays free */

struct nvme_command {
    uint8_t opcode;
    uint8_t flags;
    uint16_t number; /* the queue's to set */
    uint32_t name_space;
    uint64_t reserved[2];
    uint64_t prp1, prp2; /* the memory: first page, and the second page or a list of them */
    uint32_t words[6];
};
_Static_assert(sizeof(struct nvme_command) == 64, "NVMe 1.4, figure 105");

struct nvme_completion {
    uint32_t result;
    uint32_t reserved;
    uint16_t submission_head;
    uint16_t submission_queue;
    uint16_t number;
    uint16_t status; /* bit 0 is the phase, 0 in the rest is success */
};
_Static_assert(sizeof(struct nvme_completion) == 16, "NVMe 1.4, figure 122");

struct nvme_queue {
    struct nvme_command *submissions;
    volatile struct nvme_completion *completions;
    volatile uint32_t *tail_doorbell, *head_doorbell;
    unsigned size;
    unsigned tail, head;
    uint16_t phase;
    void *owners[NVME_QUEUE_SIZE]; /* of the commands under way, by number; null: free */
    uint16_t free[NVME_QUEUE_SIZE];
    unsigned free_count;
};

/* Allocates the memory of both queues; `doorbells` is where theirs are, `stride` bytes apart. 0 or -ENOMEM. Sleeps. */
int nvme_queue_open(struct nvme_queue *queue, unsigned size, volatile uint8_t *doorbells, unsigned stride) must_check;

/* Adds a command, for which there must be room (free_count > 0). The controller sees it after nvme_queue_notify(). */
void nvme_queue_add(struct nvme_queue *queue, struct nvme_command command, void *owner);
void nvme_queue_notify(struct nvme_queue *queue);

/* The owner of the next command that has ended, and whether it failed; null if there is none. */
void *nvme_queue_take(struct nvme_queue *queue, bool *failed);

#endif

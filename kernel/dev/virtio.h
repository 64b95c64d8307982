/*
 * Virtio devices over PCI, modern interface: feature negotiation, and the split virtqueue by which buffers go to and fro.
 *
 * The owner of a queue serialises the calls for it (virtio_blk.c: under the block queue's lock).
 */
#ifndef KERNEL_DEV_VIRTIO_H
#define KERNEL_DEV_VIRTIO_H

#include "kernel/dev/pci.h"
#include "kernel/types.h"

#define VIRTIO_QUEUE_SIZE_MAX 256

#define VIRTIO_F_INDIRECT ((uint64_t)1 << 28)
#define VIRTIO_F_VERSION_1 ((uint64_t)1 << 32)

struct virtio_device {
    struct pci_device *pci;
    volatile uint8_t *common; /* mapped register blocks */
    volatile uint8_t *notify;
    volatile uint8_t *config; /* the device's own; config_length bytes */
    uint64_t config_length;
    uint64_t notify_length;
    uint32_t notify_multiplier;
    uint64_t features; /* agreed on */
};

/* As the device reads it (virtio 1.1, 2.6.5). */
struct virtio_descriptor {
    uint64_t address;
    uint32_t length;
    uint16_t flags;
    uint16_t next;
};

struct virtio_queue {
    struct virtio_device *device;
    uint16_t size;      /* a power of two */
    uint16_t free_head; /* free descriptors, chained by `next` */
    uint16_t free_count;
    uint16_t used_seen; /* used entries taken so far */
    struct virtio_descriptor *descriptors;
    volatile uint16_t *available; /* flags, index, ring */
    volatile uint16_t *used;      /* flags, index, then pairs of 32 bits: descriptor, length */
    volatile uint16_t *notify;
    uint16_t index;
    void *tokens[VIRTIO_QUEUE_SIZE_MAX]; /* by first descriptor */
};

/* A chain of buffers being put together. */
struct virtio_chain {
    struct virtio_queue *queue;
    struct virtio_descriptor *table; /* indirect table, or null: descriptors of the ring itself */
    unsigned count;                  /* buffers promised */
    unsigned added;
    uint16_t head;
    uint16_t next; /* ring descriptor for the next buffer */
};

/*
 * Resets the device, agrees on those of `wanted` features that it offers (VERSION_1 and INDIRECT come by themselves), maps its
 * registers, turns MSI-X on. 0, -ENODEV when it is not a usable modern device, -ENOMEM. Sleeps.
 */
int virtio_open(struct virtio_device *device, struct pci_device *pci, uint64_t wanted) must_check;

/* Sets up queue `index`, at most VIRTIO_QUEUE_SIZE_MAX long, with MSI-X entry `entry` calling `handler`. 0 or an errno. Sleeps. */
int virtio_queue_open(struct virtio_queue *queue, struct virtio_device *device, uint16_t index, unsigned entry,
                      interrupt_handler *handler, void *argument) must_check;

/* Tells the device that the driver is ready; after all queues are open. */
void virtio_start(struct virtio_device *device);
/* Tells the device that the driver has given up. */
void virtio_fail(struct virtio_device *device);

/* The device's own configuration; 0 beyond its end. */
uint32_t virtio_config32(const struct virtio_device *device, unsigned offset);
uint64_t virtio_config64(const struct virtio_device *device, unsigned offset);

/*
 * Starts a chain of `count` buffers. With indirect descriptors it is built in `table` (room for `count`, at physical address
 * `table_address`) and takes one place in the ring, otherwise `count` places. False when there are not that many.
 */
bool virtio_chain_begin(struct virtio_chain *chain, struct virtio_queue *queue, unsigned count,
                        struct virtio_descriptor *table, paddr_t table_address) must_check;
/* Adds the next buffer. All buffers that the device reads come before all that it writes. */
void virtio_chain_add(struct virtio_chain *chain, paddr_t address, uint32_t length, bool device_writes);
/* Makes the finished chain available to the device under `token`. */
void virtio_chain_end(struct virtio_chain *chain, void *token);
/* Tells the device that there are new chains. */
void virtio_queue_notify(struct virtio_queue *queue);

/* The token of the next chain the device has finished, whose descriptors are free again; null when there is none. */
void *virtio_queue_take(struct virtio_queue *queue);

#endif

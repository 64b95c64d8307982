/*
 * The virtio-blk driver: block batches become chains of a header, the data and a status byte.
 *
 * Each transfer under way has a slot: one wired frame with the parts the device reads and writes beside the data. There are as many
 * slots as batches may run, allocated at start, so that I/O never needs memory. One queue, one MSI-X interrupt.
 *
 * Locks: ring and slots are guarded by the disk's block queue lock (RANK_BLOCK): start() and collect() are called under it.
 * Source: VIRTIO 1.1, section 5.2.
 */
#include "kernel/abi/errno.h"
#include "kernel/dev/block.h"
#include "kernel/dev/disk_controllers.h"
#include "kernel/dev/virtio.h"
#include "kernel/dev/virtio_blk.h"
#include "kernel/layout.h"
#include "kernel/log.h"
#include "kernel/random.h"
#include "libc/format.h"
#include "mm/frame.h"
#include "mm/slab.h"

#define FEATURE_SIZE_MAX ((uint64_t)1 << 1)
#define FEATURE_SEGMENTS_MAX ((uint64_t)1 << 2)
#define FEATURE_READ_ONLY ((uint64_t)1 << 5)
#define FEATURE_FLUSH ((uint64_t)1 << 9)

/* Offsets in the device's configuration. */
enum { CONFIG_CAPACITY = 0, CONFIG_SIZE_MAX = 8, CONFIG_SEGMENTS_MAX = 12 };

enum { REQUEST_READ = 0, REQUEST_WRITE = 1, REQUEST_FLUSH = 4 };
enum { STATUS_OK = 0, STATUS_UNSET = 0xff };

#define SLOTS 32

struct request_header {
    uint32_t kind;
    uint32_t reserved;
    uint64_t sector;
};

struct slot {
    struct virtio_descriptor table[BLOCK_SEGMENTS_MAX + 2];
    struct request_header header;
    volatile uint8_t status;
    struct block_request *first; /* the batch; null: the slot is free */
    struct slot *next_free;
};
_Static_assert(sizeof(struct slot) <= PAGE_SIZE, "a slot is within one frame");

struct virtio_disk {
    struct block_device block;
    struct virtio_device device;
    struct virtio_queue queue;
    struct slot *free;
};

static unsigned disk_count;

static uint32_t request_kind(const struct block_request *request)
{
    static const uint32_t kinds[BLOCK_OPERATIONS] = {REQUEST_READ, REQUEST_WRITE, REQUEST_FLUSH};
    return kinds[request->operation];
}

/* Adds the memory of all requests of the batch. */
static void chain_add_segments(struct virtio_chain *chain, const struct block_request *first)
{
    for (const struct block_request *request = first; request != NULL; request = request->batch_next) {
        for (uint32_t i = 0; i < request->segment_count; i++) {
            const struct block_segment *segment = &request->segments[i];
            virtio_chain_add(chain, direct_map_physical(segment->address), segment->length,
                             request->operation == BLOCK_READ);
        }
    }
}

static bool disk_start(struct block_device *block, struct block_request *first)
{
    struct virtio_disk *disk = block->driver;
    struct slot *slot = disk->free;
    struct virtio_chain chain;
    if (slot == NULL)
        return false;
    unsigned segments = first->operation == BLOCK_FLUSH ? 0 : first->batch_segments;
    if (!virtio_chain_begin(&chain, &disk->queue, segments + 2, slot->table, direct_map_physical(slot->table)))
        return false;
    disk->free = slot->next_free;
    slot->first = first;
    slot->status = STATUS_UNSET;
    slot->header = (struct request_header){.kind = request_kind(first), .sector = first->position};
    virtio_chain_add(&chain, direct_map_physical(&slot->header), sizeof(slot->header), false);
    if (segments > 0)
        chain_add_segments(&chain, first);
    virtio_chain_add(&chain, direct_map_physical((const void *)&slot->status), sizeof(slot->status), true);
    virtio_chain_end(&chain, slot);
    return true;
}

static void disk_tell(struct block_device *block)
{
    struct virtio_disk *disk = block->driver;
    virtio_queue_notify(&disk->queue);
}

static void disk_collect(struct block_device *block)
{
    struct virtio_disk *disk = block->driver;
    struct slot *slot;
    while ((slot = virtio_queue_take(&disk->queue)) != NULL) {
        struct block_request *first = slot->first;
        int status = slot->status == STATUS_OK ? 0 : -EIO;
        slot->first = NULL;
        slot->next_free = disk->free;
        disk->free = slot;
        block_end_locked(block, first, status);
    }
}

static const struct block_ops disk_ops = {.start = disk_start, .tell = disk_tell, .collect = disk_collect};

static void disk_interrupt(void *argument)
{
    struct virtio_disk *disk = argument;
    random_add(disk->queue.used_seen);
    block_interrupt(&disk->block);
}

static int slots_alloc(struct virtio_disk *disk)
{
    for (unsigned i = 0; i < SLOTS; i++) {
        struct page *page = frame_alloc(FRAME_ZERO | FRAME_WIRED);
        if (page == NULL)
            return -ENOMEM;
        struct slot *slot = page_address(page);
        slot->next_free = disk->free;
        disk->free = slot;
    }
    return 0;
}

/* Whether the device takes batches as large as the block layer makes them. */
static bool limits_suffice(const struct virtio_disk *disk)
{
    const struct virtio_device *device = &disk->device;
    if ((device->features & FEATURE_SEGMENTS_MAX) != 0 &&
        virtio_config32(device, CONFIG_SEGMENTS_MAX) < BLOCK_SEGMENTS_MAX)
        return false;
    if ((device->features & FEATURE_SIZE_MAX) != 0 && virtio_config32(device, CONFIG_SIZE_MAX) < BLOCK_SECTORS_MAX
                                                                                                     << SECTOR_SHIFT)
        return false;
    return (device->features & VIRTIO_F_INDIRECT) != 0 || disk->queue.size >= BLOCK_SEGMENTS_MAX + 2;
}

static int disk_open(struct virtio_disk *disk, struct pci_device *pci)
{
    uint64_t wanted = FEATURE_SIZE_MAX | FEATURE_SEGMENTS_MAX | FEATURE_READ_ONLY | FEATURE_FLUSH;
    int error = virtio_open(&disk->device, pci, wanted);
    if (error != 0)
        return error;
    error = slots_alloc(disk);
    if (error == 0)
        error = virtio_queue_open(&disk->queue, &disk->device, 0, 0, disk_interrupt, disk);
    if (error == 0 && !limits_suffice(disk))
        error = -ENODEV;
    if (error != 0)
        virtio_fail(&disk->device);
    return error;
}

static void disk_register(struct virtio_disk *disk)
{
    struct block_device *block = &disk->block;
    snprintf(block->name, sizeof(block->name), "vd%c", 'a' + (int)disk_count++);
    block->sectors = virtio_config64(&disk->device, CONFIG_CAPACITY);
    block->read_only = (disk->device.features & FEATURE_READ_ONLY) != 0;
    block->can_flush = (disk->device.features & FEATURE_FLUSH) != 0;
    block->ops = &disk_ops;
    block->driver = disk;
    block->queue.running_max = SLOTS;
    virtio_start(&disk->device);
    block_register_disk(block);
}

static void disk_probe(struct pci_device *pci)
{
    struct virtio_disk *disk = kmalloc(sizeof(*disk));
    int error = disk == NULL ? -ENOMEM : disk_open(disk, pci);
    if (error != 0) {
        /* What was allocated stays with the device, which may still know its addresses. */
        log_write(LOG_ERROR, "virtio-blk: %02x:%02x.%x cannot be used, error %d", pci->bus, pci->slot, pci->function,
                  -error);
        return;
    }
    disk_register(disk);
}

void virtio_blk_init(void)
{
    for (unsigned i = 0; i < pci_count(); i++) {
        struct pci_device *pci = pci_at(i);
        if (controller_is_virtio_blk(pci->vendor, pci->device))
            disk_probe(pci);
    }
}

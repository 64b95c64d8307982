/*
 * The virtio PCI transport and the split virtqueue.
 *
 *      descriptors: [address, length, flags, next] ...     who owns a chain: the driver, until its head is in `available`;
 *      available:   heads given to the device              the device, until its head is in `used`
 *      used:        heads the device has finished
 *
 * A queue is three pages, one for each part. Nothing the device writes is believed without a check: a head that is out of range
 * or not in flight is a panic, not a wild pointer. Sources: Virtual I/O Device (VIRTIO) 1.1, sections 2.6, 3.1, 4.1.
 */
#include <stdatomic.h>

#include "kernel/abi/errno.h"
#include "kernel/dev/virtio.h"
#include "kernel/layout.h"
#include "kernel/log.h"
#include "kernel/panic.h"
#include "mm/frame.h"
#include "mm/kmap.h"

#define VIRTIO_NO_VECTOR 0xffff

/* Kinds of register blocks: capability offset 3. */
enum { BLOCK_COMMON = 1, BLOCK_NOTIFY = 2, BLOCK_DEVICE = 4 };

/* Offsets within a vendor capability. */
enum {
    CAPABILITY_LENGTH = 2,
    CAPABILITY_KIND = 3,
    CAPABILITY_BAR = 4,
    CAPABILITY_OFFSET = 8,
    CAPABILITY_SIZE = 12,
    CAPABILITY_MULTIPLIER = 16,
};

/* Offsets of the common configuration. */
enum {
    COMMON_DEVICE_FEATURE_SELECT = 0,
    COMMON_DEVICE_FEATURE = 4,
    COMMON_DRIVER_FEATURE_SELECT = 8,
    COMMON_DRIVER_FEATURE = 12,
    COMMON_CONFIG_VECTOR = 16,
    COMMON_STATUS = 20,
    COMMON_QUEUE_SELECT = 22,
    COMMON_QUEUE_SIZE = 24,
    COMMON_QUEUE_VECTOR = 26,
    COMMON_QUEUE_ENABLE = 28,
    COMMON_QUEUE_NOTIFY_OFFSET = 30,
    COMMON_QUEUE_DESCRIPTORS = 32,
    COMMON_QUEUE_AVAILABLE = 40,
    COMMON_QUEUE_USED = 48,
    COMMON_SIZE = 56,
};

enum { STATUS_ACKNOWLEDGE = 1, STATUS_DRIVER = 2, STATUS_DRIVER_OK = 4, STATUS_FEATURES_OK = 8, STATUS_FAILED = 128 };

enum { DESCRIPTOR_NEXT = 1, DESCRIPTOR_WRITE = 2, DESCRIPTOR_INDIRECT = 4 };

/* Words of the available and used rings, behind one of flags. */
enum { RING_INDEX = 1, RING_ENTRIES = 2 };

static uint8_t common_read8(const struct virtio_device *device, unsigned offset)
{
    return device->common[offset];
}

static uint16_t common_read16(const struct virtio_device *device, unsigned offset)
{
    return *(volatile uint16_t *)(device->common + offset);
}

static uint32_t common_read32(const struct virtio_device *device, unsigned offset)
{
    return *(volatile uint32_t *)(device->common + offset);
}

static void common_write16(const struct virtio_device *device, unsigned offset, uint16_t value)
{
    *(volatile uint16_t *)(device->common + offset) = value;
}

static void common_write32(const struct virtio_device *device, unsigned offset, uint32_t value)
{
    *(volatile uint32_t *)(device->common + offset) = value;
}

/* In two halves, as the specification asks for. */
static void common_write64(const struct virtio_device *device, unsigned offset, uint64_t value)
{
    common_write32(device, offset, (uint32_t)value);
    common_write32(device, offset + 4, (uint32_t)(value >> 32));
}

static void status_add(const struct virtio_device *device, uint8_t bits)
{
    device->common[COMMON_STATUS] = common_read8(device, COMMON_STATUS) | bits;
}

/* Maps the register block that the vendor capability describes. Null when it does not fit its BAR. */
static volatile uint8_t *block_map(const struct pci_device *pci, unsigned capability, uint64_t *length)
{
    uint64_t bar_length;
    uint32_t offset = pci_read32(pci, capability + CAPABILITY_OFFSET);
    *length = pci_read32(pci, capability + CAPABILITY_SIZE);
    paddr_t bar = pci_bar(pci, pci_read8(pci, capability + CAPABILITY_BAR), &bar_length);
    if (bar == 0 || *length == 0 || offset + *length > bar_length)
        return NULL;
    return mmio_map(bar + offset, *length, false);
}

/* Finds and maps the common, notify and device blocks; the first usable one of a kind counts. */
static int blocks_map(struct virtio_device *device)
{
    uint64_t length = 0;
    unsigned at = 0;
    while ((at = pci_find_capability(device->pci, PCI_CAPABILITY_VENDOR, at)) != 0) {
        uint8_t kind = pci_read8(device->pci, at + CAPABILITY_KIND);
        if (kind == BLOCK_COMMON && device->common == NULL) {
            device->common = block_map(device->pci, at, &length);
            if (length < COMMON_SIZE)
                return -ENODEV;
        } else if (kind == BLOCK_NOTIFY && device->notify == NULL) {
            device->notify = block_map(device->pci, at, &device->notify_length);
            device->notify_multiplier = pci_read32(device->pci, at + CAPABILITY_MULTIPLIER);
        } else if (kind == BLOCK_DEVICE && device->config == NULL) {
            device->config = block_map(device->pci, at, &device->config_length);
        }
    }
    bool complete = device->common != NULL && device->notify != NULL && device->config != NULL;
    return complete ? 0 : -ENODEV;
}

static uint64_t features_offered(const struct virtio_device *device)
{
    common_write32(device, COMMON_DEVICE_FEATURE_SELECT, 0);
    uint64_t low = common_read32(device, COMMON_DEVICE_FEATURE);
    common_write32(device, COMMON_DEVICE_FEATURE_SELECT, 1);
    return low | (uint64_t)common_read32(device, COMMON_DEVICE_FEATURE) << 32;
}

static int features_agree(struct virtio_device *device, uint64_t wanted)
{
    device->features = features_offered(device) & (wanted | VIRTIO_F_VERSION_1 | VIRTIO_F_INDIRECT);
    if ((device->features & VIRTIO_F_VERSION_1) == 0)
        return -ENODEV;
    common_write32(device, COMMON_DRIVER_FEATURE_SELECT, 0);
    common_write32(device, COMMON_DRIVER_FEATURE, (uint32_t)device->features);
    common_write32(device, COMMON_DRIVER_FEATURE_SELECT, 1);
    common_write32(device, COMMON_DRIVER_FEATURE, (uint32_t)(device->features >> 32));
    status_add(device, STATUS_FEATURES_OK);
    return (common_read8(device, COMMON_STATUS) & STATUS_FEATURES_OK) != 0 ? 0 : -ENODEV;
}

/* Resetting takes effect when the status reads 0; a device that never gets there is given up. */
static int device_reset(struct virtio_device *device)
{
    device->common[COMMON_STATUS] = 0;
    for (unsigned i = 0; i < 1000000; i++) {
        if (common_read8(device, COMMON_STATUS) == 0)
            return 0;
    }
    return -ENODEV;
}

int virtio_open(struct virtio_device *device, struct pci_device *pci, uint64_t wanted)
{
    *device = (struct virtio_device){.pci = pci};
    pci_enable(pci);
    int error = blocks_map(device);
    if (error == 0)
        error = device_reset(device);
    if (error != 0)
        return error;
    status_add(device, STATUS_ACKNOWLEDGE);
    status_add(device, STATUS_DRIVER);
    error = features_agree(device, wanted);
    if (error == 0)
        error = pci_msix_enable(pci);
    if (error != 0) {
        virtio_fail(device);
        return error;
    }
    common_write16(device, COMMON_CONFIG_VECTOR, VIRTIO_NO_VECTOR);
    return 0;
}

void virtio_start(struct virtio_device *device)
{
    status_add(device, STATUS_DRIVER_OK);
}

void virtio_fail(struct virtio_device *device)
{
    status_add(device, STATUS_FAILED);
}

uint32_t virtio_config32(const struct virtio_device *device, unsigned offset)
{
    if (offset + sizeof(uint32_t) > device->config_length)
        return 0;
    return *(volatile uint32_t *)(device->config + offset);
}

uint64_t virtio_config64(const struct virtio_device *device, unsigned offset)
{
    return virtio_config32(device, offset) | (uint64_t)virtio_config32(device, offset + 4) << 32;
}

static void *ring_page(void)
{
    struct page *page = frame_alloc(FRAME_ZERO | FRAME_WIRED);
    return page == NULL ? NULL : page_address(page);
}

static int rings_alloc(struct virtio_queue *queue)
{
    queue->descriptors = ring_page();
    queue->available = ring_page();
    queue->used = ring_page();
    if (queue->descriptors == NULL || queue->available == NULL || queue->used == NULL)
        return -ENOMEM;
    for (uint16_t i = 0; i < queue->size; i++)
        queue->descriptors[i].next = i + 1;
    queue->free_head = 0;
    queue->free_count = queue->size;
    return 0;
}

/* Tells the device where the rings are; the queue is selected. */
static int rings_announce(struct virtio_queue *queue, unsigned entry)
{
    struct virtio_device *device = queue->device;
    common_write16(device, COMMON_QUEUE_SIZE, queue->size);
    common_write16(device, COMMON_QUEUE_VECTOR, (uint16_t)entry);
    if (common_read16(device, COMMON_QUEUE_VECTOR) != entry)
        return -ENOSPC;
    common_write64(device, COMMON_QUEUE_DESCRIPTORS, direct_map_physical(queue->descriptors));
    common_write64(device, COMMON_QUEUE_AVAILABLE, direct_map_physical((const void *)queue->available));
    common_write64(device, COMMON_QUEUE_USED, direct_map_physical((const void *)queue->used));
    uint64_t offset = (uint64_t)common_read16(device, COMMON_QUEUE_NOTIFY_OFFSET) * device->notify_multiplier;
    if (offset + sizeof(uint16_t) > device->notify_length)
        return -ENODEV;
    queue->notify = (volatile uint16_t *)(device->notify + offset);
    common_write16(device, COMMON_QUEUE_ENABLE, 1);
    return 0;
}

int virtio_queue_open(struct virtio_queue *queue, struct virtio_device *device, uint16_t index, unsigned entry,
                      interrupt_handler *handler, void *argument)
{
    *queue = (struct virtio_queue){.device = device, .index = index};
    common_write16(device, COMMON_QUEUE_SELECT, index);
    queue->size = (uint16_t)min_u64(common_read16(device, COMMON_QUEUE_SIZE), VIRTIO_QUEUE_SIZE_MAX);
    if (queue->size == 0)
        return -ENODEV;
    int error = rings_alloc(queue);
    if (error == 0)
        error = pci_msix_connect(device->pci, entry, handler, argument);
    if (error == 0)
        error = rings_announce(queue, entry);
    return error;
}

bool virtio_chain_begin(struct virtio_chain *chain, struct virtio_queue *queue, unsigned count,
                        struct virtio_descriptor *table, paddr_t table_address)
{
    bool indirect = (queue->device->features & VIRTIO_F_INDIRECT) != 0;
    if (queue->free_count < (indirect ? 1 : count))
        return false;
    *chain = (struct virtio_chain){.queue = queue, .count = count, .head = queue->free_head, .next = queue->free_head};
    if (!indirect)
        return true;
    chain->table = table;
    struct virtio_descriptor *entry = &queue->descriptors[chain->head];
    queue->free_head = entry->next;
    queue->free_count--;
    entry->address = table_address;
    entry->length = count * (uint32_t)sizeof(*table);
    entry->flags = DESCRIPTOR_INDIRECT;
    return true;
}

void virtio_chain_add(struct virtio_chain *chain, paddr_t address, uint32_t length, bool device_writes)
{
    bool last = ++chain->added == chain->count;
    uint16_t flags = (uint16_t)((device_writes ? DESCRIPTOR_WRITE : 0) | (last ? 0 : DESCRIPTOR_NEXT));
    assert(chain->added <= chain->count);
    if (chain->table != NULL) {
        chain->table[chain->added - 1] = (struct virtio_descriptor){address, length, flags, (uint16_t)chain->added};
        return;
    }
    struct virtio_queue *queue = chain->queue;
    struct virtio_descriptor *entry = &queue->descriptors[chain->next];
    entry->address = address;
    entry->length = length;
    entry->flags = flags; /* `next` stays: free descriptors are chained in the order they are used */
    chain->next = entry->next;
    queue->free_head = entry->next;
    queue->free_count--;
}

void virtio_chain_end(struct virtio_chain *chain, void *token)
{
    struct virtio_queue *queue = chain->queue;
    uint16_t index = queue->available[RING_INDEX];
    assert(chain->added == chain->count && token != NULL);
    queue->tokens[chain->head] = token;
    queue->available[RING_ENTRIES + (index & (queue->size - 1))] = chain->head;
    atomic_thread_fence(memory_order_release); /* the entry before the index that covers it */
    queue->available[RING_INDEX] = (uint16_t)(index + 1);
}

/*
 * Always, although the device may say in `used` that it is at work and need not be told. To rely on that, the driver must make
 * the index visible before it reads the flag, and no barrier promises it everywhere: on a machine of one processor QEMU's
 * emulator leaves barriers out, while the device is a thread of its own on another. It would then miss the last chain, and
 * both would wait for ever. The specification allows a notification that is not needed (2.6.10).
 */
void virtio_queue_notify(struct virtio_queue *queue)
{
    *queue->notify = queue->index;
}

/* Puts the chain that begins with `head` back on the free list. */
static void descriptors_free(struct virtio_queue *queue, uint16_t head)
{
    uint16_t last = head;
    uint16_t count = 1;
    while ((queue->descriptors[last].flags & DESCRIPTOR_NEXT) != 0) {
        last = queue->descriptors[last].next;
        count++;
    }
    queue->descriptors[last].next = queue->free_head;
    queue->free_head = head;
    queue->free_count = (uint16_t)(queue->free_count + count);
}

void *virtio_queue_take(struct virtio_queue *queue)
{
    if (queue->used_seen == queue->used[RING_INDEX])
        return NULL;
    atomic_thread_fence(memory_order_acquire); /* the index before the entry it covers */
    volatile uint32_t *entries = (volatile uint32_t *)(queue->used + RING_ENTRIES);
    uint32_t head = entries[(queue->used_seen & (queue->size - 1)) * 2];
    if (head >= queue->size || queue->tokens[head] == NULL)
        panic("virtio: the device finished descriptor %u, which it never had", head);
    void *token = queue->tokens[head];
    queue->tokens[head] = NULL;
    queue->used_seen++;
    descriptors_free(queue, (uint16_t)head);
    return token;
}

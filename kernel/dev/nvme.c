/*
 * The NVMe driver: block batches become reads, writes and flushes of a controller's namespace 1.
 *
 *     batch    | 512 | 4096 | 4096 | 1024 | 512 |        segments, anywhere in memory
 *     commands | 512 + 4096 + 4096 | 1024 | 512 |        within one, pages but the first begin and all but the last end at a page's edge
 *
 * Each batch under way has a slot: a frame for the lists of its commands' pages, and how many of them have not ended. There are as
 * many slots as batches may run, and commands for the largest batch, allocated at start, so that I/O never needs memory. One
 * pair of queues with an MSI-X interrupt; the admin queues are polled at start-up and not used afterwards.
 *
 * Locks: queues and slots are guarded by the disk's block queue lock (RANK_BLOCK): start() and collect() are called under it.
 * Source: NVM Express base specification 1.4; figures 68 (registers), 247 and 245 (identify), 4.3 (PRP lists).
 */
#include "kernel/dev/nvme.h"

#include "kernel/abi/errno.h"
#include "kernel/dev/block.h"
#include "kernel/dev/disk_controllers.h"
#include "kernel/dev/nvme_queue.h"
#include "kernel/dev/pci.h"
#include "kernel/layout.h"
#include "kernel/log.h"
#include "kernel/panic.h"
#include "kernel/random.h"
#include "kernel/time.h"
#include "kernel/x86.h"
#include "libc/format.h"
#include "libc/string.h"
#include "mm/frame.h"
#include "mm/kmap.h"
#include "mm/slab.h"

enum nvme_register {
    REGISTER_CAPABILITIES = 0,
    REGISTER_CONFIGURATION = 0x14,
    REGISTER_STATUS = 0x1c,
    REGISTER_ADMIN_SIZES = 0x24,
    REGISTER_ADMIN_SUBMISSIONS = 0x28,
    REGISTER_ADMIN_COMPLETIONS = 0x30,
    REGISTER_DOORBELLS = 0x1000,
};

#define CONFIGURATION_ENABLE (1u | 6u << 16 | 4u << 20) /* entries of 2^6 and 2^4 bytes, pages of 4 KB */
#define STATUS_READY 1u
#define STATUS_FATAL 2u
#define QUEUE_CONTIGUOUS 1u
#define QUEUE_INTERRUPTS 2u

enum { OPCODE_FLUSH = 0, OPCODE_WRITE = 1, OPCODE_READ = 2 };
enum { ADMIN_CREATE_SUBMISSION = 1, ADMIN_CREATE_COMPLETION = 5, ADMIN_IDENTIFY = 6 };
enum { IDENTIFY_NAMESPACE = 0, IDENTIFY_CONTROLLER = 1 };

/* Offsets in what identify answers. */
enum { CONTROLLER_TRANSFER_SHIFT = 77, CONTROLLER_WRITE_CACHE = 525 };
enum { NAMESPACE_SIZE = 0, NAMESPACE_FORMAT = 26, NAMESPACE_FORMATS = 128 };

#define ADMIN_SIZE 16
#define SLOTS 16
#define PATIENCE_MS 10000
#define LIST_ENTRIES (PAGE_SIZE / sizeof(uint64_t))
_Static_assert(BLOCK_SEGMENTS_MAX + (BLOCK_SECTORS_MAX << SECTOR_SHIFT) / PAGE_SIZE + 1 <= LIST_ENTRIES, "one list");

/* A command ends where segments do not go on, or at transfer_max, which is 8 KB at least. */
_Static_assert(BLOCK_SEGMENTS_MAX + (BLOCK_SECTORS_MAX << SECTOR_SHIFT) / (2 * PAGE_SIZE) + 1 < NVME_QUEUE_SIZE,
               "the queue has room for the largest batch");

struct slot {
    struct block_request *first; /* the batch; null: the slot is free */
    uint64_t *list;              /* a frame */
    unsigned list_used;
    unsigned commands; /* that have not ended */
    bool failed;
};

struct nvme_disk {
    struct block_device block;
    struct pci_device *pci;
    volatile uint8_t *registers;
    unsigned stride;       /* between doorbells, bytes */
    uint32_t transfer_max; /* bytes of one command */
    struct nvme_queue admin, io;
    struct slot slots[SLOTS];
};

static unsigned disk_count;

static volatile uint32_t *register32(const struct nvme_disk *disk, enum nvme_register offset)
{
    return (volatile uint32_t *)(disk->registers + offset);
}

static void register_write64(const struct nvme_disk *disk, enum nvme_register offset, uint64_t value)
{
    *(volatile uint64_t *)(disk->registers + offset) = value;
}

/* --- a batch ------------------------------------------------------------------------------------------------------ */

/* A command that is being put together: memory of `bytes` from `first` on, going on at `end`. */
struct transfer {
    struct nvme_command command;
    uint64_t sector;
    paddr_t first, end;
    uint32_t bytes;
    uint64_t *pages; /* in the slot's list: all but the first */
    unsigned page_count;
};

static void transfer_submit(struct nvme_disk *disk, struct slot *slot, struct transfer *transfer)
{
    struct nvme_command *command = &transfer->command;
    uint32_t sectors = transfer->bytes >> SECTOR_SHIFT;
    if (sectors == 0)
        return;
    command->name_space = 1;
    command->prp1 = transfer->first;
    command->prp2 = transfer->page_count > 1    ? direct_map_physical(transfer->pages)
                    : transfer->page_count == 1 ? transfer->pages[0]
                                                : 0;
    command->words[0] = (uint32_t)transfer->sector;
    command->words[1] = (uint32_t)(transfer->sector >> 32);
    command->words[2] = sectors - 1;
    nvme_queue_add(&disk->io, *command, slot);
    slot->commands++;
    slot->list_used += transfer->page_count;
    transfer->sector += sectors;
    transfer->bytes = 0;
}

static void transfer_begin(struct slot *slot, struct transfer *transfer, paddr_t address)
{
    transfer->first = transfer->end = address;
    transfer->pages = &slot->list[slot->list_used];
    transfer->page_count = 0;
}

/* Adds memory that lies within one page; begins a new command where this cannot go on. */
static void transfer_add(struct nvme_disk *disk, struct slot *slot, struct transfer *transfer, paddr_t address,
                         uint32_t bytes)
{
    bool goes_on = address == transfer->end || (is_aligned(address, PAGE_SIZE) && is_aligned(transfer->end, PAGE_SIZE));
    if (transfer->bytes > 0 && (!goes_on || transfer->bytes + bytes > disk->transfer_max))
        transfer_submit(disk, slot, transfer);
    if (transfer->bytes == 0)
        transfer_begin(slot, transfer, address);
    else if (is_aligned(address, PAGE_SIZE))
        transfer->pages[transfer->page_count++] = address;
    transfer->bytes += bytes;
    transfer->end = address + bytes;
}

static void batch_submit(struct nvme_disk *disk, struct slot *slot, const struct block_request *first)
{
    struct transfer transfer = {.sector = first->position};
    transfer.command.opcode = first->operation == BLOCK_READ ? OPCODE_READ : OPCODE_WRITE;
    for (const struct block_request *request = first; request != NULL; request = request->batch_next) {
        for (uint32_t i = 0; i < request->segment_count; i++) {
            paddr_t address = direct_map_physical(request->segments[i].address);
            for (uint32_t left = request->segments[i].length; left > 0;) {
                uint32_t piece = (uint32_t)min_u64(left, PAGE_SIZE - address % PAGE_SIZE);
                transfer_add(disk, slot, &transfer, address, piece);
                address += piece;
                left -= piece;
            }
        }
    }
    transfer_submit(disk, slot, &transfer);
}

static struct slot *slot_find(struct nvme_disk *disk)
{
    for (unsigned i = 0; i < SLOTS; i++) {
        if (disk->slots[i].first == NULL)
            return &disk->slots[i];
    }
    return NULL;
}

/* Commands that a batch takes at most. */
static unsigned commands_max(const struct nvme_disk *disk, const struct block_request *first)
{
    if (first->operation == BLOCK_FLUSH)
        return 1;
    return first->batch_segments + (unsigned)(first->batch_sectors << SECTOR_SHIFT) / disk->transfer_max + 1;
}

static bool disk_start(struct block_device *block, struct block_request *first)
{
    struct nvme_disk *disk = block->driver;
    struct slot *slot = slot_find(disk);
    if (slot == NULL || disk->io.free_count < commands_max(disk, first))
        return false;
    *slot = (struct slot){.first = first, .list = slot->list};
    if (first->operation == BLOCK_FLUSH) {
        nvme_queue_add(&disk->io, (struct nvme_command){.opcode = OPCODE_FLUSH, .name_space = 1}, slot);
        slot->commands = 1;
    } else {
        batch_submit(disk, slot, first);
    }
    return true;
}

static void disk_tell(struct block_device *block)
{
    struct nvme_disk *disk = block->driver;
    nvme_queue_notify(&disk->io);
}

static void disk_collect(struct block_device *block)
{
    struct nvme_disk *disk = block->driver;
    struct slot *slot;
    bool failed;
    while ((slot = nvme_queue_take(&disk->io, &failed)) != NULL) {
        slot->failed |= failed;
        if (--slot->commands > 0)
            continue;
        struct block_request *first = slot->first;
        slot->first = NULL;
        block_end_locked(block, first, slot->failed ? -EIO : 0);
    }
}

static const struct block_ops disk_ops = {.start = disk_start, .tell = disk_tell, .collect = disk_collect};

static void disk_interrupt(void *argument)
{
    struct nvme_disk *disk = argument;
    random_add(tsc_read());
    block_interrupt(&disk->block);
}

/* --- start-up ----------------------------------------------------------------------------------------------------- */

/* Waits until the controller is ready, or not. 0 or -EIO. */
static int wait_ready(const struct nvme_disk *disk, uint32_t ready)
{
    for (unsigned i = 0; i < PATIENCE_MS; i++) {
        uint32_t status = *register32(disk, REGISTER_STATUS);
        if ((status & STATUS_FATAL) != 0)
            return -EIO;
        if ((status & STATUS_READY) == ready)
            return 0;
        time_delay_us(1000);
    }
    return -EIO;
}

/* One admin command, from start to end. 0 or -EIO. */
static int admin_do(struct nvme_disk *disk, struct nvme_command command)
{
    bool failed;
    nvme_queue_add(&disk->admin, command, disk);
    nvme_queue_notify(&disk->admin);
    for (unsigned i = 0; i < PATIENCE_MS; i++) {
        if (nvme_queue_take(&disk->admin, &failed) != NULL)
            return failed ? -EIO : 0;
        time_delay_us(1000);
    }
    return -EIO;
}

static int identify(struct nvme_disk *disk, unsigned what, const uint8_t *answer)
{
    return admin_do(disk, (struct nvme_command){.opcode = ADMIN_IDENTIFY,
                                                .name_space = what == IDENTIFY_NAMESPACE,
                                                .prp1 = direct_map_physical(answer),
                                                .words = {what}});
}

/* Reads what the disk is like. 0; -EIO; -EOPNOTSUPP for sectors that are not of 512 bytes. `answer` is a frame. */
static int disk_identify(struct nvme_disk *disk, const uint8_t *answer)
{
    int error = identify(disk, IDENTIFY_CONTROLLER, answer);
    if (error != 0)
        return error;
    unsigned shift = answer[CONTROLLER_TRANSFER_SHIFT];
    bool unlimited = shift == 0 || shift > 8;
    disk->transfer_max = unlimited ? (uint32_t)(BLOCK_SECTORS_MAX << SECTOR_SHIFT) : (uint32_t)PAGE_SIZE << shift;
    disk->block.can_flush = (answer[CONTROLLER_WRITE_CACHE] & 1) != 0;
    error = identify(disk, IDENTIFY_NAMESPACE, answer);
    if (error != 0)
        return error;
    memcpy(&disk->block.sectors, answer + NAMESPACE_SIZE, sizeof(disk->block.sectors));
    uint32_t format;
    memcpy(&format, answer + NAMESPACE_FORMATS + 4 * (answer[NAMESPACE_FORMAT] & 0xf), sizeof(format));
    bool plain = (format & 0xffff) == 0 && (format >> 16 & 0xff) == SECTOR_SHIFT; /* no metadata */
    return plain && disk->block.sectors > 0 ? 0 : -EOPNOTSUPP;
}

static int controller_start(struct nvme_disk *disk)
{
    *register32(disk, REGISTER_CONFIGURATION) = 0;
    int error = wait_ready(disk, 0);
    if (error == 0)
        error = nvme_queue_open(&disk->admin, ADMIN_SIZE, disk->registers + REGISTER_DOORBELLS, disk->stride);
    if (error != 0)
        return error;
    *register32(disk, REGISTER_ADMIN_SIZES) = (ADMIN_SIZE - 1) << 16 | (ADMIN_SIZE - 1);
    register_write64(disk, REGISTER_ADMIN_SUBMISSIONS, direct_map_physical(disk->admin.submissions));
    register_write64(disk, REGISTER_ADMIN_COMPLETIONS, direct_map_physical((const void *)disk->admin.completions));
    *register32(disk, REGISTER_CONFIGURATION) = CONFIGURATION_ENABLE;
    return wait_ready(disk, STATUS_READY);
}

/* The pair of queues number 1, with the MSI-X entry `entry`. */
static int io_queues_create(struct nvme_disk *disk, unsigned entry)
{
    uint32_t name = (NVME_QUEUE_SIZE - 1) << 16 | 1;
    int error = nvme_queue_open(&disk->io, NVME_QUEUE_SIZE, disk->registers + REGISTER_DOORBELLS + 2 * disk->stride,
                                disk->stride);
    if (error == 0)
        error = pci_msix_connect(disk->pci, entry, disk_interrupt, disk);
    if (error == 0)
        error = admin_do(disk,
                         (struct nvme_command){.opcode = ADMIN_CREATE_COMPLETION,
                                               .prp1 = direct_map_physical((const void *)disk->io.completions),
                                               .words = {name, entry << 16 | QUEUE_INTERRUPTS | QUEUE_CONTIGUOUS}});
    if (error == 0)
        error = admin_do(disk, (struct nvme_command){.opcode = ADMIN_CREATE_SUBMISSION,
                                                     .prp1 = direct_map_physical(disk->io.submissions),
                                                     .words = {name, 1u << 16 | QUEUE_CONTIGUOUS}});
    return error;
}

static int slots_alloc(struct nvme_disk *disk)
{
    for (unsigned i = 0; i < SLOTS; i++) {
        struct page *page = frame_alloc(FRAME_WIRED);
        if (page == NULL)
            return -ENOMEM;
        disk->slots[i].list = page_address(page);
    }
    return 0;
}

static int disk_open(struct nvme_disk *disk, struct pci_device *pci)
{
    uint64_t length;
    disk->pci = pci;
    paddr_t address = pci_bar(pci, 0, &length);
    if (address == 0)
        return -ENODEV;
    pci_enable(pci);
    disk->registers = mmio_map(address, length, false);
    if (disk->registers == NULL)
        return -ENOMEM;
    uint64_t capabilities = *(volatile uint64_t *)(disk->registers + REGISTER_CAPABILITIES);
    if ((capabilities & 0xffff) + 1 < NVME_QUEUE_SIZE)
        return -EOPNOTSUPP;
    disk->stride = 4u << (capabilities >> 32 & 0xf);
    int error = slots_alloc(disk);
    if (error == 0)
        error = pci_msix_enable(pci);
    if (error == 0)
        error = controller_start(disk);
    if (error == 0)
        error = disk_identify(disk, (const uint8_t *)disk->slots[0].list);
    return error != 0 ? error : io_queues_create(disk, pci->msix_count > 1);
}

static void disk_probe(struct pci_device *pci)
{
    struct nvme_disk *disk = kmalloc(sizeof(*disk));
    int error = -ENOMEM;
    if (disk != NULL) {
        memset(disk, 0, sizeof(*disk));
        error = disk_open(disk, pci);
    }
    if (error != 0) {
        /* What was allocated stays with the device, which may still know its addresses. */
        log_write(LOG_ERROR, "nvme: %02x:%02x.%x cannot be used, error %d", pci->bus, pci->slot, pci->function, -error);
        return;
    }
    struct block_device *block = &disk->block;
    snprintf(block->name, sizeof(block->name), "nvme%un1", disk_count++);
    block->ops = &disk_ops;
    block->driver = disk;
    block->queue.running_max = SLOTS;
    block_register_disk(block);
}

void nvme_init(void)
{
    for (unsigned i = 0; i < pci_count(); i++) {
        struct pci_device *pci = pci_at(i);
        if (controller_is_nvme(pci->class_code, pci->subclass, pci->interface))
            disk_probe(pci);
    }
}

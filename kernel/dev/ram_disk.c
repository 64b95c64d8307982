/*
 * The disk in memory. The loader copies the root file system there when it lies on a disk that the kernel has no driver for
 * (boot/root.c); what is written to it is gone at power-off.
 *
 *     block_submit -> queue -> start(): `current` ---> its thread copies ---> collect(): the batch has ended
 *
 * One batch at a time; copying a megabyte is too long for a spin lock, so a thread does it. The memory is in the direct map, but
 * no part of the frame array: it belongs to nobody else.
 *
 * Locks: `current` and `copied` are set under the disk's queue lock (RANK_BLOCK); between start() and collect() the batch is the
 * thread's alone.
 */
#include "kernel/dev/ram_disk.h"

#include "boot/bootinfo.h"
#include "kernel/dev/block.h"
#include "kernel/layout.h"
#include "kernel/log.h"
#include "kernel/panic.h"
#include "kernel/thread.h"
#include "kernel/wait.h"
#include "libc/string.h"

static struct ram_disk {
    struct block_device block;
    uint8_t *data;
    _Atomic(struct block_request *) current; /* the batch to copy; null: none */
    bool copied;
    struct waitqueue work;
} ram_disk = {.work = WAITQUEUE_INIT(ram_disk.work)};

static bool disk_start(struct block_device *block, struct block_request *first)
{
    struct ram_disk *disk = block->driver;
    assert(disk->current == NULL);
    disk->copied = false;
    disk->current = first;
    wait_wake_all(&disk->work);
    return true;
}

static void disk_collect(struct block_device *block)
{
    struct ram_disk *disk = block->driver;
    struct block_request *first = disk->current;
    if (first == NULL || !disk->copied)
        return;
    disk->current = NULL;
    block_end_locked(block, first, 0);
}

static const struct block_ops disk_ops = {.start = disk_start, .collect = disk_collect};

static void request_copy(const struct ram_disk *disk, const struct block_request *request)
{
    uint8_t *place = disk->data + (request->position << SECTOR_SHIFT);
    for (uint32_t i = 0; i < request->segment_count; i++) {
        const struct block_segment *segment = &request->segments[i];
        if (request->operation == BLOCK_READ)
            memcpy(segment->address, place, segment->length);
        else
            memcpy(place, segment->address, segment->length);
        place += segment->length;
    }
}

static void disk_thread(void *argument)
{
    struct ram_disk *disk = argument;
    for (;;) {
        wait_event(&disk->work, disk->current != NULL);
        for (struct block_request *request = disk->current; request != NULL; request = request->batch_next)
            request_copy(disk, request);
        disk->copied = true; /* block_interrupt() takes the lock that collect() reads it under */
        block_interrupt(&disk->block);
    }
}

void ram_disk_init(const struct bootinfo *info)
{
    struct block_device *block = &ram_disk.block;
    if (info->root_size == 0)
        return;
    memcpy(block->name, "ram0", sizeof("ram0"));
    block->sectors = info->root_size >> SECTOR_SHIFT;
    block->ops = &disk_ops;
    block->driver = &ram_disk;
    block->queue.running_max = 1;
    ram_disk.data = direct_map(info->root_disk);
    if (thread_create_kernel("ram0", disk_thread, &ram_disk) == NULL)
        panic("no memory for the thread of ram0");
    log_write(LOG_WARNING, "ram0: the root file system is a copy in memory: changes are lost at power-off");
    block_register_disk(block);
}

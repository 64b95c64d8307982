/*
 * Who has a disk or a partition for himself: a mounted file system, an area of swap, a file opened with O_EXCL. As Linux's bd_holder.
 *
 *     held            by one at a time
 *     held_partitions of a disk: how many of its partitions are held. The disk is their bytes, too, so it is held or they are, never both.
 *
 * It keeps nobody from reading and writing who does not ask to be the only one.
 *
 * Lock: hold_lock (spin, RANK_BLOCK): both fields of every device.
 */
#include "kernel/abi/errno.h"
#include "kernel/dev/block.h"
#include "kernel/panic.h"

static struct spinlock hold_lock = SPINLOCK_INIT(RANK_BLOCK);

static bool is_disk(const struct block_device *device)
{
    return device->disk == device;
}

int block_hold(struct block_device *device)
{
    int error = -EBUSY;
    spin_lock(&hold_lock);
    if (!device->held && !device->disk->held && device->held_partitions == 0) {
        device->held = true;
        device->disk->held_partitions += is_disk(device) ? 0 : 1;
        error = 0;
    }
    spin_unlock(&hold_lock);
    return error;
}

void block_release(struct block_device *device)
{
    spin_lock(&hold_lock);
    if (!device->held)
        panic("block: %s is released by somebody who does not hold it", device->name);
    device->held = false;
    device->disk->held_partitions -= is_disk(device) ? 0 : 1;
    spin_unlock(&hold_lock);
}

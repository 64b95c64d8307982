/*
 * The registry of disks and partitions. It only grows: an entry is complete before `device_count` covers it, so readers need no lock.
 *
 * Locks: registry_mutex (RANK_LOADED) is held while something is registered.
 */
#include <stdatomic.h>

#include "kernel/abi/errno.h"
#include "kernel/dev/block.h"
#include "kernel/dev/block_queue.h"
#include "kernel/dev/gpt.h"
#include "kernel/log.h"
#include "libc/format.h"
#include "libc/string.h"
#include "mm/slab.h"

static struct mutex registry_mutex = MUTEX_INIT(registry_mutex, RANK_LOADED);
static struct block_device *devices[BLOCK_DEVICES_MAX];
static _Atomic unsigned device_count;
static unsigned disk_count;

unsigned block_count(void)
{
    return atomic_load_explicit(&device_count, memory_order_acquire);
}

struct block_device *block_at(unsigned index)
{
    return devices[index];
}

struct block_device *block_find(const char *name)
{
    for (unsigned i = 0; i < block_count(); i++) {
        if (strcmp(devices[i]->name, name) == 0)
            return devices[i];
    }
    return NULL;
}

struct block_device *block_find_number(uint32_t number)
{
    for (unsigned i = 0; i < block_count(); i++) {
        if (devices[i]->number == number)
            return devices[i];
    }
    return NULL;
}

static uint32_t device_number(unsigned minor)
{
    return BLOCK_MAJOR << 8 | minor;
}

/* registry_mutex held. */
static int registry_add(struct block_device *device)
{
    unsigned count = block_count();
    if (count == BLOCK_DEVICES_MAX)
        return -ENOMEM;
    devices[count] = device;
    atomic_store_explicit(&device_count, count + 1, memory_order_release);
    return 0;
}

void block_register_disk(struct block_device *disk)
{
    mutex_lock(&registry_mutex);
    disk->disk = disk;
    disk->number = device_number(disk_count++ * BLOCK_MINORS);
    block_queue_init(&disk->queue);
    int error = registry_add(disk);
    mutex_unlock(&registry_mutex);
    if (error != 0) {
        log_write(LOG_ERROR, "block: %s: too many devices", disk->name);
        return;
    }
    log_write(LOG_INFO, "block: %s: %lu MB%s", disk->name, (unsigned long)(disk->sectors >> (20 - SECTOR_SHIFT)),
              disk->read_only ? ", read-only" : "");
    gpt_read(disk);
}

static bool partition_is_taken(const struct block_device *disk, unsigned partition)
{
    return block_find_number(disk->number + partition) != NULL;
}

static int partition_check(const struct block_device *disk, unsigned partition, uint64_t start, uint64_t sectors)
{
    if (partition == 0 || partition >= BLOCK_MINORS || sectors == 0)
        return -EINVAL;
    if (start >= disk->sectors || sectors > disk->sectors - start)
        return -EINVAL;
    return partition_is_taken(disk, partition) ? -EEXIST : 0;
}

int block_register_partition(struct block_device *disk, unsigned partition, uint64_t start, uint64_t sectors,
                             const uint8_t type_guid[16], const uint8_t unique_guid[16])
{
    int error = partition_check(disk, partition, start, sectors);
    if (error != 0)
        return error;
    struct block_device *device = kmalloc(sizeof(*device));
    if (device == NULL)
        return -ENOMEM;
    char last = disk->name[strlen(disk->name) - 1];
    bool is_digit = last >= '0' && last <= '9'; /* nvme0n1p2, but vda2 */
    snprintf(device->name, sizeof(device->name), "%s%s%u", disk->name, is_digit ? "p" : "", partition);
    device->number = disk->number + partition;
    device->disk = disk;
    device->read_only = disk->read_only;
    device->start = start;
    device->sectors = sectors;
    device->partition = partition;
    memcpy(device->type_guid, type_guid, sizeof(device->type_guid));
    memcpy(device->unique_guid, unique_guid, sizeof(device->unique_guid));
    mutex_lock(&registry_mutex);
    error = registry_add(device);
    mutex_unlock(&registry_mutex);
    if (error != 0)
        kfree(device);
    return error;
}

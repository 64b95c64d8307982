/*
 * What /proc shows of disks: partitions and diskstats, in Linux's formats.
 */
#include "kernel/abi/stat.h"
#include "kernel/dev/block.h"
#include "kernel/fs/proc_inode.h"

enum { NS_PER_MS = 1000000 };

typedef unsigned long long ull;

static void partitions_show(struct text *text)
{
    text_printf(text, "major minor  #blocks  name\n\n");
    for (unsigned i = 0; i < block_count(); i++) {
        const struct block_device *device = block_at(i);
        text_printf(text, "%4u %8u %10llu %s\n", device_major(device->number), device_minor(device->number),
                    (ull)(device->sectors / 2), device->name);
    }
}

static void operation_show(struct text *text, const struct block_statistics *statistics, enum block_operation operation)
{
    text_printf(text, " %llu %llu %llu %llu", (ull)statistics->requests[operation], (ull)statistics->merged[operation],
                (ull)statistics->sectors[operation], (ull)(statistics->time_ns[operation] / NS_PER_MS));
}

/* Reads, writes, in flight, time busy and weighted, discards (none), flushes. */
static void diskstats_show(struct text *text)
{
    for (unsigned i = 0; i < block_count(); i++) {
        const struct block_device *device = block_at(i);
        const struct block_statistics *statistics = &device->statistics;
        text_printf(text, "%4u %7u %s", device_major(device->number), device_minor(device->number), device->name);
        operation_show(text, statistics, BLOCK_READ);
        operation_show(text, statistics, BLOCK_WRITE);
        text_printf(text, " %llu %llu %llu 0 0 0 0 %llu %llu\n", (ull)statistics->in_flight,
                    (ull)(statistics->busy_ns / NS_PER_MS), (ull)(statistics->weighted_ns / NS_PER_MS),
                    (ull)statistics->requests[BLOCK_FLUSH], (ull)(statistics->time_ns[BLOCK_FLUSH] / NS_PER_MS));
    }
}

void proc_disks_register(void)
{
    proc_register("partitions", partitions_show, NULL);
    proc_register("diskstats", diskstats_show, NULL);
}

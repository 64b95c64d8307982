/*
 * Disks: the image's partitions, many requests at once, merging, errors, writing and reading back at the end of the swap partition.
 */
#include <stdatomic.h>

#include "kernel/abi/errno.h"
#include "kernel/dev/block.h"
#include "kernel/ktest.h"
#include "kernel/random.h"
#include "kernel/wait.h"
#include "libc/format.h"
#include "libc/string.h"
#include "mm/slab.h"

enum {
    AREA = 1 << 20, /* of the disk's beginning is known */
    SECTORS_KNOWN = AREA / 512,
    PARALLEL = 1000,
    ADJACENT = 64,
    SCRATCH = 256 << 10, /* bytes at the end of the swap partition */
};

/* Requests submitted together; the last to end wakes the test. */
struct group {
    struct waitqueue queue;
    _Atomic unsigned left;
    _Atomic unsigned failed;
};

static struct group group = {.queue = WAITQUEUE_INIT(group.queue)};

static void group_done(struct block_request *request)
{
    if (request->status != 0)
        atomic_fetch_add(&group.failed, 1);
    atomic_fetch_sub(&group.left, 1);
    wait_wake_all(&group.queue);
}

static void group_begin(unsigned count)
{
    atomic_store(&group.left, count);
    atomic_store(&group.failed, 0);
}

static void group_wait(void)
{
    wait_event(&group.queue, atomic_load(&group.left) == 0);
}

/* The disk the machine was started from, whatever drives it, or its partition of that number. */
static struct block_device *boot_disk(unsigned partition)
{
    return block_find_number(block_at(0)->number + partition);
}

KTEST(block, finds_the_partitions_of_the_image)
{
    struct block_device *disk = boot_disk(0);
    uint8_t *sector = kmalloc(SECTOR_SIZE);
    KTEST_EXPECT(disk != NULL && sector != NULL);
    if (disk == NULL || sector == NULL)
        return;
    KTEST_EXPECT(block_read_sync(disk, 1, sector, SECTOR_SIZE) == 0 && memcmp(sector, "EFI PART", 8) == 0);
    uint64_t end = 0;
    for (unsigned i = 1; i <= 3; i++) {
        char name[32];
        bool is_nvme = disk->name[0] == 'n';
        snprintf(name, sizeof(name), "%s%s%u", disk->name, is_nvme ? "p" : "", i);
        struct block_device *partition = block_find(name);
        KTEST_EXPECT(partition != NULL && partition->disk == disk && partition->partition == i);
        KTEST_EXPECT(partition != NULL && partition->start >= end && block_find_number(disk->number + i) == partition);
        end = partition == NULL ? end : partition->start + partition->sectors;
    }
    KTEST_EXPECT(end <= disk->sectors && block_find("vdz") == NULL && block_find("vda9") == NULL);
    kfree(sector);
}

KTEST(block, a_disk_or_its_partitions_are_held)
{
    static struct block_device disk = {.name = "fake", .disk = &disk};
    static struct block_device one = {.name = "fake1", .disk = &disk}, two = {.name = "fake2", .disk = &disk};
    KTEST_EXPECT(block_hold(&one) == 0 && block_hold(&one) == -EBUSY && block_hold(&disk) == -EBUSY);
    KTEST_EXPECT(block_hold(&two) == 0);
    block_release(&one);
    KTEST_EXPECT(block_hold(&disk) == -EBUSY);
    block_release(&two);
    KTEST_EXPECT(block_hold(&disk) == 0 && block_hold(&disk) == -EBUSY && block_hold(&one) == -EBUSY);
    block_release(&disk);
    KTEST_EXPECT(!disk.held && !one.held && !two.held && disk.held_partitions == 0);
    KTEST_EXPECT(block_hold(boot_disk(2)) == -EBUSY); /* the root's */
}

KTEST(block, refuses_what_is_outside)
{
    struct block_device *partition = boot_disk(2);
    uint8_t *buffer = kmalloc(PAGE_SIZE);
    if (partition == NULL || buffer == NULL)
        return;
    KTEST_EXPECT(block_read_sync(partition, partition->sectors, buffer, SECTOR_SIZE) == -EIO);
    KTEST_EXPECT(block_read_sync(partition, partition->sectors - 1, buffer, PAGE_SIZE) == -EIO);
    KTEST_EXPECT(block_read_sync(partition, UINT64_MAX, buffer, SECTOR_SIZE) == -EIO);
    KTEST_EXPECT(block_read_sync(partition, 0, buffer, 100) == -EIO);
    KTEST_EXPECT(block_read_sync(partition, 0, buffer, 0) == -EIO);
    KTEST_EXPECT(block_read_sync(partition, partition->sectors - 1, buffer, SECTOR_SIZE) == 0);
    kfree(buffer);
}

KTEST(block, reads_the_same_through_disk_and_partition)
{
    struct block_device *partition = boot_disk(2);
    uint8_t *one = kmalloc(PAGE_SIZE), *two = kmalloc(PAGE_SIZE);
    if (partition == NULL || one == NULL || two == NULL)
        return;
    KTEST_EXPECT(block_read_sync(partition, 8, one, PAGE_SIZE) == 0);
    KTEST_EXPECT(block_read_sync(partition->disk, partition->start + 8, two, PAGE_SIZE) == 0);
    KTEST_EXPECT(memcmp(one, two, PAGE_SIZE) == 0);
    kfree(one);
    kfree(two);
}

/* A request for a random piece of the known area. */
static void random_read(struct block_request *request, struct block_device *disk, uint8_t *buffer)
{
    uint32_t sectors = 1 + (uint32_t)(random_u64() % 8);
    block_request_init(request, disk, BLOCK_READ, random_u64() % (SECTORS_KNOWN - 8), buffer,
                       sectors * (uint32_t)SECTOR_SIZE);
    request->done = group_done;
}

KTEST(block, does_a_thousand_reads_at_once)
{
    struct block_device *disk = boot_disk(0);
    uint8_t *known = kmalloc(AREA), *buffers = kmalloc(PARALLEL * PAGE_SIZE);
    struct block_request *requests = kmalloc(PARALLEL * sizeof(*requests));
    KTEST_EXPECT(known != NULL && buffers != NULL && requests != NULL);
    if (disk != NULL && known != NULL && buffers != NULL && requests != NULL) {
        KTEST_EXPECT(block_read_sync(disk, 0, known, AREA) == 0);
        group_begin(PARALLEL);
        for (unsigned i = 0; i < PARALLEL; i++) {
            random_read(&requests[i], disk, buffers + i * PAGE_SIZE);
            block_submit(&requests[i]);
        }
        group_wait();
        KTEST_EXPECT(group.failed == 0);
        unsigned wrong = 0;
        for (unsigned i = 0; i < PARALLEL; i++)
            wrong += memcmp(buffers + i * PAGE_SIZE, known + requests[i].sector * SECTOR_SIZE,
                            requests[i].single.length) != 0;
        KTEST_EXPECT(wrong == 0);
        KTEST_EXPECT(disk->statistics.in_flight == 0);
    }
    kfree(requests);
    kfree(buffers);
    kfree(known);
}

KTEST(block, merges_neighbours_into_few_transfers)
{
    struct block_device *disk = boot_disk(0);
    uint8_t *buffers = kmalloc(ADJACENT * PAGE_SIZE), *whole = kmalloc(ADJACENT * PAGE_SIZE);
    struct block_request *requests = kmalloc(ADJACENT * sizeof(*requests));
    if (disk != NULL && buffers != NULL && whole != NULL && requests != NULL) {
        uint64_t batches = disk->statistics.batches, merged = disk->statistics.merged[BLOCK_READ];
        uint64_t ended = disk->statistics.requests[BLOCK_READ];
        struct list list;
        list_init(&list);
        group_begin(ADJACENT);
        for (unsigned i = 0; i < ADJACENT; i++) { /* backwards, and into pages in reverse order */
            unsigned page = ADJACENT - 1 - i;
            block_request_init(&requests[i], disk, BLOCK_READ, page * 8, buffers + i * PAGE_SIZE, (uint32_t)PAGE_SIZE);
            requests[i].done = group_done;
            list_push_back(&list, &requests[i].user_link);
        }
        block_submit_list(&list);
        group_wait();
        KTEST_EXPECT(group.failed == 0);
        KTEST_EXPECT(disk->statistics.batches == batches + 1);
        KTEST_EXPECT(disk->statistics.merged[BLOCK_READ] == merged + ADJACENT - 1);
        KTEST_EXPECT(disk->statistics.requests[BLOCK_READ] == ended + 1);
        KTEST_EXPECT(block_read_sync(disk, 0, whole, ADJACENT * PAGE_SIZE) == 0);
        for (unsigned i = 0; i < ADJACENT; i++)
            KTEST_EXPECT(memcmp(whole + (ADJACENT - 1 - i) * PAGE_SIZE, buffers + i * PAGE_SIZE, PAGE_SIZE) == 0);
    }
    kfree(requests);
    kfree(whole);
    kfree(buffers);
}

/* Writes a pattern with one request a page, reads it back as a whole. */
static void write_and_read_back(struct block_device *device, uint64_t sector, uint8_t *pattern, uint8_t *back)
{
    static struct block_request requests[SCRATCH / PAGE_SIZE];
    random_get(pattern, SCRATCH);
    group_begin(ARRAY_LENGTH(requests));
    for (unsigned i = 0; i < ARRAY_LENGTH(requests); i++) {
        unsigned page = i * 29 % ARRAY_LENGTH(requests); /* in a mixed order */
        block_request_init(&requests[i], device, BLOCK_WRITE, sector + page * 8, pattern + page * PAGE_SIZE,
                           (uint32_t)PAGE_SIZE);
        requests[i].done = group_done;
        block_submit(&requests[i]);
    }
    group_wait();
    KTEST_EXPECT(group.failed == 0);
    KTEST_EXPECT(block_flush_sync(device) == 0);
    KTEST_EXPECT(block_read_sync(device, sector, back, SCRATCH) == 0);
    KTEST_EXPECT(memcmp(pattern, back, SCRATCH) == 0);
}

KTEST(block, writes_and_reads_back)
{
    struct block_device *device = boot_disk(3);
    uint8_t *saved = kmalloc(SCRATCH), *pattern = kmalloc(SCRATCH), *back = kmalloc(SCRATCH);
    if (device != NULL && saved != NULL && pattern != NULL && back != NULL) {
        uint64_t sector = (device->sectors - SCRATCH / SECTOR_SIZE) & ~(uint64_t)7;
        uint64_t written = device->statistics.sectors[BLOCK_WRITE];
        KTEST_EXPECT(block_read_sync(device, sector, saved, SCRATCH) == 0);
        write_and_read_back(device, sector, pattern, back);
        KTEST_EXPECT(block_write_sync(device, sector, saved, SCRATCH) == 0);
        KTEST_EXPECT(device->statistics.sectors[BLOCK_WRITE] == written + 2 * SCRATCH / SECTOR_SIZE);
    }
    kfree(back);
    kfree(pattern);
    kfree(saved);
}

/* For a second disk as tests/disks.t makes it: sector 100 cannot be read, the rest is zeros. */
KTEST(block_errors, reports_only_the_requests_that_failed)
{
    struct block_device *disk = block_find("vdb");
    uint8_t *buffers = kmalloc(ADJACENT * PAGE_SIZE);
    struct block_request *requests = kmalloc(ADJACENT * sizeof(*requests));
    if (disk != NULL && buffers != NULL && requests != NULL) {
        struct list list;
        list_init(&list);
        group_begin(ADJACENT);
        for (unsigned i = 0; i < ADJACENT; i++) {
            block_request_init(&requests[i], disk, BLOCK_READ, i * 8, buffers + i * PAGE_SIZE, (uint32_t)PAGE_SIZE);
            requests[i].done = group_done;
            list_push_back(&list, &requests[i].user_link);
        }
        block_submit_list(&list);
        group_wait();
        for (unsigned i = 0; i < ADJACENT; i++)
            KTEST_EXPECT(requests[i].status == (i == 100 / 8 ? -EIO : 0));
        KTEST_EXPECT(disk->statistics.errors == 1 && disk->statistics.in_flight == 0);
    }
    kfree(requests);
    kfree(buffers);
}

/* The third disk is read-only. */
KTEST(block_errors, refuses_to_write_a_read_only_disk)
{
    struct block_device *disk = block_find("vdc");
    uint8_t *buffer = kmalloc(PAGE_SIZE);
    if (disk != NULL && buffer != NULL) {
        KTEST_EXPECT(disk->read_only);
        KTEST_EXPECT(block_read_sync(disk, 0, buffer, PAGE_SIZE) == 0);
        KTEST_EXPECT(block_write_sync(disk, 0, buffer, PAGE_SIZE) == -EROFS);
        KTEST_EXPECT(block_flush_sync(disk) == 0);
    }
    kfree(buffer);
}

KTEST(block, memory_that_continues_is_one_segment)
{
    char *memory = kmalloc(4 * PAGE_SIZE);
    struct block_segment segments[3];
    struct block_request request;
    KTEST_EXPECT(memory != NULL);
    block_request_init(&request, NULL, BLOCK_READ, 0, NULL, 0);
    request.segments = segments;
    request.segment_count = 0;
    block_request_add(&request, memory, PAGE_SIZE);
    block_request_add(&request, memory + PAGE_SIZE, SECTOR_SIZE);
    block_request_add(&request, memory + 2 * PAGE_SIZE, PAGE_SIZE);
    block_request_add(&request, memory + 3 * PAGE_SIZE, PAGE_SIZE);
    block_request_add(&request, memory, PAGE_SIZE);
    KTEST_EXPECT(request.segment_count == 3);
    KTEST_EXPECT(segments[0].address == memory && segments[0].length == PAGE_SIZE + SECTOR_SIZE);
    KTEST_EXPECT(segments[1].address == memory + 2 * PAGE_SIZE && segments[1].length == 2 * PAGE_SIZE);
    KTEST_EXPECT(segments[2].address == memory && segments[2].length == PAGE_SIZE);
    kfree(memory);
}

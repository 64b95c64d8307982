/*
 * Partition tables: a good one, each thing that can be wrong with it, the backup, and random damage.
 *
 * Links: kernel/dev/gpt.c
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/abi/errno.h"
#include "kernel/dev/gpt.h"
#include "kernel/log.h"
#include "mm/slab.h"
#include "tests/host/support/tap.h"

enum {
    SECTORS = 2048,
    HEADER_CRC = 16,
    MY_SECTOR = 24,
    ENTRIES_SECTOR = 72,
    ENTRY_COUNT = 80,
    ENTRY_SIZE = 84,
    ENTRIES_CRC = 88
};
enum {
    ENTRIES = 128,
    ENTRY_BYTES = 128,
    TABLE_SECTORS = 32,
    FIRST_USABLE = 34,
    LAST_USABLE = SECTORS - 34,
    ROUNDS = 3000
};

static uint8_t disk_bytes[SECTORS * 512];
static struct block_device disk = {.name = "vda", .sectors = SECTORS};
static unsigned registered, failed_reads;
static struct {
    unsigned number;
    uint64_t start, sectors;
} partitions[ENTRIES];

/* --- what gpt.c calls --- */

int block_read_sync(struct block_device *device, uint64_t sector, void *buffer, size_t length)
{
    if (sector > device->sectors || length > (device->sectors - sector) * SECTOR_SIZE || length == 0) {
        failed_reads++;
        return -EIO;
    }
    memcpy(buffer, disk_bytes + sector * SECTOR_SIZE, length);
    return 0;
}

int block_register_partition(struct block_device *device, unsigned partition, uint64_t start, uint64_t sectors,
                             const uint8_t type_guid[16], const uint8_t unique_guid[16])
{
    (void)type_guid;
    (void)unique_guid;
    if (start < FIRST_USABLE || start + sectors > device->sectors || sectors == 0)
        failures++;
    partitions[registered].number = partition;
    partitions[registered].start = start;
    partitions[registered++].sectors = sectors;
    return 0;
}

void log_write(enum log_level level, const char *format, ...)
{
    (void)level;
    (void)format;
}

void *kmalloc(size_t size)
{
    return calloc(1, size);
}

void kfree(void *pointer)
{
    free(pointer);
}

/* --- making tables --- */

static void put(uint8_t *to, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        to[i] = (uint8_t)(value >> 8 * i);
}

static void seal_header(uint8_t *header)
{
    put(header + HEADER_CRC, 0, 4);
    put(header + HEADER_CRC, gpt_crc(header, 92), 4);
}

static void make_entry(uint8_t *table, unsigned index, uint64_t first, uint64_t last)
{
    uint8_t *entry = table + index * ENTRY_BYTES;
    memset(entry, 0x11 + (int)index, 32);
    put(entry + 32, first, 8);
    put(entry + 40, last, 8);
}

static void make_header(uint64_t at, uint64_t other, uint64_t table)
{
    uint8_t *header = disk_bytes + at * 512;
    memcpy(header, "EFI PART", 8);
    put(header + 8, 0x10000, 4);
    put(header + 12, 92, 4);
    put(header + MY_SECTOR, at, 8);
    put(header + 32, other, 8);
    put(header + 40, FIRST_USABLE, 8);
    put(header + 48, LAST_USABLE, 8);
    put(header + ENTRIES_SECTOR, table, 8);
    put(header + ENTRY_COUNT, ENTRIES, 4);
    put(header + ENTRY_SIZE, ENTRY_BYTES, 4);
    put(header + ENTRIES_CRC, gpt_crc(disk_bytes + table * 512, ENTRIES * ENTRY_BYTES), 4);
    seal_header(header);
}

/* Partitions 1 and 3, and both copies of the table. */
static void make_disk(void)
{
    uint64_t backup = SECTORS - 1 - TABLE_SECTORS;
    memset(disk_bytes, 0, sizeof(disk_bytes));
    make_entry(disk_bytes + 2 * 512, 0, 40, 99);
    make_entry(disk_bytes + 2 * 512, 2, 100, 1999);
    memcpy(disk_bytes + backup * 512, disk_bytes + 2 * 512, TABLE_SECTORS * 512);
    make_header(1, SECTORS - 1, 2);
    make_header(SECTORS - 1, 1, backup);
}

static void reread(void)
{
    registered = 0;
    gpt_read(&disk);
}

static bool both_found(void)
{
    return registered == 2 && partitions[0].number == 1 && partitions[0].start == 40 && partitions[0].sectors == 60 &&
           partitions[1].number == 3 && partitions[1].start == 100 && partitions[1].sectors == 1900;
}

static void test_good(void)
{
    check(gpt_crc((const uint8_t *)"123456789", 9) == 0xcbf43926, "the CRC of the usual check string");
    make_disk();
    reread();
    check(both_found(), "both partitions are found");
    disk_bytes[512 + 60] ^= 1;
    reread();
    check(both_found(), "with a damaged header the backup serves");
    make_disk();
    disk_bytes[2 * 512 + 33] ^= 1;
    reread();
    check(both_found(), "with damaged entries, too");
    disk_bytes[(SECTORS - 1) * 512] ^= 1;
    reread();
    check(registered == 0, "with both damaged there are no partitions");
    memset(disk_bytes, 0, sizeof(disk_bytes));
    reread();
    check(registered == 0, "an empty disk has none");
}

/* Changes `bytes` bytes of the first header, seals it, and kills the backup. Whether it is refused. */
static bool refused_with(unsigned offset, uint64_t value, unsigned bytes)
{
    make_disk();
    memset(disk_bytes + (SECTORS - 1) * 512, 0, 512);
    put(disk_bytes + 512 + offset, value, bytes);
    seal_header(disk_bytes + 512);
    reread();
    return registered == 0;
}

static void test_refused(void)
{
    check(!refused_with(56, 7, 1), "a header sealed again is good");
    check(refused_with(8, 0x20000, 4), "another revision");
    check(refused_with(12, 10000, 4) && refused_with(12, 8, 4), "a wrong header size");
    check(refused_with(MY_SECTOR, 2, 8), "a header that says it is elsewhere");
    check(refused_with(ENTRIES_SECTOR, SECTORS, 8) && refused_with(ENTRIES_SECTOR, UINT64_MAX, 8) &&
              refused_with(ENTRIES_SECTOR, 0, 8) && refused_with(ENTRIES_SECTOR, SECTORS - 1, 8),
          "entries outside the disk");
    check(refused_with(ENTRY_SIZE, 0, 4) && refused_with(ENTRY_SIZE, UINT32_MAX, 4) && refused_with(ENTRY_SIZE, 132, 4),
          "a wrong entry size");
    check(refused_with(ENTRY_COUNT, 0, 4) && refused_with(ENTRY_COUNT, UINT32_MAX, 4), "a wrong number of entries");
    check(refused_with(48, SECTORS, 8) && refused_with(40, SECTORS, 8), "usable sectors outside the disk");
}

static void test_entries(void)
{
    make_disk();
    make_entry(disk_bytes + 2 * 512, 3, 50, 60);
    make_entry(disk_bytes + 2 * 512, 4, 10, 20);
    make_entry(disk_bytes + 2 * 512, 5, 2005, 2004);
    make_entry(disk_bytes + 2 * 512, 6, 2000, UINT64_MAX);
    make_header(1, SECTORS - 1, 2);
    reread();
    check(both_found(), "entries that overlap or lie outside are left out");
}

/* Damage behind a good checksum: whatever is believed must be within bounds (checked where partitions are registered). */
static void test_damage(void)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        make_disk();
        for (unsigned n = random_below(4); n > 0; n--)
            disk_bytes[512 + random_below(92)] = (uint8_t)(random_below(3) ? random_below(256) : 0xff);
        for (unsigned n = random_below(4); n > 0; n--)
            disk_bytes[2 * 512 + random_below(7 * ENTRY_BYTES)] = (uint8_t)random_below(256);
        put(disk_bytes + 512 + ENTRIES_CRC, gpt_crc(disk_bytes + 2 * 512, ENTRIES * ENTRY_BYTES), 4);
        seal_header(disk_bytes + 512);
        reread();
    }
    check(failed_reads == 0, "random damage leads to nothing outside the disk");
}

int main(void)
{
    test_good();
    test_refused();
    test_entries();
    test_damage();
    printf("1..%u\n", checks);
    return failures == 0 ? 0 : 1;
}

/* Partitions of a disk: the GUID partition table of UEFI. */
#ifndef KERNEL_DEV_GPT_H
#define KERNEL_DEV_GPT_H

#include "kernel/dev/block.h"
#include "kernel/types.h"

#define GPT_ENTRIES_MAX 128

struct gpt_partition {
    uint64_t start; /* first sector */
    uint64_t sectors;
    uint8_t type_guid[16];
    uint8_t unique_guid[16];
    bool used;
};

/* Where the table's array lies, from a valid header. */
struct gpt_layout {
    uint64_t entries_sector;
    uint32_t entry_size;
    uint32_t entry_count; /* at most GPT_ENTRIES_MAX */
    uint32_t entries_crc;
    uint64_t first_usable, last_usable;
};

/*
 * Checks the header `bytes` read from `sector` of a disk of `sectors` sectors: signature, revision, sizes, ranges, its CRC. 0 or -EINVAL. Pure.
 */
int gpt_check_header(const uint8_t bytes[SECTOR_SIZE], uint64_t sector, uint64_t sectors,
                     struct gpt_layout *layout) must_check;

/*
 * Decodes the array of entries (layout->entry_count * layout->entry_size bytes) after checking its CRC; entries with a bad or
 * overlapping range are left unused. 0 or -EINVAL. Pure.
 */
int gpt_decode_entries(const struct gpt_layout *layout, const uint8_t *entries,
                       struct gpt_partition partitions[GPT_ENTRIES_MAX]) must_check;

/* The CRC-32 of GPT (and of zip, Ethernet). */
uint32_t gpt_crc(const uint8_t *bytes, size_t length);

/* Registers the disk's partitions; a disk without a table is used whole. The backup table serves when the first is damaged. Sleeps. */
void gpt_read(struct block_device *disk);

#endif

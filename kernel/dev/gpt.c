/*
 * The GUID partition table (UEFI specification, chapter 5).
 *
 *      sector 0          1         2 ..                             last
 *      | protective MBR | header | entries | partitions ... | entries | backup header |
 *
 * Everything on the disk is checked before it is believed: signature, CRCs, ranges within the disk, overlaps. Sources: UEFI 2.10, tables
 * 5.5 and 5.6.
 */
#include "kernel/abi/errno.h"
#include "kernel/dev/gpt.h"
#include "kernel/log.h"
#include "libc/string.h"
#include "mm/slab.h"

struct gpt_header {
    uint8_t signature[8];
    uint32_t revision;
    uint32_t header_size;
    uint32_t header_crc; /* over header_size bytes with this field zero */
    uint32_t reserved;
    uint64_t my_sector;
    uint64_t other_sector;
    uint64_t first_usable;
    uint64_t last_usable;
    uint8_t disk_guid[16];
    uint64_t entries_sector;
    uint32_t entry_count;
    uint32_t entry_size;
    uint32_t entries_crc;
} __attribute__((packed));
_Static_assert(sizeof(struct gpt_header) == 92, "the header of UEFI table 5.5");

struct gpt_entry {
    uint8_t type_guid[16]; /* all zero: unused */
    uint8_t unique_guid[16];
    uint64_t first;
    uint64_t last; /* inclusive */
    uint64_t attributes;
    uint16_t name[36];
} __attribute__((packed));
_Static_assert(sizeof(struct gpt_entry) == 128, "the entry of UEFI table 5.6");

static uint32_t crc_step(uint32_t crc, uint8_t byte)
{
    crc ^= byte;
    for (int bit = 0; bit < 8; bit++)
        crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
    return crc;
}

uint32_t gpt_crc(const uint8_t *bytes, size_t length)
{
    uint32_t crc = 0xffffffff;
    for (size_t i = 0; i < length; i++)
        crc = crc_step(crc, bytes[i]);
    return ~crc;
}

static bool header_crc_is_right(const uint8_t *sector, const struct gpt_header *header)
{
    uint8_t copy[SECTOR_SIZE];
    memcpy(copy, sector, sizeof(copy));
    memset(copy + offsetof(struct gpt_header, header_crc), 0, sizeof(header->header_crc));
    return gpt_crc(copy, header->header_size) == header->header_crc;
}

static bool header_is_gpt(const struct gpt_header *header)
{
    return memcmp(header->signature, "EFI PART", sizeof(header->signature)) == 0 && header->revision >> 16 == 1 &&
           header->header_size >= sizeof(*header) && header->header_size <= SECTOR_SIZE;
}

static uint64_t entries_sectors(uint32_t entry_count, uint32_t entry_size)
{
    return round_up((uint64_t)entry_count * entry_size, SECTOR_SIZE) >> SECTOR_SHIFT;
}

/* Whether sizes and places in the header make sense on a disk of `sectors` sectors. */
static bool header_ranges_are_right(const struct gpt_header *header, uint64_t sectors)
{
    if (header->entry_size < sizeof(struct gpt_entry) || header->entry_size > PAGE_SIZE || header->entry_size % 8 != 0)
        return false;
    if (header->entry_count == 0 || header->entry_count > GPT_ENTRIES_MAX)
        return false;
    uint64_t table = entries_sectors(header->entry_count, header->entry_size);
    return header->entries_sector >= 2 && header->entries_sector < sectors &&
           table <= sectors - header->entries_sector && header->first_usable <= header->last_usable &&
           header->last_usable < sectors;
}

int gpt_check_header(const uint8_t bytes[SECTOR_SIZE], uint64_t sector, uint64_t sectors, struct gpt_layout *layout)
{
    struct gpt_header header;
    memcpy(&header, bytes, sizeof(header));
    if (!header_is_gpt(&header) || !header_crc_is_right(bytes, &header) || header.my_sector != sector ||
        !header_ranges_are_right(&header, sectors))
        return -EINVAL;
    *layout = (struct gpt_layout){
        .entries_sector = header.entries_sector,
        .entry_size = header.entry_size,
        .entry_count = header.entry_count,
        .entries_crc = header.entries_crc,
        .first_usable = header.first_usable,
        .last_usable = header.last_usable,
    };
    return 0;
}

static bool guid_is_zero(const uint8_t guid[16])
{
    static const uint8_t zero[16];
    return memcmp(guid, zero, sizeof(zero)) == 0;
}

static bool overlaps_earlier(const struct gpt_partition *partitions, uint32_t count, const struct gpt_entry *entry)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct gpt_partition *other = &partitions[i];
        if (other->used && entry->first < other->start + other->sectors && other->start <= entry->last)
            return true;
    }
    return false;
}

int gpt_decode_entries(const struct gpt_layout *layout, const uint8_t *entries,
                       struct gpt_partition partitions[GPT_ENTRIES_MAX])
{
    if (gpt_crc(entries, (size_t)layout->entry_count * layout->entry_size) != layout->entries_crc)
        return -EINVAL;
    memset(partitions, 0, GPT_ENTRIES_MAX * sizeof(*partitions));
    for (uint32_t i = 0; i < layout->entry_count; i++) {
        struct gpt_entry entry;
        memcpy(&entry, entries + (size_t)i * layout->entry_size, sizeof(entry));
        if (guid_is_zero(entry.type_guid) || entry.first < layout->first_usable || entry.last > layout->last_usable ||
            entry.first > entry.last || overlaps_earlier(partitions, i, &entry))
            continue;
        partitions[i].start = entry.first;
        partitions[i].sectors = entry.last - entry.first + 1;
        memcpy(partitions[i].type_guid, entry.type_guid, sizeof(entry.type_guid));
        memcpy(partitions[i].unique_guid, entry.unique_guid, sizeof(entry.unique_guid));
        partitions[i].used = true;
    }
    return 0;
}

static void partitions_register(struct block_device *disk, const struct gpt_partition *partitions)
{
    for (unsigned i = 0; i < GPT_ENTRIES_MAX; i++) {
        const struct gpt_partition *partition = &partitions[i];
        if (!partition->used)
            continue;
        int error = block_register_partition(disk, i + 1, partition->start, partition->sectors, partition->type_guid,
                                             partition->unique_guid);
        if (error != 0)
            log_write(LOG_WARNING, "gpt: %s: partition %u left out, error %d", disk->name, i + 1, -error);
    }
}

/* Reads and decodes the entries that `layout` describes into `partitions`. 0, -ENOMEM, -EIO, -EINVAL. */
static int entries_read(struct block_device *disk, const struct gpt_layout *layout, struct gpt_partition *partitions)
{
    size_t length = entries_sectors(layout->entry_count, layout->entry_size) << SECTOR_SHIFT;
    uint8_t *entries = kmalloc(length);
    if (entries == NULL)
        return -ENOMEM;
    int error = block_read_sync(disk, layout->entries_sector, entries, length);
    if (error == 0)
        error = gpt_decode_entries(layout, entries, partitions);
    kfree(entries);
    return error;
}

/* Registers the partitions of the table whose header is at `number`. 0 or why there is none. */
static int table_read(struct block_device *disk, uint64_t number, uint8_t *sector, struct gpt_partition *partitions)
{
    struct gpt_layout layout;
    int error = block_read_sync(disk, number, sector, SECTOR_SIZE);
    if (error == 0)
        error = gpt_check_header(sector, number, disk->sectors, &layout);
    if (error == 0)
        error = entries_read(disk, &layout, partitions);
    if (error == 0)
        partitions_register(disk, partitions);
    return error;
}

void gpt_read(struct block_device *disk)
{
    if (disk->sectors < 4)
        return;
    uint8_t *sector = kmalloc(SECTOR_SIZE);
    struct gpt_partition *partitions = kmalloc(GPT_ENTRIES_MAX * sizeof(*partitions));
    if (sector != NULL && partitions != NULL && table_read(disk, 1, sector, partitions) != 0 &&
        table_read(disk, disk->sectors - 1, sector, partitions) == 0)
        log_write(LOG_WARNING, "gpt: %s: first partition table damaged, the backup is used", disk->name);
    kfree(partitions);
    kfree(sector);
}

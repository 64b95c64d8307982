/*
 * The journal's blocks to and from their bytes; see journal_format.h.
 */
#include "kernel/fs/journal_format.h"

#include "kernel/abi/errno.h"
#include "libc/string.h"

#define JOURNAL_MAGIC 0xc03b3998u
enum { TAG_SIZE = 8, UUID_SIZE = 16, BLOCKS_MIN = 8 };

/* Every number as the disk has it. */
struct header_disk {
    uint32_t magic, kind, sequence;
};
_Static_assert(sizeof(struct header_disk) == JOURNAL_HEADER_SIZE, "on-disk layout");

struct super_disk {
    struct header_disk header;
    uint32_t block_size, blocks, first;
    uint32_t sequence, start;
    uint32_t error;
    uint32_t compatible, incompatible, read_only_compatible; /* version 2 from here on */
};

struct tag_disk {
    uint32_t block;
    uint16_t checksum, flags;
};
_Static_assert(sizeof(struct tag_disk) == TAG_SIZE, "on-disk layout");

struct commit_disk {
    struct header_disk header;
    uint8_t checksum_kind, checksum_size, padding[2];
    uint32_t checksum[8];
    uint32_t seconds_high, seconds_low, nanoseconds;
};

static uint32_t swap(uint32_t value)
{
    return __builtin_bswap32(value);
}

static void header_encode(void *raw, uint32_t block_size, enum journal_block_kind kind, uint32_t sequence)
{
    struct header_disk header = {.magic = swap(JOURNAL_MAGIC), .kind = swap(kind), .sequence = swap(sequence)};
    memset(raw, 0, block_size);
    memcpy(raw, &header, sizeof header);
}

int journal_super_parse(const void *raw, uint32_t block_size, uint32_t blocks, struct journal_super *super)
{
    struct super_disk disk;
    memcpy(&disk, raw, sizeof disk);
    uint32_t kind = swap(disk.header.kind);
    if (disk.header.magic != swap(JOURNAL_MAGIC) || (kind != JOURNAL_SUPER_1 && kind != JOURNAL_SUPER_2))
        return -EINVAL;
    *super = (struct journal_super){
        .blocks = swap(disk.blocks),
        .first = swap(disk.first),
        .sequence = swap(disk.sequence),
        .start = swap(disk.start),
        .error = swap(disk.error),
        .has_features = kind == JOURNAL_SUPER_2,
        .incompatible = kind == JOURNAL_SUPER_2 ? swap(disk.incompatible) : 0,
    };
    if (super->incompatible & ~(uint32_t)JOURNAL_INCOMPAT_SUPPORTED)
        return -EOPNOTSUPP;
    if (kind == JOURNAL_SUPER_2 && disk.read_only_compatible != 0)
        return -EOPNOTSUPP;
    if (swap(disk.block_size) != block_size || super->blocks > blocks || super->first == 0 ||
        super->blocks < BLOCKS_MIN || super->first > super->blocks - BLOCKS_MIN / 2 || super->start >= super->blocks ||
        (super->start != 0 && super->start < super->first))
        return -EINVAL;
    return 0;
}

void journal_super_update(void *raw, const struct journal_super *super)
{
    struct super_disk disk;
    memcpy(&disk, raw, sizeof disk);
    disk.sequence = swap(super->sequence);
    disk.start = swap(super->start);
    disk.error = swap(super->error);
    if (super->has_features)
        disk.incompatible = swap(super->incompatible);
    memcpy(raw, &disk, sizeof disk);
}

unsigned journal_block_parse(const void *raw, uint32_t sequence)
{
    struct header_disk header;
    memcpy(&header, raw, sizeof header);
    uint32_t kind = swap(header.kind);
    bool own = header.magic == swap(JOURNAL_MAGIC) && swap(header.sequence) == sequence;
    return own && (kind == JOURNAL_DESCRIPTOR || kind == JOURNAL_COMMIT || kind == JOURNAL_REVOKE) ? kind : 0;
}

int journal_tag_parse(const void *raw, uint32_t block_size, uint32_t *offset, struct journal_tag *tag)
{
    struct tag_disk disk;
    if (*offset + TAG_SIZE > block_size)
        return -EUCLEAN;
    memcpy(&disk, (const char *)raw + *offset, sizeof disk);
    *tag = (struct journal_tag){.block = swap(disk.block), .flags = __builtin_bswap16(disk.flags)};
    *offset += TAG_SIZE + (tag->flags & JOURNAL_TAG_SAME_UUID ? 0 : UUID_SIZE);
    return 0;
}

uint32_t journal_revoke_count(const void *raw, uint32_t block_size)
{
    uint32_t bytes;
    memcpy(&bytes, (const char *)raw + JOURNAL_HEADER_SIZE, sizeof bytes);
    bytes = swap(bytes);
    if (bytes < JOURNAL_REVOKE_HEADER_SIZE || bytes > block_size)
        return 0;
    return (bytes - JOURNAL_REVOKE_HEADER_SIZE) / (uint32_t)sizeof(uint32_t);
}

uint32_t journal_revoke_block(const void *raw, uint32_t index)
{
    uint32_t block;
    memcpy(&block, (const char *)raw + JOURNAL_REVOKE_HEADER_SIZE + index * sizeof block, sizeof block);
    return swap(block);
}

bool journal_must_escape(const void *raw)
{
    uint32_t word;
    memcpy(&word, raw, sizeof word);
    return word == swap(JOURNAL_MAGIC);
}

void journal_escape(void *copy)
{
    memset(copy, 0, sizeof(uint32_t));
}

void journal_unescape(void *block)
{
    uint32_t word = swap(JOURNAL_MAGIC);
    memcpy(block, &word, sizeof word);
}

uint32_t journal_tags_max(uint32_t block_size)
{
    return (block_size - JOURNAL_HEADER_SIZE - UUID_SIZE) / TAG_SIZE;
}

void journal_descriptor_encode(void *raw, uint32_t block_size, uint32_t sequence, const struct journal_tag *tags,
                               uint32_t count)
{
    uint32_t offset = JOURNAL_HEADER_SIZE;
    header_encode(raw, block_size, JOURNAL_DESCRIPTOR, sequence);
    for (uint32_t i = 0; i < count; i++) {
        unsigned flags = tags[i].flags | (i > 0 ? JOURNAL_TAG_SAME_UUID : 0) | (i + 1 == count ? JOURNAL_TAG_LAST : 0);
        struct tag_disk disk = {.block = swap(tags[i].block), .flags = __builtin_bswap16((uint16_t)flags)};
        memcpy((char *)raw + offset, &disk, sizeof disk);
        offset += TAG_SIZE +
                  (i > 0 ? 0 : UUID_SIZE); /* behind the first: the journal's UUID, zeros in its superblock */
    }
}

uint32_t journal_revokes_max(uint32_t block_size)
{
    return (block_size - JOURNAL_REVOKE_HEADER_SIZE) / (uint32_t)sizeof(uint32_t);
}

void journal_revoke_encode(void *raw, uint32_t block_size, uint32_t sequence, const uint32_t *blocks, uint32_t count)
{
    uint32_t bytes = swap(JOURNAL_REVOKE_HEADER_SIZE + count * (uint32_t)sizeof(uint32_t));
    header_encode(raw, block_size, JOURNAL_REVOKE, sequence);
    memcpy((char *)raw + JOURNAL_HEADER_SIZE, &bytes, sizeof bytes);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t block = swap(blocks[i]);
        memcpy((char *)raw + JOURNAL_REVOKE_HEADER_SIZE + i * sizeof block, &block, sizeof block);
    }
}

void journal_commit_encode(void *raw, uint32_t block_size, uint32_t sequence, int64_t seconds, uint32_t nanoseconds)
{
    struct commit_disk commit;
    header_encode(raw, block_size, JOURNAL_COMMIT, sequence);
    memcpy(&commit, raw, sizeof commit);
    commit.seconds_high = swap((uint32_t)((uint64_t)seconds >> 32));
    commit.seconds_low = swap((uint32_t)seconds);
    commit.nanoseconds = swap(nanoseconds);
    memcpy(raw, &commit, sizeof commit);
}

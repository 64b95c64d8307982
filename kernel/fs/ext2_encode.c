/*
 * Writing ext2's structures into their blocks; see ext2_format.h. As pure as ext2_format.c.
 */
#include "kernel/abi/stat.h"
#include "kernel/fs/ext2_format.h"
#include "libc/string.h"

void ext2_group_encode(void *raw, const struct ext2_group *group)
{
    struct ext2_group_disk disk;
    memcpy(&disk, raw, sizeof disk);
    disk.free_blocks = (uint16_t)group->free_blocks;
    disk.free_inodes = (uint16_t)group->free_inodes;
    disk.directories = (uint16_t)group->directories;
    memcpy(raw, &disk, sizeof disk);
}

void ext2_super_update(void *raw, const struct ext2_super_changes *changes)
{
    struct ext2_super_disk super;
    memcpy(&super, raw, sizeof super);
    super.free_blocks = changes->free_blocks;
    super.free_inodes = changes->free_inodes;
    super.state = changes->state;
    super.write_time = changes->now;
    super.last_orphan = changes->last_orphan;
    super.incompatible &= ~(uint32_t)EXT2_INCOMPAT_RECOVER;
    if (changes->needs_recovery)
        super.incompatible |= EXT2_INCOMPAT_RECOVER;
    memcpy(raw, &super, sizeof super);
}

/* The low 32 bits of the seconds; the word beside them has two more and the nanoseconds. */
static uint32_t time_encode(struct ext2_time time, uint32_t *extra)
{
    uint64_t epoch = (uint64_t)(time.seconds - (int64_t)(int32_t)time.seconds) >> 32;
    *extra = (uint32_t)(epoch & 3) | time.nanoseconds << 2;
    return (uint32_t)time.seconds;
}

static void times_encode(struct ext2_inode_disk *disk, const struct ext2_inode_data *inode, bool extra_fits)
{
    uint32_t accessed, modified, changed;
    disk->accessed = time_encode(inode->accessed, &accessed);
    disk->modified = time_encode(inode->modified, &modified);
    disk->changed = time_encode(inode->changed, &changed);
    if (!extra_fits)
        return;
    disk->accessed_extra = accessed;
    disk->modified_extra = modified;
    disk->changed_extra = changed;
}

void ext2_inode_encode(void *raw, const struct ext2_geometry *g, const struct ext2_inode_data *inode,
                       uint32_t deleted_at, bool fresh)
{
    struct ext2_inode_disk disk = {0};
    size_t size = g->inode_size < sizeof disk ? g->inode_size : sizeof disk;
    bool extra_fits = g->inode_size >= EXT2_INODE_SIZE + EXT2_EXTRA_SIZE;
    if (fresh)
        memset(raw, 0, g->inode_size);
    memcpy(&disk, raw, size);
    if (fresh && extra_fits)
        disk.extra_size = EXT2_EXTRA_SIZE;
    disk.mode = (uint16_t)inode->mode;
    disk.uid = (uint16_t)inode->uid;
    disk.uid_high = (uint16_t)(inode->uid >> 16);
    disk.gid = (uint16_t)inode->gid;
    disk.gid_high = (uint16_t)(inode->gid >> 16);
    disk.links = (uint16_t)inode->links;
    disk.flags = inode->flags;
    disk.generation = inode->generation;
    disk.file_acl = inode->file_acl;
    disk.sectors = (uint32_t)inode->sectors;
    disk.size = (uint32_t)inode->size;
    if (mode_is(inode->mode, S_IFREG))
        disk.size_high = (uint32_t)(inode->size >> 32);
    disk.deleted = deleted_at;
    times_encode(&disk, inode,
                 extra_fits && disk.extra_size >= offsetof(struct ext2_inode_disk, created) - EXT2_INODE_SIZE);
    memcpy(disk.block, inode->block, sizeof disk.block);
    memcpy(raw, &disk, size);
}

void ext2_device_encode(uint64_t device, uint32_t block[EXT2_POINTERS])
{
    uint32_t major = device_major(device), minor = device_minor(device);
    block[0] = block[1] = 0;
    if (major < 256 && minor < 256)
        block[0] = major << 8 | minor;
    else
        block[1] = (minor & 0xff) | major << 8 | (minor & ~0xffu) << 12;
}

void ext2_entry_encode(void *block, uint32_t offset, uint32_t length, uint32_t inode, const char *name,
                       uint32_t name_length, uint8_t type)
{
    struct ext2_entry_disk disk = {
        .inode = inode, .length = (uint16_t)length, .name_length = (uint8_t)name_length, .type = type};
    char *at = (char *)block + offset;
    memcpy(at, &disk, EXT2_ENTRY_HEADER);
    memcpy(at + EXT2_ENTRY_HEADER, name, name_length);
}

void ext2_entry_set_length(void *block, uint32_t offset, uint32_t length)
{
    uint16_t value = (uint16_t)length;
    memcpy((char *)block + offset + offsetof(struct ext2_entry_disk, length), &value, sizeof value);
}

void ext2_entry_set_inode(void *block, uint32_t offset, uint32_t inode, uint8_t type)
{
    memcpy((char *)block + offset + offsetof(struct ext2_entry_disk, inode), &inode, sizeof inode);
    memcpy((char *)block + offset + offsetof(struct ext2_entry_disk, type), &type, sizeof type);
}

uint8_t ext2_type_of_mode(uint32_t mode, const struct ext2_geometry *geometry)
{
    static const uint8_t types[16] = {[S_IFREG >> 12] = 1, [S_IFDIR >> 12] = 2, [S_IFCHR >> 12] = 3,
                                      [S_IFBLK >> 12] = 4, [S_IFIFO >> 12] = 5, [S_IFSOCK >> 12] = 6,
                                      [S_IFLNK >> 12] = 7};
    return geometry->incompatible & EXT2_INCOMPAT_FILETYPE ? types[mode >> 12 & 15] : 0;
}

bool ext2_bitmap_get(const void *bitmap, uint32_t bit)
{
    return ((const uint8_t *)bitmap)[bit / 8] >> bit % 8 & 1;
}

void ext2_bitmap_set(void *bitmap, uint32_t bit, bool value)
{
    uint8_t *byte = (uint8_t *)bitmap + bit / 8, mask = (uint8_t)(1 << bit % 8);
    *byte = value ? *byte | mask : *byte & (uint8_t)~mask;
}

bool ext2_bitmap_is_clear(const void *bitmap, uint32_t bit, uint32_t count)
{
    const uint8_t *byte = (const uint8_t *)bitmap + bit / 8, *end = byte + count / 8;
    while (byte < end && *byte == 0)
        byte++;
    return byte == end;
}

uint32_t ext2_bitmap_find_zero(const void *bitmap, uint32_t start, uint32_t end)
{
    uint32_t bit = start;
    while (bit < end) {
        uint64_t word;
        if (bit % 64 == 0 && end - bit >= 64) {
            memcpy(&word, (const uint8_t *)bitmap + bit / 8, sizeof word);
            if (word != UINT64_MAX)
                return bit + (uint32_t)__builtin_ctzll(~word);
            bit += 64;
        } else {
            if (!ext2_bitmap_get(bitmap, bit))
                return bit;
            bit++;
        }
    }
    return end;
}

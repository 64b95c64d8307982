/*
 * Reading ext2's structures with suspicion; see ext2_format.h.
 */
#include "kernel/fs/ext2_format.h"

#include "kernel/abi/errno.h"
#include "kernel/abi/dirent.h"
#include "kernel/abi/stat.h"
#include "libc/string.h"

enum { BLOCK_SIZE_MIN_SHIFT = 10, BLOCK_SIZE_MAX_SHIFT = 12, REVISION_DYNAMIC = 1, LINK_SIZE_MAX = 4096 };

static bool is_power_of_two(uint32_t value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

static int super_check(const struct ext2_geometry *g, uint64_t device_bytes)
{
    uint32_t bits = 8 * g->block_size;
    if (g->blocks == 0 || g->inodes == 0 || (uint64_t)g->blocks << g->block_shift > device_bytes)
        return -EINVAL;
    if (g->first_data_block != (g->block_shift == BLOCK_SIZE_MIN_SHIFT ? 1 : 0) || g->first_data_block >= g->blocks)
        return -EINVAL;
    if (g->blocks_per_group == 0 || g->blocks_per_group > bits || g->inodes_per_group == 0 ||
        g->inodes_per_group > bits)
        return -EINVAL;
    if (g->inode_size < EXT2_INODE_SIZE || g->inode_size > g->block_size || !is_power_of_two(g->inode_size))
        return -EINVAL;
    if (g->inodes < g->first_inode || g->first_inode <= EXT2_ROOT_INODE ||
        g->inodes > (uint64_t)g->groups * g->inodes_per_group)
        return -EINVAL;
    return 0;
}

int ext2_super_parse(const void *raw, uint64_t device_bytes, struct ext2_geometry *g)
{
    struct ext2_super_disk super;
    memcpy(&super, raw, sizeof super);
    if (super.magic != EXT2_MAGIC || super.log_block_size > BLOCK_SIZE_MAX_SHIFT - BLOCK_SIZE_MIN_SHIFT)
        return -EINVAL;
    bool dynamic = super.revision >= REVISION_DYNAMIC;
    *g = (struct ext2_geometry){
        .block_shift = BLOCK_SIZE_MIN_SHIFT + super.log_block_size,
        .blocks = super.blocks_count,
        .inodes = super.inodes_count,
        .first_data_block = super.first_data_block,
        .first_inode = dynamic ? super.first_inode : EXT2_FIRST_INODE,
        .blocks_per_group = super.blocks_per_group,
        .inodes_per_group = super.inodes_per_group,
        .inode_size = dynamic ? super.inode_size : EXT2_INODE_SIZE,
        .reserved_blocks = super.reserved_blocks,
        .free_blocks = super.free_blocks,
        .free_inodes = super.free_inodes,
        .compatible = dynamic ? super.compatible : 0,
        .incompatible = dynamic ? super.incompatible : 0,
        .read_only_compatible = dynamic ? super.read_only_compatible : 0,
        .state = super.state,
        .last_orphan = super.last_orphan,
    };
    g->block_size = 1u << g->block_shift;
    g->pointers_per_block = g->block_size / sizeof(uint32_t);
    if (g->blocks_per_group != 0 && g->blocks > g->first_data_block)
        g->groups = (g->blocks - g->first_data_block - 1) / g->blocks_per_group + 1;
    g->has_journal = g->compatible & EXT2_COMPAT_HAS_JOURNAL && super.journal_inode == EXT2_JOURNAL_INODE;
    if (g->incompatible & ~(uint32_t)EXT2_INCOMPAT_SUPPORTED ||
        (g->incompatible & EXT2_INCOMPAT_RECOVER && !g->has_journal)) /* the journal is on another disk */
        return -EOPNOTSUPP;
    g->must_be_read_only = (g->read_only_compatible & ~(uint32_t)EXT2_RO_COMPAT_SUPPORTED) != 0 ||
                           (g->compatible & EXT2_COMPAT_HAS_JOURNAL && !g->has_journal);
    return super_check(g, device_bytes);
}

/* Whether `count` blocks from `block` on are all on the disk. */
static bool blocks_are_valid(uint32_t block, uint32_t count, const struct ext2_geometry *g)
{
    return ext2_block_is_valid(block, g) && count <= g->blocks - block;
}

int ext2_group_parse(const void *raw, uint32_t index, const struct ext2_geometry *g, struct ext2_group *group)
{
    struct ext2_group_disk disk;
    memcpy(&disk, raw, sizeof disk);
    uint32_t table_blocks = (uint32_t)(((uint64_t)g->inodes_per_group * g->inode_size + g->block_size - 1) >>
                                       g->block_shift);
    if (index >= g->groups || !ext2_block_is_valid(disk.block_bitmap, g) ||
        !ext2_block_is_valid(disk.inode_bitmap, g) || !blocks_are_valid(disk.inode_table, table_blocks, g))
        return -EUCLEAN;
    if (disk.free_blocks > g->blocks_per_group || disk.free_inodes > g->inodes_per_group)
        return -EUCLEAN;
    *group = (struct ext2_group){
        .block_bitmap = disk.block_bitmap,
        .inode_bitmap = disk.inode_bitmap,
        .inode_table = disk.inode_table,
        .free_blocks = disk.free_blocks,
        .free_inodes = disk.free_inodes,
        .directories = disk.directories,
    };
    return 0;
}

int ext2_inode_place(uint32_t number, const struct ext2_geometry *g, uint32_t *group, uint64_t *offset)
{
    bool reserved = number != EXT2_ROOT_INODE && number < g->first_inode;
    if (number == 0 || number > g->inodes || (reserved && !(g->has_journal && number == EXT2_JOURNAL_INODE)))
        return -EUCLEAN;
    *group = (number - 1) / g->inodes_per_group;
    *offset = (uint64_t)((number - 1) % g->inodes_per_group) * g->inode_size;
    return 0;
}

uint64_t ext2_size_max(const struct ext2_geometry *g)
{
    uint64_t n = g->pointers_per_block;
    return (EXT2_DIRECT + n + n * n + n * n * n) << g->block_shift;
}

/* The extra word of a time: two bits that extend the seconds, the rest nanoseconds. */
static struct ext2_time time_parse(uint32_t seconds, uint32_t extra)
{
    uint32_t nanoseconds = extra >> 2;
    return (struct ext2_time){
        .seconds = (int64_t)(int32_t)seconds + ((int64_t)(extra & 3) << 32),
        .nanoseconds = nanoseconds < 1000000000 ? nanoseconds : 0,
    };
}

static void times_parse(const struct ext2_inode_disk *disk, uint32_t inode_size, struct ext2_inode_data *inode)
{
    size_t wanted = offsetof(struct ext2_inode_disk, created) - EXT2_INODE_SIZE;
    bool extra = inode_size >= EXT2_INODE_SIZE + wanted && disk->extra_size >= wanted;
    inode->accessed = time_parse(disk->accessed, extra ? disk->accessed_extra : 0);
    inode->modified = time_parse(disk->modified, extra ? disk->modified_extra : 0);
    inode->changed = time_parse(disk->changed, extra ? disk->changed_extra : 0);
}

/*
 * Old device inodes have 8 bits each of major and minor in the first pointer, newer ones the 32-bit form in the second.
 */
static uint64_t device_parse(const struct ext2_inode_data *inode)
{
    if (inode->block[0] != 0)
        return device_make(inode->block[0] >> 8 & 0xff, inode->block[0] & 0xff);
    return device_make(inode->block[1] >> 8 & 0xfff, (inode->block[1] & 0xff) | (inode->block[1] >> 12 & 0xfff00));
}

static int inode_check(const struct ext2_inode_data *inode, const struct ext2_geometry *g)
{
    uint64_t disk_bytes = (uint64_t)g->blocks << g->block_shift;
    switch (inode->mode & S_IFMT) {
    case S_IFREG:
        return inode->size <= ext2_size_max(g) ? 0 : -EUCLEAN;
    case S_IFDIR:
        return inode->size != 0 && inode->size <= disk_bytes && inode->size % g->block_size == 0 ? 0 : -EUCLEAN;
    case S_IFLNK:
        return inode->size != 0 && inode->size < LINK_SIZE_MAX &&
                       (!inode->fast_link || inode->size < EXT2_FAST_LINK_MAX)
                   ? 0
                   : -EUCLEAN;
    case S_IFCHR:
    case S_IFBLK:
    case S_IFIFO:
    case S_IFSOCK:
        return 0;
    default:
        return -EUCLEAN;
    }
}

int ext2_orphan_parse(const void *raw, const struct ext2_geometry *g, struct ext2_inode_data *inode)
{
    struct ext2_inode_disk disk = {0};
    memcpy(&disk, raw, g->inode_size < sizeof disk ? g->inode_size : sizeof disk);
    *inode = (struct ext2_inode_data){
        .mode = disk.mode,
        .uid = disk.uid | (uint32_t)disk.uid_high << 16,
        .gid = disk.gid | (uint32_t)disk.gid_high << 16,
        .links = disk.links,
        .next_orphan = disk.deleted,
        .flags = disk.flags,
        .generation = disk.generation,
        .file_acl = disk.file_acl,
        .size = disk.size,
        .sectors = disk.sectors,
    };
    memcpy(inode->block, disk.block, sizeof inode->block);
    if (mode_is(inode->mode, S_IFREG))
        inode->size |= (uint64_t)disk.size_high << 32;
    times_parse(&disk, g->inode_size, inode);
    uint64_t acl_sectors = inode->file_acl != 0 ? g->block_size / 512 : 0;
    inode->fast_link = mode_is(inode->mode, S_IFLNK) && inode->sectors == acl_sectors;
    if (mode_is(inode->mode, S_IFCHR) || mode_is(inode->mode, S_IFBLK))
        inode->device = device_parse(inode);
    return inode_check(inode, g);
}

int ext2_inode_parse(const void *raw, const struct ext2_geometry *g, struct ext2_inode_data *inode)
{
    int error = ext2_orphan_parse(raw, g, inode);
    return error == 0 && inode->links == 0 ? -EUCLEAN : error;
}

int ext2_block_path(uint64_t index, const struct ext2_geometry *g, uint32_t offsets[4])
{
    uint64_t span = g->pointers_per_block; /* blocks below the pointer of this level */
    if (index < EXT2_DIRECT) {
        offsets[0] = (uint32_t)index;
        return 0;
    }
    index -= EXT2_DIRECT;
    for (int depth = 1; depth <= 3; depth++) {
        if (index < span) {
            offsets[0] = EXT2_DIRECT + (uint32_t)depth - 1;
            for (int level = depth; level > 0; level--) {
                offsets[level] = (uint32_t)(index % g->pointers_per_block);
                index /= g->pointers_per_block;
            }
            return depth;
        }
        index -= span;
        span *= g->pointers_per_block;
    }
    return -EFBIG;
}

int ext2_entry_parse(const void *block, uint32_t offset, const struct ext2_geometry *g, struct ext2_entry *entry)
{
    struct ext2_entry_disk disk;
    const char *at = (const char *)block + offset;
    if (offset + EXT2_ENTRY_HEADER > g->block_size || offset % 4 != 0)
        return -EUCLEAN;
    memcpy(&disk, at, EXT2_ENTRY_HEADER);
    uint32_t name_length = disk.name_length;
    if (disk.length % 4 != 0 || disk.length < EXT2_ENTRY_HEADER || disk.length > g->block_size - offset ||
        name_length > disk.length - (uint32_t)EXT2_ENTRY_HEADER)
        return -EUCLEAN;
    if (disk.inode > g->inodes || (disk.inode != 0 && name_length == 0))
        return -EUCLEAN;
    *entry = (struct ext2_entry){
        .inode = disk.inode,
        .length = disk.length,
        .name_length = name_length,
        .type = g->incompatible & EXT2_INCOMPAT_FILETYPE ? disk.type : 0,
        .name = at + EXT2_ENTRY_HEADER,
    };
    return 0;
}

unsigned ext2_entry_directory_type(uint8_t type)
{
    static const uint8_t types[] = {DT_UNKNOWN, DT_REG, DT_DIR, DT_CHR, DT_BLK, DT_FIFO, DT_SOCK, DT_LNK};
    return type < sizeof types ? types[type] : DT_UNKNOWN;
}

/*
 * An ext2 file system, brought from its partition into memory.
 *
 *     partition  | super | groups | bitmaps, inodes, data | free      | data | free ...
 *     memory     | the same                               | zeros     | data | zeros ...
 *
 * Only pieces in which a block is in use, as the bitmaps of the block groups say, are read: a stick is slow, and most of it is
 * free. What is where is the kernel's own knowledge of ext2 (kernel/fs/ext2_format.h), compiled in here as well.
 * Source: UEFI 2.9, 13.9 (Block I/O).
 */
#include "boot/loader.h"

enum {
    HEAD_SIZE = LOADER_PAGE, /* the superblock is in it, whatever the disk's block size */
    PIECE_BLOCKS = 256,      /* read at once; what 32 bytes of a bitmap stand for */
};

static UINT64 least(UINT64 a, UINT64 b)
{
    return a < b ? a : b;
}

/* `bytes` from `offset` on, both multiples of the disk's block size. */
static EFI_STATUS partition_read(EFI_BLOCK_IO *block, UINT64 offset, UINTN bytes, void *to)
{
    return block->ReadBlocks(block, block->Media->MediaId, offset / block->Media->BlockSize, bytes, to);
}

bool root_open(EFI_BLOCK_IO *block, struct ext2_geometry *geometry)
{
    static UINT8 head[HEAD_SIZE] __attribute__((aligned(LOADER_PAGE)));
    const EFI_BLOCK_IO_MEDIA *media = block->Media;
    UINT64 size = (media->LastBlock + 1) * media->BlockSize;
    return media->MediaPresent && media->BlockSize != 0 && HEAD_SIZE % media->BlockSize == 0 && size >= HEAD_SIZE &&
           !EFI_ERROR(partition_read(block, 0, HEAD_SIZE, head)) &&
           ext2_super_parse(head + EXT2_SUPER_OFFSET, size, geometry) == 0 &&
           geometry->block_size % media->BlockSize == 0;
}

/* Blocks of the partition to their place in memory. */
static void blocks_read(EFI_BLOCK_IO *block, const struct ext2_geometry *geometry, UINT8 *disk, UINT64 first,
                        UINT64 count)
{
    UINT64 offset = first << geometry->block_shift;
    require(partition_read(block, offset, count << geometry->block_shift, disk + offset),
            L"reading the root file system");
}

static bool is_in_use(const UINT8 *bitmap, UINT64 blocks)
{
    for (UINT64 i = 0; i < (blocks + 7) / 8; i++) {
        if (bitmap[i] != 0)
            return true;
    }
    return false;
}

/* Reads the blocks of a group, where there are any in use. */
static void group_read(EFI_BLOCK_IO *block, const struct ext2_geometry *geometry, UINT8 *disk, UINT32 index)
{
    struct ext2_group group;
    UINT64 table = (UINT64)(geometry->first_data_block + 1) << geometry->block_shift;
    if (ext2_group_parse(disk + table + (UINT64)index * EXT2_GROUP_SIZE, index, geometry, &group) != 0)
        fail(L"the root file system is damaged: a group descriptor", EFI_VOLUME_CORRUPTED);
    blocks_read(block, geometry, disk, group.block_bitmap, 1);
    const UINT8 *bitmap = disk + ((UINT64)group.block_bitmap << geometry->block_shift);
    UINT64 first = geometry->first_data_block + (UINT64)index * geometry->blocks_per_group;
    UINT64 count = least(geometry->blocks_per_group, geometry->blocks - first);
    for (UINT64 i = 0; i < count; i += PIECE_BLOCKS) {
        UINT64 piece = least(PIECE_BLOCKS, count - i);
        if (is_in_use(bitmap + i / 8, piece))
            blocks_read(block, geometry, disk, first + i, piece);
    }
}

void root_read(EFI_BLOCK_IO *block, const struct ext2_geometry *geometry, UINT8 *disk)
{
    UINT64 table_bytes = (UINT64)geometry->groups * EXT2_GROUP_SIZE;
    UINT64 head = geometry->first_data_block + 1 + ((table_bytes + geometry->block_size - 1) >> geometry->block_shift);
    blocks_read(block, geometry, disk, 0, least(head, geometry->blocks));
    for (UINT32 i = 0; i < geometry->groups; i++)
        group_read(block, geometry, disk, i);
}

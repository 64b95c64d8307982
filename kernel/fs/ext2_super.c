/*
 * Mounting ext2: the superblock's word on what may be done with the disk, and the group descriptors.
 */
#include "kernel/abi/statfs.h"
#include "kernel/fs/blockdev.h"
#include "kernel/fs/ext2.h"
#include "kernel/log.h"
#include "libc/string.h"
#include "mm/frame.h"
#include "mm/slab.h"

int ext2_damaged(struct ext2 *ext2, const char *what, uint64_t number)
{
    if (!ext2->reported)
        log_write(LOG_ERROR, "ext2 on %s is damaged: %s %llu; run e2fsck", ext2->device->name, what,
                  (unsigned long long)number);
    ext2->reported = true;
    return -EUCLEAN;
}

static int super_read(struct ext2 *ext2)
{
    void *raw = kmalloc(EXT2_SUPER_SIZE);
    if (raw == NULL)
        return -ENOMEM;
    int error = block_read_sync(ext2->device, EXT2_SUPER_OFFSET >> SECTOR_SHIFT, raw, EXT2_SUPER_SIZE);
    if (error == 0)
        error = ext2_super_parse(raw, ext2->device->sectors << SECTOR_SHIFT, &ext2->geometry);
    if (error == -EOPNOTSUPP)
        log_write(LOG_ERROR, "ext2 on %s has features this kernel does not know (%#x): not mounted", ext2->device->name,
                  ext2->geometry.incompatible & ~(uint32_t)EXT2_INCOMPAT_SUPPORTED);
    kfree(raw);
    return error == -EOPNOTSUPP ? -EINVAL : error;
}

static int group_read(struct ext2 *ext2, uint32_t index)
{
    const struct ext2_geometry *geometry = &ext2->geometry;
    uint64_t offset = (uint64_t)index * EXT2_GROUP_SIZE;
    uint32_t block = geometry->first_data_block + 1 + (uint32_t)(offset >> geometry->block_shift);
    struct page *page;
    const void *bytes;
    if (!ext2_block_is_valid(block, geometry))
        return ext2_damaged(ext2, "no room for group descriptor", index);
    int error = ext2_metadata(ext2, block, &page, &bytes);
    if (error != 0)
        return error;
    error = ext2_group_parse((const char *)bytes + (offset & (geometry->block_size - 1)), index, geometry,
                             &ext2->groups[index]);
    page_unpin(page);
    return error == 0 ? 0 : ext2_damaged(ext2, "impossible group descriptor", index);
}

static int groups_read(struct ext2 *ext2)
{
    ext2->groups = kmalloc(ext2->geometry.groups * sizeof *ext2->groups);
    if (ext2->groups == NULL)
        return -ENOMEM;
    for (uint32_t i = 0; i < ext2->geometry.groups; i++) {
        int error = group_read(ext2, i);
        if (error != 0)
            return error;
    }
    return 0;
}

static void ext2_free(struct ext2 *ext2)
{
    kfree(ext2->groups);
    kfree(ext2);
}

static int ext2_load(struct ext2 *ext2, struct inode **root)
{
    ext2->metadata = blockdev_object(ext2->device);
    if (ext2->metadata == NULL)
        return -ENOMEM;
    int error = super_read(ext2);
    if (error == 0)
        error = groups_read(ext2);
    if (error == 0)
        error = ext2_inode_get(ext2, EXT2_ROOT_INODE, root);
    if (error == 0 && !inode_is(*root, S_IFDIR)) {
        inode_put(*root);
        error = ext2_damaged(ext2, "the root is not a directory: inode", EXT2_ROOT_INODE);
    }
    return error;
}

static int ext2_mount(struct filesystem *filesystem, struct block_device *device, const char *options,
                      struct inode **root)
{
    struct ext2 *ext2 = kmalloc(sizeof *ext2);
    (void)options;
    if (ext2 == NULL)
        return -ENOMEM;
    ext2->filesystem = filesystem;
    ext2->device = device;
    filesystem->data = ext2;
    int error = ext2_load(ext2, root);
    if (error != 0) {
        ext2_free(ext2);
        return error;
    }
    filesystem->read_only = true;
    filesystem->max_file_size = ext2_size_max(&ext2->geometry);
    if (ext2->geometry.state != EXT2_STATE_CLEAN)
        log_write(LOG_WARNING, "ext2 on %s was not unmounted cleanly or has errors", device->name);
    return 0;
}

static void ext2_unmount(struct filesystem *filesystem)
{
    ext2_free(filesystem->data);
}

static int ext2_statfs(struct filesystem *filesystem, struct linux_statfs *result)
{
    const struct ext2_geometry *geometry = &((struct ext2 *)filesystem->data)->geometry;
    *result = (struct linux_statfs){
        .type = STATFS_EXT2,
        .block_size = geometry->block_size,
        .fragment_size = geometry->block_size,
        .blocks = geometry->blocks - geometry->first_data_block,
        .blocks_free = geometry->free_blocks,
        .files = geometry->inodes,
        .files_free = geometry->free_inodes,
        .name_max = EXT2_NAME_MAX,
    };
    if (geometry->free_blocks > geometry->reserved_blocks)
        result->blocks_available = geometry->free_blocks - geometry->reserved_blocks;
    return 0;
}

static struct filesystem_type ext2_type = {
    .name = "ext2",
    .needs_device = true,
    .mount = ext2_mount,
    .unmount = ext2_unmount,
    .statfs = ext2_statfs,
    .free_inode = ext2_free_inode,
};

void ext2_init(void)
{
    ext2_inode_init();
    filesystem_register(&ext2_type);
}

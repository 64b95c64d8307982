/*
 * Mounting ext2: the superblock's word on what may be done with the disk, and the group descriptors.
 */
#include "kernel/abi/statfs.h"
#include "kernel/fs/blockdev.h"
#include "kernel/fs/ext2.h"
#include "kernel/fs/file.h"
#include "kernel/log.h"
#include "libc/string.h"
#include "mm/frame.h"
#include "mm/pagecache.h"
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

/* Writes counts into descriptors and superblock, with that state; the lock is held. */
static int counts_write(struct ext2 *ext2, uint16_t state)
{
    const struct ext2_geometry *geometry = &ext2->geometry;
    struct page *page;
    const void *bytes;
    int error = 0;
    for (uint32_t i = 0; i < geometry->groups && error == 0; i++) {
        uint64_t offset = (uint64_t)i * EXT2_GROUP_SIZE;
        error = ext2_metadata(ext2, geometry->first_data_block + 1 + (uint32_t)(offset >> geometry->block_shift), &page,
                              &bytes);
        if (error != 0)
            return error;
        ext2_group_encode((char *)bytes + (offset & (geometry->block_size - 1)), &ext2->groups[i]);
        if (((i + 1) * EXT2_GROUP_SIZE & (geometry->block_size - 1)) == 0 || i + 1 == geometry->groups)
            ext2_metadata_changed(page); /* the last one of its block */
        else
            page_unpin(page);
    }
    error = ext2_metadata(ext2, EXT2_SUPER_OFFSET >> geometry->block_shift, &page, &bytes);
    if (error != 0)
        return error;
    ext2_super_update((char *)bytes + (EXT2_SUPER_OFFSET & (geometry->block_size - 1)), ext2->free_blocks,
                      ext2->free_inodes, state, (uint32_t)timespec_now().seconds);
    ext2_metadata_changed(page);
    ext2->counts_changed = false;
    return 0;
}

/* All metadata to the disk, with the state that the superblock is to show. */
static int metadata_write(struct ext2 *ext2, uint16_t state, bool always)
{
    int error = ext2_inodes_flush(ext2);
    mutex_lock(&ext2->lock);
    if (error == 0 && (always || ext2->counts_changed))
        error = counts_write(ext2, state);
    mutex_unlock(&ext2->lock);
    int written = pagecache_sync(ext2->metadata, 0, UINT64_MAX);
    int flushed = block_flush_sync(ext2->device);
    return error != 0 ? error : written != 0 ? written : flushed;
}

int ext2_sync(struct filesystem *filesystem)
{
    struct ext2 *ext2 = filesystem->data;
    return filesystem->read_only ? 0 : metadata_write(ext2, ext2->state & (uint16_t)~EXT2_STATE_CLEAN, false);
}

int ext2_file_sync(struct file *file, bool data_only)
{
    struct inode *inode = file->inode;
    (void)data_only; /* the size is needed to find the data, and times are in the same block */
    if (inode->filesystem->read_only)
        return 0;
    int error = pagecache_sync(&inode->object, 0, UINT64_MAX);
    struct inode *directory = file->dentry != NULL ? file->dentry->parent->inode : NULL;
    if (error == 0 && directory != NULL && directory != inode && directory->filesystem == inode->filesystem)
        error = pagecache_sync(&directory->object, 0, UINT64_MAX);
    int written = ext2_sync(inode->filesystem);
    return error != 0 ? error : written;
}

/* Going read-only leaves the disk as clean as it was found; going read-write says on the disk that it is in use. */
static int ext2_remount(struct filesystem *filesystem, bool read_only)
{
    struct ext2 *ext2 = filesystem->data;
    if (!read_only &&
        (ext2->geometry.must_be_read_only || ext2->geometry.block_size != PAGE_SIZE || ext2->device->read_only))
        return -EROFS;
    if (read_only)
        pagecache_sync_all();
    return metadata_write(ext2, read_only ? ext2->state : ext2->state & (uint16_t)~EXT2_STATE_CLEAN, true);
}

static struct ext2 *ext2_allocate(struct filesystem *filesystem, struct block_device *device)
{
    struct ext2 *ext2 = kmalloc(sizeof *ext2);
    if (ext2 == NULL)
        return NULL;
    ext2->filesystem = filesystem;
    ext2->device = device;
    mutex_init(&ext2->lock, RANK_FILESYSTEM);
    spin_init(&ext2->dirty_lock, RANK_INODE_CACHE);
    list_init(&ext2->dirty_inodes);
    filesystem->data = ext2;
    return ext2;
}

/* Whether and how what was loaded may be written. */
static int ext2_start(struct ext2 *ext2)
{
    struct filesystem *filesystem = ext2->filesystem;
    const struct ext2_geometry *geometry = &ext2->geometry;
    bool large_files = geometry->read_only_compatible & EXT2_RO_COMPAT_LARGE_FILE;
    filesystem->max_file_size = large_files ? min_u64(ext2_size_max(geometry), CACHE_FILE_MAX) : INT32_MAX;
    ext2->free_blocks = geometry->free_blocks;
    ext2->free_inodes = geometry->free_inodes;
    ext2->state = geometry->state;
    if (geometry->state != EXT2_STATE_CLEAN)
        log_write(LOG_WARNING, "ext2 on %s was not unmounted cleanly or has errors: run e2fsck", ext2->device->name);
    if (filesystem->read_only)
        return 0;
    int error = ext2_remount(filesystem, false);
    if (error == -EROFS)
        log_write(LOG_WARNING,
                  "ext2 on %s can only be read: its blocks are not of 4 KB, or it has features that forbid writing",
                  ext2->device->name);
    filesystem->read_only = error == -EROFS;
    return error == -EROFS ? 0 : error;
}

static int ext2_mount(struct filesystem *filesystem, struct block_device *device, const char *options,
                      struct inode **root)
{
    struct ext2 *ext2 = ext2_allocate(filesystem, device);
    (void)options;
    if (ext2 == NULL)
        return -ENOMEM;
    int error = ext2_load(ext2, root);
    if (error == 0) {
        error = ext2_start(ext2);
        if (error != 0)
            inode_put(*root);
    }
    if (error != 0)
        ext2_free(ext2);
    return error;
}

static void ext2_unmount(struct filesystem *filesystem)
{
    ext2_free(filesystem->data);
}

static int ext2_statfs(struct filesystem *filesystem, struct linux_statfs *result)
{
    const struct ext2 *ext2 = filesystem->data;
    const struct ext2_geometry *geometry = &ext2->geometry;
    *result = (struct linux_statfs){
        .type = STATFS_EXT2,
        .block_size = geometry->block_size,
        .fragment_size = geometry->block_size,
        .blocks = geometry->blocks - geometry->first_data_block,
        .blocks_free = ext2->free_blocks,
        .files = geometry->inodes,
        .files_free = ext2->free_inodes,
        .name_max = EXT2_NAME_MAX,
    };
    if (ext2->free_blocks > geometry->reserved_blocks)
        result->blocks_available = ext2->free_blocks - geometry->reserved_blocks;
    return 0;
}

static struct filesystem_type ext2_type = {
    .name = "ext2",
    .needs_device = true,
    .mount = ext2_mount,
    .unmount = ext2_unmount,
    .remount = ext2_remount,
    .sync = ext2_sync,
    .statfs = ext2_statfs,
    .evict = ext2_evict,
    .free_inode = ext2_free_inode,
};

void ext2_init(void)
{
    ext2_inode_init();
    filesystem_register(&ext2_type);
}

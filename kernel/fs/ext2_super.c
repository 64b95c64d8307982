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
    ext2_journal_free(ext2);
    kfree(ext2->groups);
    kfree(ext2);
}

/* Superblock and descriptors. */
static int ext2_read(struct ext2 *ext2)
{
    int error = super_read(ext2);
    kfree(ext2->groups);
    ext2->groups = NULL;
    ext2->free_blocks = ext2->geometry.free_blocks;
    ext2->free_inodes = ext2->geometry.free_inodes;
    ext2->state = ext2->geometry.state;
    return error != 0 ? error : groups_read(ext2);
}

/* With a journal: what it has that the file system has not. */
static int ext2_recover(struct ext2 *ext2)
{
    bool replayed = false;
    int error = ext2_journal_load(ext2, &replayed);
    if (error == 0 && replayed)
        error = ext2_read(ext2);
    return error == 0 && replayed ? ext2_recovery_mark(ext2, false) : error;
}

static int ext2_load(struct ext2 *ext2, struct inode **root)
{
    ext2->metadata = blockdev_object(ext2->device);
    if (ext2->metadata == NULL)
        return -ENOMEM;
    ext2_journal_init(ext2);
    int error = ext2_read(ext2);
    if (error == 0)
        error = ext2_recover(ext2);
    if (error == 0)
        error = ext2_inode_get(ext2, EXT2_ROOT_INODE, root);
    if (error == 0 && !inode_is(*root, S_IFDIR)) {
        inode_put(*root);
        error = ext2_damaged(ext2, "the root is not a directory: inode", EXT2_ROOT_INODE);
    }
    return error;
}

/* The superblock, pinned. */
static int super_page(struct ext2 *ext2, struct page **page, void **raw)
{
    uint32_t shift = ext2->geometry.block_shift;
    const void *bytes;
    int error = ext2_metadata(ext2, EXT2_SUPER_OFFSET >> shift, page, &bytes);
    if (error == 0)
        *raw = (char *)bytes + (EXT2_SUPER_OFFSET & (ext2->geometry.block_size - 1));
    return error;
}

/* Where the list of orphans begins. Without a journal that word stays what it is. */
static uint32_t orphan_first(const struct ext2 *ext2)
{
    if (!ext2->orphans_loaded)
        return ext2->geometry.last_orphan;
    if (list_is_empty(&ext2->orphans))
        return 0;
    return (uint32_t)list_entry(ext2->orphans.next, struct ext2_inode, orphan_link)->inode.number;
}

int ext2_counts_write(struct ext2 *ext2, uint16_t state, bool needs_recovery)
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
            ext2_metadata_changed(ext2, page); /* the last one of its block */
        else
            page_unpin(page);
    }
    void *raw;
    error = super_page(ext2, &page, &raw);
    if (error != 0)
        return error;
    ext2_super_update(raw, &(struct ext2_super_changes){
                               .free_blocks = ext2->free_blocks,
                               .free_inodes = ext2->free_inodes,
                               .last_orphan = orphan_first(ext2),
                               .now = (uint32_t)timespec_now().seconds,
                               .state = state,
                               .needs_recovery = needs_recovery,
                           });
    ext2_metadata_changed(ext2, page);
    ext2->counts_changed = false;
    return 0;
}

int ext2_sync(struct filesystem *filesystem)
{
    struct ext2 *ext2 = filesystem->data;
    return filesystem->read_only ? 0 : journal_commit(&ext2->journal);
}

int ext2_file_sync(struct file *file, bool data_only)
{
    struct inode *inode = file->inode;
    (void)data_only; /* the size is needed to find the data, and times are in the same block */
    if (inode->filesystem->read_only)
        return ext2_of(inode)->journal.error != 0 ? -EIO : 0;
    int error = pagecache_sync(&inode->object, 0, UINT64_MAX);
    int written = ext2_sync(inode->filesystem);
    return error != 0 ? error : written;
}

/* Says on the disk that it is in use: by its state, or, with a journal, by the flag that this may have to be replayed. */
static int ext2_begin_writing(struct ext2 *ext2)
{
    const struct ext2_geometry *g = &ext2->geometry;
    if (g->must_be_read_only || g->block_size != PAGE_SIZE || ext2->device->read_only)
        return -EROFS;
    if (g->has_journal)
        return ext2_journal_open(ext2);
    ext2->counts_changed = true;
    return journal_commit(&ext2->journal);
}

/* Going read-only leaves the disk as clean as it was found. */
static int ext2_remount(struct filesystem *filesystem, bool read_only)
{
    if (!read_only)
        return ext2_begin_writing(filesystem->data);
    pagecache_sync_all();
    return ext2_journal_close(filesystem->data);
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
    list_init(&ext2->orphans);
    filesystem->data = ext2;
    return ext2;
}

/* Whether and how what was loaded may be written. */
static int ext2_settle_rights(struct ext2 *ext2)
{
    struct filesystem *filesystem = ext2->filesystem;
    const struct ext2_geometry *geometry = &ext2->geometry;
    bool large_files = geometry->read_only_compatible & EXT2_RO_COMPAT_LARGE_FILE;
    filesystem->max_file_size = large_files ? min_u64(ext2_size_max(geometry), CACHE_FILE_MAX) : INT32_MAX;
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
    if (error == 0 && geometry->has_journal)
        ext2_orphans_end(ext2);
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
        error = ext2_settle_rights(ext2);
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

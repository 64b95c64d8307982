/*
 * ext2's inodes: from the inode table and back to it, and their end.
 *
 * A changed inode is put on its file system's list and written into the table's page when the file is synced, with all
 * others, or when its last reference goes; so a thousand writes change the table once.
 */
#include "kernel/fs/ext2.h"
#include "kernel/fs/file.h"
#include "kernel/fs/names.h"
#include "kernel/random.h"
#include "libc/string.h"
#include "mm/frame.h"
#include "mm/slab.h"

static struct slab_cache ext2_inode_cache;

static struct timespec64 time_from_disk(struct ext2_time time)
{
    return (struct timespec64){.seconds = time.seconds, .nanoseconds = time.nanoseconds};
}

static struct ext2_time time_to_disk(struct timespec64 time)
{
    return (struct ext2_time){.seconds = time.seconds, .nanoseconds = time.nanoseconds};
}

static ssize_t ext2_readlink_fast(struct inode *inode, char *buffer, size_t size)
{
    size_t length = min_u64(size, inode_size(inode));
    memcpy(buffer, ext2_inode(inode)->block, length);
    return (ssize_t)length;
}

/* A long target is the file's contents: less than a page. */
static ssize_t ext2_readlink(struct inode *inode, char *buffer, size_t size)
{
    struct uio uio;
    uio_init_kernel(&uio, buffer, size, true);
    struct file reader = {.inode = inode};
    return cache_read(&reader, &inode->object, inode_size(inode), &uio, 0);
}

static int ext2_truncate(struct inode *inode, uint64_t size)
{
    uint32_t block_size = ext2_of(inode)->geometry.block_size;
    int error = ext2_blocks_free_from(ext2_inode(inode), (size + block_size - 1) / block_size);
    return error != 0 ? error : ext2_inode_changed(inode);
}

static const struct inode_ops ext2_file_inode_ops = {.truncate = ext2_truncate, .set_attributes = ext2_inode_changed};
static const struct inode_ops ext2_fast_link_inode_ops = {.readlink = ext2_readlink_fast,
                                                          .set_attributes = ext2_inode_changed};
static const struct inode_ops ext2_link_inode_ops = {.readlink = ext2_readlink, .set_attributes = ext2_inode_changed};

void ext2_inode_set_ops(struct inode *inode)
{
    inode->ops = &ext2_file_inode_ops;
    inode->file_ops = &ext2_file_ops;
    if (inode_is(inode, S_IFDIR)) {
        inode->ops = &ext2_directory_inode_ops;
        inode->file_ops = &ext2_directory_file_ops;
    } else if (inode_is(inode, S_IFLNK)) {
        inode->ops = ext2_inode(inode)->fast_link ? &ext2_fast_link_inode_ops : &ext2_link_inode_ops;
    }
}

/* A new inode in memory from checked values; null without memory. */
static struct inode *ext2_inode_create(struct ext2 *ext2, uint32_t number, const struct ext2_inode_data *data)
{
    struct ext2_inode *file = slab_alloc(&ext2_inode_cache, FRAME_ZERO);
    if (file == NULL)
        return NULL;
    struct inode *inode = &file->inode;
    inode_init(inode, ext2->filesystem, &ext2_object_ops, number, data->mode);
    mutex_init(&file->map_lock, RANK_BLOCK_MAP);
    inode->object.size = data->size;
    inode->uid = data->uid;
    inode->gid = data->gid;
    inode->links = data->links;
    inode->device = data->device;
    inode->blocks = data->sectors;
    inode->accessed = time_from_disk(data->accessed);
    inode->modified = time_from_disk(data->modified);
    inode->changed = time_from_disk(data->changed);
    memcpy(file->block, data->block, sizeof file->block);
    file->flags = data->flags;
    file->generation = data->generation;
    file->file_acl = data->file_acl;
    file->fast_link = data->fast_link;
    ext2_inode_set_ops(inode);
    return inode;
}

/* The place of inode `number` in its table, pinned. */
static int inode_place(struct ext2 *ext2, uint32_t number, struct page **page, const void **bytes)
{
    const struct ext2_geometry *geometry = &ext2->geometry;
    uint32_t group;
    uint64_t offset;
    int error = ext2_inode_place(number, geometry, &group, &offset);
    if (error != 0)
        return ext2_damaged(ext2, "there is no inode", number);
    uint32_t block = ext2->groups[group].inode_table + (uint32_t)(offset >> geometry->block_shift);
    error = ext2_metadata(ext2, block, page, bytes);
    if (error == 0)
        *bytes = (const char *)*bytes + (offset & (geometry->block_size - 1));
    return error;
}

int ext2_inode_get(struct ext2 *ext2, uint32_t number, struct inode **result)
{
    struct ext2_inode_data data;
    struct page *page;
    const void *bytes;
    *result = inode_find(ext2->filesystem, number);
    if (*result != NULL)
        return 0;
    int error = inode_place(ext2, number, &page, &bytes);
    if (error != 0)
        return error;
    error = ext2_inode_parse(bytes, &ext2->geometry, &data);
    page_unpin(page);
    if (error != 0)
        return ext2_damaged(ext2, "impossible inode", number);
    struct inode *inode = ext2_inode_create(ext2, number, &data);
    if (inode == NULL)
        return -ENOMEM;
    *result = inode_publish(inode);
    return 0;
}

int ext2_inode_make(struct inode *directory, uint32_t mode, struct inode **result)
{
    struct ext2 *ext2 = ext2_of(directory);
    struct ext2_inode_data data = {.mode = mode, .links = mode_is(mode, S_IFDIR) ? 2 : 1};
    uint32_t number;
    int error = ext2_number_allocate(ext2, (uint32_t)directory->number, mode_is(mode, S_IFDIR), &number);
    if (error != 0)
        return error;
    struct inode *inode = ext2_inode_create(ext2, number, &data);
    if (inode == NULL) {
        ext2_number_free(ext2, number, mode_is(mode, S_IFDIR));
        return -ENOMEM;
    }
    ext2_inode(inode)->fresh = true;
    ext2_inode(inode)->generation = (uint32_t)random_u64();
    inode->accessed = inode->modified = inode->changed = timespec_now();
    inode_set_owner(inode, directory);
    *result = inode_publish(inode);
    return ext2_inode_changed(*result);
}

int ext2_inode_changed(struct inode *inode)
{
    struct ext2 *ext2 = ext2_of(inode);
    struct ext2_inode *file = ext2_inode(inode);
    atomic_thread_fence(
        memory_order_seq_cst); /* what has changed is seen by who takes the inode off the list after this look */
    if (list_is_linked(&file->dirty_link))
        return 0;
    spin_lock(&ext2->dirty_lock);
    if (!list_is_linked(&file->dirty_link))
        list_push_back(&ext2->dirty_inodes, &file->dirty_link);
    spin_unlock(&ext2->dirty_lock);
    return 0;
}

static bool inode_take_off_list(struct ext2_inode *file)
{
    struct ext2 *ext2 = ext2_of(&file->inode);
    spin_lock(&ext2->dirty_lock);
    bool was_on = list_is_linked(&file->dirty_link);
    if (was_on)
        list_remove(&file->dirty_link);
    spin_unlock(&ext2->dirty_lock);
    return was_on;
}

static void inode_fill(struct ext2_inode *file, struct ext2_inode_data *data)
{
    const struct inode *inode = &file->inode;
    *data = (struct ext2_inode_data){
        .mode = inode->mode,
        .uid = inode->uid,
        .gid = inode->gid,
        .links = inode->links,
        .flags = file->flags,
        .generation = file->generation,
        .file_acl = file->file_acl,
        .size = inode_size(inode),
        .sectors = inode->blocks,
        .accessed = time_to_disk(inode->accessed),
        .modified = time_to_disk(inode->modified),
        .changed = time_to_disk(inode->changed),
    };
    memcpy(data->block, file->block, sizeof data->block);
    if (inode_is(inode, S_IFCHR) || inode_is(inode, S_IFBLK))
        ext2_device_encode(inode->device, data->block);
    if (mode_is(data->mode, S_IFCHR) || mode_is(data->mode, S_IFBLK) || mode_is(data->mode, S_IFIFO) ||
        mode_is(data->mode, S_IFSOCK))
        data->size = 0;
}

/* Writes the inode's bytes into the page of its table. `deleted_at`: when the file ended, or 0. */
static int inode_write(struct ext2_inode *file, uint32_t deleted_at)
{
    struct ext2 *ext2 = ext2_of(&file->inode);
    struct ext2_inode_data data;
    struct page *page;
    const void *bytes;
    int error = inode_place(ext2, (uint32_t)file->inode.number, &page, &bytes);
    if (error != 0)
        return error;
    mutex_lock(&file->map_lock);
    inode_fill(file, &data);
    ext2_inode_encode((void *)bytes, &ext2->geometry, &data, deleted_at, file->fresh);
    file->fresh = false;
    mutex_unlock(&file->map_lock);
    ext2_metadata_changed(page);
    return 0;
}

int ext2_inode_flush(struct inode *inode)
{
    return inode_take_off_list(ext2_inode(inode)) ? inode_write(ext2_inode(inode), 0) : 0;
}

/* The first changed inode that is not about to end anyway, referenced and off the list; null: none. */
static struct inode *dirty_inode_take(struct ext2 *ext2)
{
    struct inode *found = NULL;
    spin_lock(&ext2->dirty_lock);
    list_for_each_safe(link, after, &ext2->dirty_inodes)
    {
        struct inode *inode = &list_entry(link, struct ext2_inode, dirty_link)->inode;
        if (found == NULL && inode_try_get(inode)) {
            list_remove(link);
            found = inode;
        }
    }
    spin_unlock(&ext2->dirty_lock);
    return found;
}

int ext2_inodes_flush(struct ext2 *ext2)
{
    struct inode *inode;
    int result = 0;
    while ((inode = dirty_inode_take(ext2)) != NULL) {
        int error = inode_write(ext2_inode(inode), 0);
        result = result != 0 ? result : error;
        inode_put(inode);
    }
    return result;
}

/*
 * The last reference has gone. A file without links gives everything back, the inode last: so its blocks are never free
 * while it points to them.
 */
void ext2_evict(struct inode *inode)
{
    struct ext2 *ext2 = ext2_of(inode);
    struct ext2_inode *file = ext2_inode(inode);
    bool changed = inode_take_off_list(file);
    if (ext2->filesystem->read_only)
        return;
    int error = 0;
    if (inode->links > 0) {
        error = changed ? inode_write(file, 0) : 0;
    } else {
        inode->object.size = 0;
        if (!file->fast_link && !inode_is(inode, S_IFCHR) && !inode_is(inode, S_IFBLK))
            error = ext2_blocks_free_from(file, 0);
        int written = inode_write(file, (uint32_t)timespec_now().seconds);
        error = error != 0 ? error : written;
        (void)inode_take_off_list(file);
        if (error == 0)
            ext2_number_free(ext2, (uint32_t)inode->number, inode_is(inode, S_IFDIR));
    }
    if (error != 0)
        (void)ext2_damaged(ext2, "cannot write inode", inode->number);
}

void ext2_free_inode(struct inode *inode)
{
    slab_free(&ext2_inode_cache, ext2_inode(inode));
}

void ext2_inode_init(void)
{
    slab_cache_init(&ext2_inode_cache, "ext2_inode", sizeof(struct ext2_inode));
}

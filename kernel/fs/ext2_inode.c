/*
 * ext2's inodes: read from the inode table, checked, and kept by number in the inode cache.
 */
#include "kernel/fs/ext2.h"
#include "kernel/fs/file.h"
#include "libc/string.h"
#include "mm/frame.h"
#include "mm/slab.h"

static struct slab_cache ext2_inode_cache;

static struct timespec64 time_from_disk(struct ext2_time time)
{
    return (struct timespec64){.seconds = time.seconds, .nanoseconds = time.nanoseconds};
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

static const struct inode_ops ext2_file_inode_ops;
static const struct inode_ops ext2_fast_link_inode_ops = {.readlink = ext2_readlink_fast};
static const struct inode_ops ext2_link_inode_ops = {.readlink = ext2_readlink};

static void ext2_inode_set_ops(struct inode *inode)
{
    inode->ops = &ext2_file_inode_ops;
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
    file->fast_link = data->fast_link;
    ext2_inode_set_ops(inode);
    return inode;
}

/* Reads and checks inode `number`. */
static int ext2_inode_read(struct ext2 *ext2, uint32_t number, struct ext2_inode_data *data)
{
    const struct ext2_geometry *geometry = &ext2->geometry;
    uint32_t group;
    uint64_t offset;
    struct page *page;
    const void *bytes;
    int error = ext2_inode_place(number, geometry, &group, &offset);
    if (error != 0)
        return ext2_damaged(ext2, "there is no inode", number);
    uint32_t block = ext2->groups[group].inode_table + (uint32_t)(offset >> geometry->block_shift);
    error = ext2_metadata(ext2, block, &page, &bytes);
    if (error != 0)
        return error;
    error = ext2_inode_parse((const char *)bytes + (offset & (geometry->block_size - 1)), geometry, data);
    page_unpin(page);
    return error == 0 ? 0 : ext2_damaged(ext2, "impossible inode", number);
}

int ext2_inode_get(struct ext2 *ext2, uint32_t number, struct inode **result)
{
    struct ext2_inode_data data;
    *result = inode_find(ext2->filesystem, number);
    if (*result != NULL)
        return 0;
    int error = ext2_inode_read(ext2, number, &data);
    if (error != 0)
        return error;
    struct inode *inode = ext2_inode_create(ext2, number, &data);
    if (inode == NULL)
        return -ENOMEM;
    *result = inode_publish(inode);
    return 0;
}

void ext2_free_inode(struct inode *inode)
{
    slab_free(&ext2_inode_cache, ext2_inode(inode));
}

void ext2_inode_init(void)
{
    slab_cache_init(&ext2_inode_cache, "ext2_inode", sizeof(struct ext2_inode));
}

/*
 * tmpfs: inodes and their pages. Directories are in tmpfs_directory.c.
 *
 * A file's pages are those of a shared-memory object (mm/shm.h): in memory or on swap, until the file ends or is cut. What was
 * never written or mapped is a hole. The entries of a directory hold the references that keep files alive.
 *
 * Limit: half of memory for each mount, counted in pages that files have, wherever these are; they are promised to programs
 * as they come (mm/commit.h).
 */
#include "kernel/fs/tmpfs.h"

#include "kernel/abi/statfs.h"
#include "kernel/fs/file.h"
#include "kernel/fs/inode.h"
#include "kernel/fs/names.h"
#include "kernel/fs/tmpfs_inode.h"
#include "libc/string.h"
#include "mm/frame.h"
#include "mm/pagecache.h"
#include "mm/slab.h"

struct tmpfs {
    _Atomic uint64_t pages, inodes; /* in use */
    uint64_t pages_max;
    _Atomic uint64_t next_number;
};

static struct slab_cache tmpfs_inode_cache;

static struct tmpfs *tmpfs_of(const struct inode *inode)
{
    return inode->filesystem->data;
}

static int tmpfs_charge(struct object *object, int64_t pages)
{
    struct tmpfs *tmpfs = tmpfs_of(container_of(object, struct inode, object));
    uint64_t before = atomic_fetch_add(&tmpfs->pages, (uint64_t)pages);
    if (pages <= 0 || before + (uint64_t)pages <= tmpfs->pages_max)
        return 0;
    atomic_fetch_sub(&tmpfs->pages, (uint64_t)pages);
    return -ENOSPC;
}

static ssize_t tmpfs_readlink(struct inode *inode, char *buffer, size_t size)
{
    size_t length = min_u64(size, inode_size(inode));
    memcpy(buffer, tmpfs_inode(inode)->target, length);
    return (ssize_t)length;
}

static const struct object_ops tmpfs_object_ops = {
    .charge = tmpfs_charge,
    .release = inode_release,
};
static const struct inode_ops tmpfs_file_inode_ops = {.punch = inode_punch_memory};
static const struct inode_ops tmpfs_link_inode_ops = {.readlink = tmpfs_readlink};

struct inode *tmpfs_inode_create(struct filesystem *filesystem, const struct inode *directory, uint32_t mode)
{
    struct tmpfs *tmpfs = filesystem->data;
    struct tmpfs_inode *file = slab_alloc(&tmpfs_inode_cache, FRAME_ZERO);
    if (file == NULL)
        return NULL;
    struct inode *inode = &file->inode;
    inode_init(inode, filesystem, &tmpfs_object_ops, 1 + atomic_fetch_add(&tmpfs->next_number, 1), mode);
    atomic_fetch_add(&tmpfs->inodes, 1);
    if (directory != NULL)
        inode_set_owner(inode, directory);
    inode->ops = &tmpfs_file_inode_ops;
    if (inode_is(inode, S_IFREG))
        inode_make_memory(inode);
    if (mode_is(mode, S_IFDIR)) {
        list_init(&file->entries);
        inode->ops = &tmpfs_directory_inode_ops;
        inode->file_ops = &tmpfs_directory_file_ops;
        inode->links = 2;
    }
    return inode;
}

struct inode *tmpfs_link_create(struct inode *directory, const char *target)
{
    struct inode *inode = tmpfs_inode_create(directory->filesystem, directory, S_IFLNK | 0777);
    if (inode == NULL)
        return NULL;
    size_t length = strlen(target);
    char *copy = kmalloc(length + 1);
    if (copy == NULL) {
        inode_put(inode);
        return NULL;
    }
    memcpy(copy, target, length + 1);
    tmpfs_inode(inode)->target = copy;
    inode->object.size = length;
    inode->ops = &tmpfs_link_inode_ops;
    return inode;
}

void tmpfs_evict(struct inode *inode)
{
    if (inode_is(inode, S_IFDIR))
        tmpfs_directory_clear(inode);
    atomic_fetch_sub(&tmpfs_of(inode)->inodes, 1);
}

void tmpfs_free_inode(struct inode *inode)
{
    kfree(tmpfs_inode(inode)->target);
    slab_free(&tmpfs_inode_cache, tmpfs_inode(inode));
}

int tmpfs_mount(struct filesystem *filesystem, struct block_device *device, const char *options, struct inode **root)
{
    struct tmpfs *tmpfs = kmalloc(sizeof *tmpfs);
    (void)device, (void)options;
    if (tmpfs == NULL)
        return -ENOMEM;
    tmpfs->pages_max = frames_total() / 2;
    filesystem->data = tmpfs;
    filesystem->max_file_size = CACHE_FILE_MAX;
    *root = tmpfs_inode_create(filesystem, NULL, S_IFDIR | 01777);
    if (*root == NULL) {
        kfree(tmpfs);
        return -ENOMEM;
    }
    return 0;
}

void tmpfs_unmount(struct filesystem *filesystem)
{
    kfree(filesystem->data);
}

int tmpfs_statfs(struct filesystem *filesystem, struct linux_statfs *result)
{
    const struct tmpfs *tmpfs = filesystem->data;
    *result = (struct linux_statfs){
        .type = STATFS_TMPFS,
        .block_size = PAGE_SIZE,
        .fragment_size = PAGE_SIZE,
        .blocks = tmpfs->pages_max,
        .blocks_free = tmpfs->pages_max - min_u64(tmpfs->pages, tmpfs->pages_max),
        .files = tmpfs->pages_max,
        .files_free = tmpfs->pages_max - min_u64(tmpfs->inodes, tmpfs->pages_max),
        .name_max = NAME_MAX,
    };
    result->blocks_available = result->blocks_free;
    return 0;
}

static struct filesystem_type tmpfs_type = {
    .name = "tmpfs",
    .mount = tmpfs_mount,
    .unmount = tmpfs_unmount,
    .statfs = tmpfs_statfs,
    .evict = tmpfs_evict,
    .free_inode = tmpfs_free_inode,
};

void tmpfs_init(void)
{
    slab_cache_init(&tmpfs_inode_cache, "tmpfs_inode", sizeof(struct tmpfs_inode));
    filesystem_register(&tmpfs_type);
}

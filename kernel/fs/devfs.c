/*
 * /dev; see devfs.h. The nodes are ordinary device inodes of a tmpfs: programs may add, rename and remove what they
 * like.
 */
#include "kernel/fs/devfs.h"

#include "kernel/abi/stat.h"
#include "kernel/dev/block.h"
#include "kernel/fs/chardev.h"
#include "kernel/fs/inode.h"
#include "kernel/fs/tmpfs.h"
#include "kernel/log.h"
#include "libc/string.h"

static struct inode *devfs_root; /* referenced; of the first mount */

static void devfs_create(const char *name, uint32_t mode, uint64_t device)
{
    struct inode *inode = NULL;
    mutex_lock(&devfs_root->lock);
    int error = devfs_root->ops->create(devfs_root, name, strlen(name), mode, device, &inode);
    mutex_unlock(&devfs_root->lock);
    if (error == 0)
        inode_put(inode);
    else
        log_write(LOG_ERROR, "devfs: no node for %s: error %d", name, -error);
}

static void devfs_create_link(const char *name, const char *target)
{
    struct inode *inode = NULL;
    mutex_lock(&devfs_root->lock);
    int error = devfs_root->ops->symlink(devfs_root, name, strlen(name), target, &inode);
    mutex_unlock(&devfs_root->lock);
    if (error == 0)
        inode_put(inode);
}

void devfs_add(const char *name, uint32_t mode, uint64_t device)
{
    if (devfs_root != NULL)
        devfs_create(name, mode, device);
}

static void devfs_add_registered(const char *name, uint64_t device, uint32_t mode, void *context)
{
    (void)context;
    devfs_create(name, mode, device);
}

static void devfs_fill(void)
{
    chardevs_for_each(devfs_add_registered, NULL);
    for (unsigned i = 0; i < block_count(); i++)
        devfs_create(block_at(i)->name, S_IFBLK | 0660, block_at(i)->number);
    devfs_create("shm", S_IFDIR | 01777, 0);
    devfs_create("pts", S_IFDIR | 0755, 0);
    devfs_create_link("fd", "/proc/self/fd");
    devfs_create_link("stdin", "/proc/self/fd/0");
    devfs_create_link("stdout", "/proc/self/fd/1");
    devfs_create_link("stderr", "/proc/self/fd/2");
}

static int devfs_mount(struct filesystem *filesystem, struct block_device *device, const char *options,
                       struct inode **root)
{
    int error = tmpfs_mount(filesystem, device, options, root);
    if (error != 0 || devfs_root != NULL)
        return error;
    (*root)->mode = S_IFDIR | 0755;
    devfs_root = *root;
    inode_get(devfs_root);
    devfs_fill();
    return 0;
}

static struct filesystem_type devfs_type = {
    .name = "devtmpfs",
    .mount = devfs_mount,
    .unmount = tmpfs_unmount,
    .statfs = tmpfs_statfs,
    .evict = tmpfs_evict,
    .free_inode = tmpfs_free_inode,
};

void devfs_init(void)
{
    filesystem_register(&devfs_type);
}

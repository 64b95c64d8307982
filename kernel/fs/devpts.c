/*
 * /dev/pts. A name is there while its master is open (kernel/dev/pty.h), so names are not cached and inodes are made
 * when they are looked up.
 */
#include "kernel/fs/devpts.h"

#include "kernel/abi/dirent.h"
#include "kernel/abi/statfs.h"
#include "kernel/dev/pty.h"
#include "kernel/fs/directory.h"
#include "kernel/fs/inode.h"
#include "libc/format.h"
#include "libc/string.h"
#include "mm/slab.h"

enum { DEVPTS_ROOT_NUMBER = 1, DEVPTS_SLAVE_NUMBER = 3, SLAVE_MODE = 0620, OFFSET_SLAVES = 2, NAME_SIZE = 12 };

static struct inode *devpts_inode_create(struct filesystem *filesystem, uint64_t number, uint32_t mode)
{
    static const struct object_ops object_ops = {.read = object_zero_fill, .release = inode_release};
    struct inode *inode = kmalloc(sizeof(*inode));
    if (inode != NULL)
        inode_init(inode, filesystem, &object_ops, number, mode);
    return inode;
}

static size_t slave_name(unsigned index, char name[NAME_SIZE])
{
    return (size_t)snprintf(name, NAME_SIZE, "%u", index);
}

/* The slave with that name; PTYS_MAX if there is none. */
static unsigned slave_find(const char *name, size_t length, uint32_t *uid, uint32_t *gid)
{
    char wanted[NAME_SIZE];
    for (unsigned i = 0; i < PTYS_MAX; i++) {
        if (slave_name(i, wanted) == length && memcmp(name, wanted, length) == 0 && pty_exists(i, uid, gid))
            return i;
    }
    return PTYS_MAX;
}

static int devpts_lookup(struct inode *directory, const char *name, size_t length, struct inode **result)
{
    uint32_t uid, gid;
    unsigned index = slave_find(name, length, &uid, &gid);
    if (index == PTYS_MAX)
        return -ENOENT;
    struct inode *inode = devpts_inode_create(directory->filesystem, DEVPTS_SLAVE_NUMBER + index, S_IFCHR | SLAVE_MODE);
    if (inode == NULL)
        return -ENOMEM;
    inode->device = device_make(PTY_SLAVE_MAJOR, index);
    inode->uid = uid;
    inode->gid = gid;
    *result = inode;
    return 0;
}

static int devpts_readdir(struct file *file, uint64_t *offset, directory_emit *emit, void *context)
{
    if (!directory_emit_dots(file, offset, emit, context))
        return 0;
    for (; *offset - OFFSET_SLAVES < PTYS_MAX; ++*offset) {
        unsigned index = (unsigned)(*offset - OFFSET_SLAVES);
        uint32_t uid, gid;
        char name[NAME_SIZE];
        if (!pty_exists(index, &uid, &gid))
            continue;
        if (!emit(context, name, slave_name(index, name), DEVPTS_SLAVE_NUMBER + index, DT_CHR, *offset + 1))
            return 0;
    }
    return 0;
}

static const struct inode_ops devpts_inode_ops = {.lookup = devpts_lookup};
static const struct file_ops devpts_file_ops = {.readdir = devpts_readdir};

static int devpts_mount(struct filesystem *filesystem, struct block_device *device, const char *options,
                        struct inode **root)
{
    (void)device, (void)options;
    struct inode *inode = devpts_inode_create(filesystem, DEVPTS_ROOT_NUMBER, S_IFDIR | 0755);
    if (inode == NULL)
        return -ENOMEM;
    inode->links = 2;
    inode->ops = &devpts_inode_ops;
    inode->file_ops = &devpts_file_ops;
    *root = inode;
    return 0;
}

static int devpts_statfs(struct filesystem *filesystem, struct linux_statfs *result)
{
    (void)filesystem;
    result->type = STATFS_DEVPTS;
    return 0;
}

static void devpts_free_inode(struct inode *inode)
{
    kfree(inode);
}

static struct filesystem_type devpts_type = {
    .name = "devpts",
    .uncached = true,
    .mount = devpts_mount,
    .statfs = devpts_statfs,
    .free_inode = devpts_free_inode,
};

void devpts_init(void)
{
    filesystem_register(&devpts_type);
}

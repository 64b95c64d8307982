/*
 * open: from a path and flags to an open file.
 */
#include "kernel/abi/statfs.h"
#include "kernel/fs/blockdev.h"
#include "kernel/fs/chardev.h"
#include "kernel/fs/direct_io.h"
#include "kernel/fs/file.h"
#include "kernel/fs/inode.h"
#include "kernel/fs/names.h"
#include "kernel/fs/path.h"
#include "kernel/fs/pipe.h"

static bool flags_write(uint32_t flags)
{
    return (flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC);
}

/* The bits that the access mode asks of the permissions. */
static unsigned flags_permission(uint32_t flags)
{
    static const unsigned masks[] = {4, 2, 4 | 2, 4 | 2};
    if (flags & OPEN_TO_EXECUTE)
        return 1;
    return masks[flags & O_ACCMODE] | (flags & O_TRUNC ? 2 : 0);
}

/* Whether the running process may open the file that way. */
static int open_check(const struct inode *inode, uint32_t flags)
{
    bool is_directory = inode_is(inode, S_IFDIR);
    if ((flags & O_DIRECTORY) && !is_directory)
        return -ENOTDIR;
    if (flags & O_PATH)
        return 0;
    if (inode_is(inode, S_IFLNK))
        return -ELOOP;
    if (is_directory && (flags_write(flags) || (flags & O_CREAT)))
        return -EISDIR;
    int error = inode_permission(inode, flags_permission(flags));
    if (error != 0)
        return error;
    if (flags_write(flags) && inode_is_read_only(inode) && (is_directory || inode_is(inode, S_IFREG)))
        return -EROFS;
    return (flags & O_NOATIME) ? inode_owner_check(inode) : 0;
}

/* What to do with the file, by its type; *data is for the driver. */
static int open_ops(const struct inode *inode, const struct file_ops **ops, void **data)
{
    bool no_devices = inode->filesystem != NULL && (inode->filesystem->flags & MS_NODEV);
    *ops = inode->file_ops;
    switch (inode->mode & S_IFMT) {
    case S_IFCHR:
        return no_devices ? -EACCES : chardev_find(inode->device, ops, data);
    case S_IFBLK:
        *ops = &blockdev_file_ops;
        return no_devices ? -EACCES : 0;
    case S_IFIFO:
        *ops = &fifo_file_ops;
        return 0;
    case S_IFSOCK:
        return -ENXIO;
    default:
        return 0;
    }
}

int file_open_inode(struct dentry *dentry, struct inode *inode, uint32_t flags, struct file **result)
{
    const struct file_ops *ops = NULL;
    void *data = NULL;
    int error = flags & O_PATH ? 0 : open_ops(inode, &ops, &data);
    if (error != 0)
        return error;
    struct file *file = file_allocate(dentry, inode, ops, flags);
    if (file == NULL)
        return -ENOMEM;
    file->data = data;
    if (inode_is(inode, S_IFREG) && file_is_writable(file))
        error = file_claim(file, FILE_WRITES);
    if (error == 0 && file->ops->open != NULL)
        error = file->ops->open(file);
    if (error == 0 && (flags & O_DIRECT) && !(flags & O_PATH)) {
        error = direct_check_file(file);
        file->ahead.advice = READAHEAD_RANDOM;
    }
    if (error != 0) {
        file_discard(file);
        return error;
    }
    file->flags &= ~(uint32_t)(O_EXCL | O_NOCTTY | OPEN_TO_EXECUTE); /* wishes for open() only */
    *result = file;
    return 0;
}

/* Cuts a regular file and opens it; nobody begins to run it or swaps to it between the two. */
static int open_truncated(struct dentry *dentry, uint32_t flags, struct file **result)
{
    int error = inode_claim(dentry->inode, FILE_WRITES);
    if (error != 0)
        return error;
    error = inode_truncate(dentry->inode, 0);
    if (error == 0)
        error = file_open_inode(dentry, dentry->inode, flags, result);
    inode_unclaim(dentry->inode, FILE_WRITES);
    return error;
}

/* Opens what exists. */
static int open_existing(struct dentry *dentry, uint32_t flags, struct file **result)
{
    int error = open_check(dentry->inode, flags);
    if (error != 0)
        return error;
    if ((flags & O_TRUNC) && inode_is(dentry->inode, S_IFREG))
        return open_truncated(dentry, flags, result);
    return file_open_inode(dentry, dentry->inode, flags, result);
}

/* Creates the last name of the walk and opens it. -EEXIST if somebody else was faster. */
static int open_new(const struct path_walk *walk, uint32_t flags, uint32_t mode, struct file **result)
{
    struct dentry *dentry;
    int error = name_create(walk, S_IFREG | (mode & S_PERMISSIONS), 0, &dentry);
    if (error != 0)
        return error;
    error = file_open_inode(dentry, dentry->inode, flags, result);
    dentry_put(dentry);
    return error;
}

static unsigned open_walk_flags(uint32_t flags)
{
    unsigned walk = 0;
    if (!(flags & O_NOFOLLOW) && (flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL))
        walk |= WALK_FOLLOW;
    if (flags & O_CREAT)
        walk |= WALK_CREATE | WALK_FILE;
    return walk;
}

/* O_TMPFILE: a new file without a name in the directory `path`. */
static int open_nameless(struct dentry *at, const char *path, uint32_t flags, uint32_t mode, struct file **result)
{
    struct dentry *directory, *dentry;
    int error = path_lookup(at, path, LOOKUP_DIRECTORY | (flags & O_NOFOLLOW ? 0 : LOOKUP_FOLLOW), &directory);
    if (error != 0)
        return error;
    error = name_create_nameless(directory, mode & S_PERMISSIONS, !(flags & O_EXCL), &dentry);
    dentry_put(directory);
    if (error != 0)
        return error;
    error = file_open_inode(dentry, dentry->inode, flags, result);
    dentry_put(dentry);
    return error;
}

int file_open(struct dentry *at, const char *path, uint32_t flags, uint32_t mode, struct file **result)
{
    struct path_walk walk;
    int error;
    if (flags & O_PATH)
        flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    if ((flags & (O_CREAT | O_DIRECTORY)) == (O_CREAT | O_DIRECTORY))
        return -EINVAL;
    if (flags & O_TMPFILE & ~(uint32_t)O_DIRECTORY) {
        bool sound = (flags & O_DIRECTORY) && (flags & O_ACCMODE) != O_RDONLY;
        return sound ? open_nameless(at, path, flags, mode, result) : -EINVAL;
    }
    do {
        error = path_walk(&walk, at, path, open_walk_flags(flags));
        if (error != 0)
            return error;
        if (walk.missing)
            error = open_new(&walk, flags, mode, result);
        else if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
            error = -EEXIST;
        else
            error = open_existing(walk.at, flags, result);
        dentry_put(walk.at);
    } while (walk.missing && error == -EEXIST && !(flags & O_EXCL)); /* made by another process meanwhile: open that */
    return error;
}

/*
 * Paths that programs pass to system calls, and what they are relative to.
 */
#include "kernel/abi/fcntl.h"
#include "kernel/fs/files.h"
#include "kernel/fs/inode.h"
#include "kernel/fs/path.h"
#include "mm/slab.h"
#include "mm/usercopy.h"

int user_path_get(struct user_path *path, vaddr_t from)
{
    path->allocated = NULL;
    path->text = path->small;
    ssize_t length = copy_string_from_user(path->small, from, sizeof path->small);
    if (length == -ENAMETOOLONG) {
        path->allocated = kmalloc(PATH_MAX);
        if (path->allocated == NULL)
            return -ENOMEM;
        path->text = path->allocated;
        length = copy_string_from_user(path->allocated, from, PATH_MAX);
    }
    if (length < 0) {
        user_path_put(path);
        return (int)length;
    }
    path->length = (size_t)length;
    return 0;
}

void user_path_put(struct user_path *path)
{
    if (path->allocated != NULL)
        kfree(path->allocated);
}

int path_start(int fd, const char *path, struct dentry **result)
{
    *result = NULL;
    if (*path == '/' || fd == AT_FDCWD)
        return 0;
    struct file *file = files_get(fd);
    if (file == NULL)
        return -EBADF;
    int error = file->dentry != NULL && inode_is(file->inode, S_IFDIR) ? 0 : -ENOTDIR;
    if (error == 0) {
        *result = file->dentry;
        dentry_get(file->dentry);
    }
    file_put(file);
    return error;
}

static int path_walk_from(struct path_walk *walk, int fd, const struct user_path *path, unsigned flags)
{
    struct dentry *at;
    int error = *path->text == '\0' ? -ENOENT : path_start(fd, path->text, &at);
    if (error != 0)
        return error;
    error = path_walk(walk, at, path->text, flags);
    if (at != NULL)
        dentry_put(at);
    return error;
}

int path_walk_user(struct path_walk *walk, int fd, vaddr_t from, unsigned flags)
{
    struct user_path path;
    int error = user_path_get(&path, from);
    if (error != 0)
        return error;
    error = path_walk_from(walk, fd, &path, flags);
    user_path_put(&path);
    return error;
}

/* The inode behind a descriptor, or the current directory's. */
static int descriptor_inode(int fd, struct inode **inode, struct dentry **dentry)
{
    if (fd == AT_FDCWD) {
        int error = path_lookup(NULL, ".", 0, dentry);
        if (error == 0)
            *inode = (*dentry)->inode;
        return error;
    }
    struct file *file = files_get(fd);
    if (file == NULL)
        return -EBADF;
    *inode = file->inode;
    *dentry = file->dentry;
    if (*dentry != NULL)
        dentry_get(*dentry);
    inode_get(*inode);
    file_put(file);
    return 0;
}

static int path_inode(int fd, const struct user_path *path, int at_flags, struct inode **inode, struct dentry **dentry)
{
    if (path->length == 0 && (at_flags & AT_EMPTY_PATH)) {
        int error = descriptor_inode(fd, inode, dentry);
        if (error == 0 && fd == AT_FDCWD)
            inode_get(*inode);
        return error;
    }
    struct path_walk walk;
    int error = path_walk_from(&walk, fd, path, at_flags & AT_SYMLINK_NOFOLLOW ? 0 : WALK_FOLLOW);
    if (error != 0)
        return error;
    *dentry = walk.at;
    *inode = walk.at->inode;
    inode_get(*inode);
    return 0;
}

int path_inode_user(int fd, vaddr_t from, int at_flags, struct inode **inode, struct dentry **dentry)
{
    struct user_path path;
    if ((at_flags & AT_EMPTY_PATH) && from == 0) /* a null path is as good as an empty one */
        path = (struct user_path){.text = path.small};
    else {
        int error = user_path_get(&path, from);
        if (error != 0)
            return error;
    }
    int error = path_inode(fd, &path, at_flags, inode, dentry);
    user_path_put(&path);
    return error;
}

void path_inode_put(struct inode *inode, struct dentry *dentry)
{
    inode_put(inode); /* the last one ends the file: in a file system that is mounted */
    if (dentry != NULL)
        dentry_put(dentry);
}

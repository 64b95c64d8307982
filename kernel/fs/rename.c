/*
 * Renaming: two names, up to two directories, up to two files, all locked in one order.
 *
 *     file system's rename_lock (only between directories) -> first directory -> second directory -> the dentry tree
 *
 * rename_lock keeps the tree's shape still, so that "is this directory above that one" has an answer; the directory
 * above is locked first.
 */
#include "kernel/fs/names.h"

#include "kernel/abi/fcntl.h"
#include "kernel/fs/dentry.h"
#include "kernel/fs/inode.h"

/* Both ends of one rename, looked up with the directories locked. */
struct renaming {
    const struct path_walk *from, *to;
    struct dentry *source, *target; /* referenced, or null */
    unsigned flags;
};

static int renaming_lookup(struct renaming *renaming)
{
    const struct path_walk *from = renaming->from, *to = renaming->to;
    int error = dentry_lookup_locked(from->at, from->name, from->name_length, from->name_hash, &renaming->source);
    if (error != 0)
        return error;
    return dentry_lookup_locked(to->at, to->name, to->name_length, to->name_hash, &renaming->target);
}

/* Whether the process may take the dentry's name out of its directory. */
static int source_check(const struct inode *directory, const struct dentry *dentry)
{
    int error = inode_permission(directory, 2 | 1);
    if (error != 0)
        return error;
    if ((directory->mode & S_ISVTX) && inode_owner_check(dentry->inode) != 0 && inode_owner_check(directory) != 0)
        return -EPERM;
    return dentry->mounted != NULL ? -EBUSY : 0;
}

/* What replacing `target` by `source` needs. */
static int target_check(const struct renaming *renaming)
{
    const struct inode *source = renaming->source->inode, *target = renaming->target->inode;
    if (renaming->flags & RENAME_NOREPLACE)
        return -EEXIST;
    int error = source_check(renaming->to->at->inode, renaming->target);
    if (error != 0)
        return error;
    if (inode_is(source, S_IFDIR) && !inode_is(target, S_IFDIR))
        return -ENOTDIR;
    return !inode_is(source, S_IFDIR) && inode_is(target, S_IFDIR) ? -EISDIR : 0;
}

static int renaming_check(const struct renaming *renaming)
{
    const struct path_walk *from = renaming->from, *to = renaming->to;
    const struct inode *source = renaming->source->inode;
    if (source == NULL)
        return -ENOENT;
    if (!inode_is(source, S_IFDIR) && (from->slash || to->slash))
        return -ENOTDIR;
    int error = source_check(from->at->inode, renaming->source);
    if (error != 0)
        return error;
    if (inode_is(source, S_IFDIR) && dentry_is_ancestor(renaming->source, to->at))
        return -EINVAL;
    if (dentry_is_ancestor(renaming->target, from->at)) /* the target is above the source, so it is not empty */
        return renaming->flags & RENAME_EXCHANGE ? -EINVAL : -ENOTEMPTY;
    if (renaming->target->inode != NULL)
        return target_check(renaming);
    if (to->at->inode->links == 0)
        return -ENOENT;
    return inode_permission(to->at->inode, 2 | 1);
}

/* Everything is locked and looked up. */
static int renaming_do(const struct renaming *renaming)
{
    const struct path_walk *from = renaming->from, *to = renaming->to;
    struct inode *directory = from->at->inode;
    struct inode *source = renaming->source->inode, *target = renaming->target->inode;
    int error = renaming_check(renaming);
    if (error != 0)
        return error;
    if (source == target) /* two names of one file: POSIX says that nothing happens */
        return 0;
    if (directory->ops->rename == NULL)
        return -EPERM;
    error = directory->ops->rename(directory, from->name, from->name_length, to->at->inode, to->name, to->name_length,
                                   source, target);
    if (error == 0)
        dentry_move(renaming->source, renaming->target);
    return error;
}

/* The directory that is above the other comes first; otherwise either order is right under rename_lock. */
static void directories_order(const struct path_walk *from, const struct path_walk *to, struct inode **first,
                              struct inode **second)
{
    bool to_first = dentry_is_ancestor(to->at, from->at);
    *first = to_first ? to->at->inode : from->at->inode;
    *second = to_first ? from->at->inode : to->at->inode;
}

int name_rename(const struct path_walk *from, const struct path_walk *to, unsigned flags)
{
    struct filesystem *filesystem = from->at->inode->filesystem;
    struct renaming renaming = {.from = from, .to = to, .flags = flags};
    struct inode *first, *second;
    bool across = from->at != to->at;
    if (filesystem != to->at->inode->filesystem)
        return -EXDEV;
    if (filesystem->read_only)
        return -EROFS;
    if (flags & RENAME_EXCHANGE)
        return -EINVAL;
    if (across)
        mutex_lock(&filesystem->rename_lock);
    directories_order(from, to, &first, &second);
    inode_lock_two(first, second);
    int error = renaming_lookup(&renaming);
    if (error == 0)
        error = renaming_do(&renaming);
    inode_unlock_two(first, second);
    if (across)
        mutex_unlock(&filesystem->rename_lock);
    if (renaming.source != NULL)
        dentry_put(renaming.source);
    if (renaming.target != NULL)
        dentry_put(renaming.target);
    return error;
}

/*
 * Renaming: two names, up to two directories, up to two files, all locked in one order.
 *
 *     file system's rename_lock (only between directories) -> first directory -> second directory
 *         -> the directory that moves -> what is replaced, or moves the other way -> the dentry tree
 *
 * rename_lock keeps the tree's shape still, so that "is this directory above that one" has an answer; the directory
 * above is locked first. Neither of the two that move is above the other or above a directory it goes to, so their order
 * is free. Locked are those that change: the links of what is replaced, the ".." of a directory that moves.
 *
 * The order of the checks, and so the error when several apply, is Linux's (fs/namei.c).
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

static inline bool renaming_exchanges(const struct renaming *renaming)
{
    return (renaming->flags & RENAME_EXCHANGE) != 0;
}

static inline bool renaming_is_across(const struct renaming *renaming)
{
    return renaming->from->at != renaming->to->at;
}

/* Whether the names are there, or free, and directories where a slash says so. */
static int names_check(const struct renaming *renaming)
{
    const struct inode *source = renaming->source->inode, *target = renaming->target->inode;
    bool exchanges = renaming_exchanges(renaming);
    if (source == NULL)
        return -ENOENT;
    if ((renaming->flags & RENAME_NOREPLACE) && target != NULL)
        return -EEXIST;
    if (exchanges && target == NULL)
        return -ENOENT;
    if (exchanges && renaming->to->slash && !inode_is(target, S_IFDIR))
        return -ENOTDIR;
    if (!inode_is(source, S_IFDIR) && (renaming->from->slash || (!exchanges && renaming->to->slash)))
        return -ENOTDIR;
    return 0;
}

/* Whether the tree stays a tree. */
static int tree_check(const struct renaming *renaming)
{
    if (dentry_is_ancestor(renaming->source, renaming->to->at))
        return -EINVAL;
    if (dentry_is_ancestor(renaming->target, renaming->from->at)) /* it is above the source, so it is not empty */
        return renaming_exchanges(renaming) ? -EINVAL : -ENOTEMPTY;
    return 0;
}

/* Whether the process may take the inode's name out of its directory. */
static int leave_check(const struct inode *directory, const struct inode *inode)
{
    int error = inode_permission(directory, 2 | 1);
    if (error != 0)
        return error;
    bool sticky = (directory->mode & S_ISVTX) && inode_owner_check(inode) != 0 && inode_owner_check(directory) != 0;
    return sticky || inode->names_kept ? -EPERM : 0;
}

/* What `source` needs to come to the target's name. */
static int arrive_check(const struct renaming *renaming)
{
    const struct inode *directory = renaming->to->at->inode;
    const struct inode *source = renaming->source->inode, *target = renaming->target->inode;
    if (target == NULL)
        return directory->links == 0 ? -ENOENT : inode_permission(directory, 2 | 1);
    int error = leave_check(directory, target);
    if (error != 0 || renaming_exchanges(renaming))
        return error;
    if (inode_is(source, S_IFDIR) && !inode_is(target, S_IFDIR))
        return -ENOTDIR;
    return !inode_is(source, S_IFDIR) && inode_is(target, S_IFDIR) ? -EISDIR : 0;
}

/* A directory's ".." is as much its owner's as its other names. */
static int parent_check(const struct inode *moved)
{
    return inode_is(moved, S_IFDIR) ? inode_permission(moved, 2) : 0;
}

static int rights_check(const struct renaming *renaming)
{
    const struct inode *source = renaming->source->inode, *directory = renaming->from->at->inode;
    int error = leave_check(directory, source);
    if (error == 0)
        error = arrive_check(renaming);
    if (error == 0 && directory->ops->rename == NULL)
        error = -EPERM;
    if (error == 0 && renaming_is_across(renaming))
        error = parent_check(source);
    if (error == 0 && renaming_is_across(renaming) && renaming_exchanges(renaming))
        error = parent_check(renaming->target->inode);
    if (error == 0 && (renaming->source->mounted != NULL || renaming->target->mounted != NULL))
        error = -EBUSY;
    if (error == 0 && renaming_exchanges(renaming) && directory->ops->exchange == NULL)
        error = -EINVAL;
    return error;
}

/* What is locked beside the directories, source first; null: none. */
static struct inode *source_to_lock(const struct renaming *renaming)
{
    struct inode *source = renaming->source->inode;
    return renaming_is_across(renaming) && inode_is(source, S_IFDIR) ? source : NULL;
}

static struct inode *target_to_lock(const struct renaming *renaming)
{
    struct inode *target = renaming->target->inode;
    if (target == NULL || !renaming_exchanges(renaming))
        return target;
    return renaming_is_across(renaming) && inode_is(target, S_IFDIR) ? target : NULL;
}

static void children_lock(struct inode *source, struct inode *target)
{
    if (source != NULL)
        mutex_lock_ranked(&source->lock, RANK_DIRECTORY3);
    if (target != NULL)
        mutex_lock_ranked(&target->lock, inode_is(target, S_IFDIR) ? RANK_DIRECTORY4 : target->lock.rank);
}

static void children_unlock(struct inode *source, struct inode *target)
{
    if (target != NULL)
        mutex_unlock(&target->lock);
    if (source != NULL)
        mutex_unlock(&source->lock);
}

/* Has the file system do what has been checked, and the names in memory follow. */
static int renaming_commit(const struct renaming *renaming)
{
    const struct path_walk *from = renaming->from, *to = renaming->to;
    struct inode *directory = from->at->inode;
    const struct inode_ops *ops = directory->ops;
    bool exchanges = renaming_exchanges(renaming);
    struct inode *source_locked = source_to_lock(renaming), *target_locked = target_to_lock(renaming);
    children_lock(source_locked, target_locked);
    int error = -EPERM;
    if (target_locked == NULL || !target_locked->names_kept) /* looked at again, under its lock */
        error = (exchanges ? ops->exchange : ops->rename)(directory, from->name, from->name_length, to->at->inode,
                                                          to->name, to->name_length, renaming->source->inode,
                                                          renaming->target->inode);
    children_unlock(source_locked, target_locked);
    if (error == 0 && exchanges)
        dentry_exchange(renaming->source, renaming->target);
    else if (error == 0)
        dentry_move(renaming->source, renaming->target);
    return error;
}

/* Everything is locked and looked up. */
static int renaming_do(const struct renaming *renaming)
{
    int error = names_check(renaming);
    if (error == 0)
        error = tree_check(renaming);
    if (error != 0)
        return error;
    if (renaming->source->inode == renaming->target->inode) /* two names of one file: POSIX: nothing happens */
        return 0;
    error = rights_check(renaming);
    return error != 0 ? error : renaming_commit(renaming);
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
    if (filesystem->read_only)
        return -EROFS;
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

/*
 * Creating and removing names, and files without one. Renaming is in rename.c.
 */
#include "kernel/fs/names.h"

#include "kernel/fs/dentry.h"
#include "kernel/fs/inode.h"
#include "kernel/process.h"
#include "libc/format.h"

uint32_t umask_current(void)
{
    const struct process *process = process_current();
    return process != NULL && process->fs != NULL ? process->fs->umask : 0;
}

void inode_set_owner(struct inode *inode, const struct inode *directory)
{
    const struct process *process = process_current();
    inode->uid = process != NULL ? process->credentials.fsuid : 0;
    inode->gid = process != NULL ? process->credentials.fsgid : 0;
    if (directory->mode & S_ISGID) {
        inode->gid = directory->gid;
        if (inode_is(inode, S_IFDIR))
            inode->mode |= S_ISGID;
    }
}

/* Whether names in `directory` may change. */
static int directory_may_change(const struct inode *directory)
{
    if (inode_is_read_only(directory))
        return -EROFS;
    return inode_permission(directory, 2 | 1);
}

/*
 * The free name walk->name in the locked directory, as a negative dentry, referenced. A name with a slash behind it can only
 * be a directory's.
 */
static int name_claim(const struct path_walk *walk, bool for_directory, struct dentry **dentry)
{
    struct inode *directory = walk->at->inode;
    int error = dentry_lookup_locked(walk->at, walk->name, walk->name_length, walk->name_hash, dentry);
    if (error != 0)
        return error;
    if ((*dentry)->inode != NULL)
        error = -EEXIST;
    else if (directory->links == 0 || (walk->slash && !for_directory))
        error = -ENOENT;
    else
        error = directory_may_change(directory);
    if (error != 0)
        dentry_put(*dentry);
    return error;
}

static int name_create_locked(const struct path_walk *walk, uint32_t mode, uint64_t device, struct dentry **result)
{
    struct inode *directory = walk->at->inode, *inode = NULL;
    struct dentry *dentry;
    int error = name_claim(walk, mode_is(mode, S_IFDIR), &dentry);
    if (error != 0)
        return error;
    error = directory->ops->create == NULL
                ? -EPERM
                : directory->ops->create(directory, walk->name, walk->name_length, mode, device, &inode);
    if (error == 0)
        dentry_instantiate(dentry, inode);
    if (error == 0 && result != NULL)
        *result = dentry;
    else
        dentry_put(dentry);
    return error;
}

int name_create(const struct path_walk *walk, uint32_t mode, uint64_t device, struct dentry **result)
{
    struct inode *directory = walk->at->inode;
    mutex_lock(&directory->lock);
    int error = name_create_locked(walk, mode & ~umask_current(), device, result);
    mutex_unlock(&directory->lock);
    return error;
}

/* The dentry of a nameless file, as Linux shows it: "/tmp/#17 (deleted)". */
static int nameless_enter(struct dentry *directory, struct inode *inode, struct dentry **result)
{
    char name[24];
    snprintf(name, sizeof name, "#%llu", (unsigned long long)inode->number);
    *result = dentry_create_deleted(directory, name, inode);
    return *result == NULL ? -ENOMEM : 0;
}

int name_create_nameless(struct dentry *directory, uint32_t mode, bool linkable, struct dentry **result)
{
    struct inode *parent = directory->inode, *inode = NULL;
    mutex_lock(&parent->lock);
    int error = directory_may_change(parent);
    if (error == 0)
        error = parent->ops->create_nameless == NULL
                    ? -EOPNOTSUPP
                    : parent->ops->create_nameless(parent, mode & ~umask_current(), &inode);
    mutex_unlock(&parent->lock);
    if (error != 0)
        return error;
    inode->linkable = linkable;
    return nameless_enter(directory, inode, result);
}

int name_symlink(const struct path_walk *walk, const char *target)
{
    struct inode *directory = walk->at->inode, *inode = NULL;
    struct dentry *dentry;
    mutex_lock(&directory->lock);
    int error = name_claim(walk, false, &dentry);
    if (error == 0) {
        error = directory->ops->symlink == NULL
                    ? -EPERM
                    : directory->ops->symlink(directory, walk->name, walk->name_length, target, &inode);
        if (error == 0)
            dentry_instantiate(dentry, inode);
        dentry_put(dentry);
    }
    mutex_unlock(&directory->lock);
    return error;
}

/* Has the file system do it, once the name is known to be free. */
static int name_link_claimed(const struct path_walk *walk, struct inode *inode)
{
    struct inode *directory = walk->at->inode;
    int error;
    if (inode->filesystem != directory->filesystem)
        return -EXDEV;
    if (inode_is(inode, S_IFDIR))
        return -EPERM;
    mutex_lock(&inode->lock);
    if (inode->links == 0 && !inode->linkable)
        error = -ENOENT;
    else if (inode->links >= LINKS_MAX)
        error = -EMLINK;
    else
        error = directory->ops->link == NULL ? -EPERM
                                             : directory->ops->link(directory, walk->name, walk->name_length, inode);
    if (error == 0)
        inode->linkable = false;
    mutex_unlock(&inode->lock);
    return error;
}

static int name_link_locked(const struct path_walk *walk, struct inode *inode)
{
    struct dentry *dentry;
    int error = name_claim(walk, false, &dentry);
    if (error != 0)
        return error;
    error = name_link_claimed(walk, inode);
    if (error == 0) {
        inode_get(inode);
        dentry_instantiate(dentry, inode);
    }
    dentry_put(dentry);
    return error;
}

int name_link(const struct path_walk *walk, struct inode *inode)
{
    struct inode *directory = walk->at->inode;
    mutex_lock(&directory->lock);
    int error = name_link_locked(walk, inode);
    mutex_unlock(&directory->lock);
    return error;
}

/*
 * Whether the running process may take `inode`'s name out of `directory`: its own or root, if the directory is sticky.
 */
static int name_may_go(const struct inode *directory, const struct inode *inode)
{
    int error = directory_may_change(directory);
    if (error != 0)
        return error;
    if ((directory->mode & S_ISVTX) && inode_owner_check(inode) != 0 && inode_owner_check(directory) != 0)
        return -EPERM;
    return 0;
}

static int unlink_check(const struct path_walk *walk, const struct dentry *dentry, bool directory)
{
    if (dentry->inode == NULL)
        return -ENOENT;
    if (dentry->mounted != NULL)
        return -EBUSY;
    int error = name_may_go(walk->at->inode, dentry->inode);
    if (error != 0)
        return error;
    if (directory)
        return inode_is(dentry->inode, S_IFDIR) ? 0 : -ENOTDIR;
    if (inode_is(dentry->inode, S_IFDIR))
        return -EISDIR;
    return walk->slash ? -ENOTDIR : 0;
}

static int name_unlink_locked(const struct path_walk *walk, struct dentry *dentry, bool directory)
{
    struct inode *parent = walk->at->inode, *inode = dentry->inode;
    int error = unlink_check(walk, dentry, directory);
    if (error != 0)
        return error;
    if (parent->ops->unlink == NULL)
        return -EPERM;
    mutex_lock_ranked(&inode->lock, inode->lock.rank + (directory ? 1 : 0));
    error = inode->names_kept ? -EPERM : parent->ops->unlink(parent, walk->name, walk->name_length, inode);
    mutex_unlock(&inode->lock);
    return error;
}

int inode_names_keep(struct inode *inode)
{
    mutex_lock(&inode->lock);
    int error = inode->names_kept ? -EBUSY : inode->links == 0 ? -ENOENT : 0;
    if (error == 0)
        inode->names_kept = true;
    mutex_unlock(&inode->lock);
    return error;
}

void inode_names_release(struct inode *inode)
{
    mutex_lock(&inode->lock);
    inode->names_kept = false;
    mutex_unlock(&inode->lock);
}

int name_unlink(const struct path_walk *walk, bool directory)
{
    struct inode *parent = walk->at->inode;
    struct dentry *dentry;
    mutex_lock(&parent->lock);
    int error = dentry_lookup_locked(walk->at, walk->name, walk->name_length, walk->name_hash, &dentry);
    if (error != 0) {
        mutex_unlock(&parent->lock);
        return error;
    }
    error = name_unlink_locked(walk, dentry, directory);
    struct inode *ended = error == 0 ? dentry_unlinked(dentry) : NULL;
    mutex_unlock(&parent->lock);
    if (ended != NULL)
        inode_put(ended);
    dentry_put(dentry);
    return error;
}

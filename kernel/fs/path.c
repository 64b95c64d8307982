/*
 * The path walk.
 *
 *     "/usr/bin/../lib/x"      while names are cached:  one acquisition of the dentry lock, no references
 *                              a name is not cached:    reference `at`, unlock, ask the directory, lock again
 *                              a symbolic link:         the same, and the rest of the path moves behind the link's text
 *
 * Under the lock a dentry cannot be freed, so `at` needs no reference. Whenever the lock is let go, `at` is referenced
 * first; such references are kept in held[] and given back the next time, as giving back may sleep.
 */
#include "kernel/fs/path.h"

#include "kernel/abi/fcntl.h"
#include "kernel/fs/dentry.h"
#include "kernel/fs/files.h"
#include "kernel/fs/inode.h"
#include "kernel/fs/mount.h"
#include "kernel/process.h"
#include "libc/string.h"
#include "mm/slab.h"
#include "mm/usercopy.h"

enum walk_result { WALK_ON = 0, WALK_DONE = 1 }; /* or -Exxx */

static void walk_drop_held(struct path_walk *walk)
{
    for (unsigned i = 0; i < ARRAY_LENGTH(walk->held); i++) {
        if (walk->held[i] != NULL)
            dentry_put(walk->held[i]);
        walk->held[i] = NULL;
    }
}

/* Lets the lock go; `at` stays valid by a reference. */
static void walk_pause(struct path_walk *walk)
{
    dentry_get(walk->at);
    dentry_unlock();
    walk_drop_held(walk);
    walk->held[0] = walk->at;
}

static const char *skip_slashes(const char *text)
{
    while (*text == '/')
        text++;
    return text;
}

static void walk_remember(struct path_walk *walk, const char *name, size_t length, uint32_t hash)
{
    memcpy(walk->name, name, length);
    walk->name[length] = '\0';
    walk->name_length = (uint8_t)length;
    walk->name_hash = hash;
}

static void walk_up(struct path_walk *walk)
{
    while (walk->at != walk->root && walk->at->parent == walk->at && walk->at->covers != NULL)
        walk->at = walk->at->covers;
    if (walk->at != walk->root)
        walk->at = walk->at->parent;
    while (walk->at->mounted != NULL && walk->at != walk->root)
        walk->at = walk->at->mounted;
}

/* Makes `target` + rest the path to walk on with. The lock is not held. */
static int walk_replace_rest(struct path_walk *walk, char *target, size_t length)
{
    size_t rest = strlen(walk->rest);
    if (length == 0)
        return -ENOENT;
    if (length + rest >= PATH_MAX)
        return -ENAMETOOLONG;
    memcpy(target + length, walk->rest, rest + 1);
    kfree(walk->buffer);
    walk->buffer = target;
    walk->rest = target;
    return 0;
}

static int walk_read_link(struct path_walk *walk, struct inode *link)
{
    char *target = kmalloc(PATH_MAX);
    if (target == NULL)
        return -ENOMEM;
    ssize_t length = link->ops->readlink(link, target, PATH_MAX - 1);
    int error = length < 0 ? (int)length : walk_replace_rest(walk, target, (size_t)length);
    if (error != 0)
        kfree(target);
    return error;
}

/* The caller's root now: chroot() of a process with the same context may have ended an earlier one while the lock was free. */
static struct dentry *root_now(void)
{
    const struct process *process = process_current();
    return process != NULL && process->fs != NULL ? process->fs->root : vfs_root;
}

/* Goes where the symbolic link `link`, a child of `at`, points. */
static int walk_link(struct path_walk *walk, struct dentry *link)
{
    const struct inode_ops *ops = link->inode->ops;
    if (++walk->links > LINKS_FOLLOWED_MAX)
        return -ELOOP;
    dentry_get(link);
    walk_pause(walk);
    walk->held[1] = link;
    struct dentry *target = NULL;
    int error = ops->follow != NULL ? ops->follow(link->inode, &target) : walk_read_link(walk, link->inode);
    dentry_lock();
    if (error != 0)
        return error;
    if (target != NULL) { /* `target` takes the place of the directory among the held; nothing uses that any more */
        dentry_unlock();
        walk_drop_held(walk);
        walk->held[0] = target;
        dentry_lock();
        walk->at = target;
    } else if (*walk->rest == '/') {
        walk->at = walk->root = root_now();
    }
    return WALK_ON;
}

/* The child is not cached: asks the file system. On success *child is held. */
static int walk_ask(struct path_walk *walk, const char *name, size_t length, uint32_t hash, struct dentry **child)
{
    walk_pause(walk);
    int error = dentry_lookup(walk->at, name, length, hash, child);
    if (error == 0)
        walk->held[1] = *child;
    dentry_lock();
    return error;
}

static int walk_child(struct path_walk *walk, const char *name, size_t length, uint32_t hash, bool last)
{
    struct dentry *child = dentry_find_locked(walk->at, name, length, hash);
    if (child == NULL) {
        int error = walk_ask(walk, name, length, hash, &child);
        if (error != 0)
            return error;
    }
    if (child->inode == NULL) {
        if (!last || !(walk->flags & WALK_CREATE))
            return -ENOENT;
        walk_remember(walk, name, length, hash);
        walk->missing = true;
        return WALK_DONE;
    }
    while (child->mounted != NULL)
        child = child->mounted;
    if (inode_is(child->inode, S_IFLNK) && (!last || (walk->flags & WALK_FOLLOW) || walk->slash))
        return walk_link(walk, child);
    walk->at = child;
    return WALK_ON;
}

/* Stops before the last name. */
static int walk_last(struct path_walk *walk, const char *name, size_t length, uint32_t hash)
{
    walk_remember(walk, name, length, hash);
    if (length == 1 && name[0] == '.')
        walk->last = LAST_DOT;
    else if (length == 2 && name[0] == '.' && name[1] == '.')
        walk->last = LAST_DOT_DOT;
    else
        walk->last = LAST_NAME;
    return WALK_DONE;
}

static bool name_is_dots(const char *name, size_t length)
{
    return name[0] == '.' && (length == 1 || (length == 2 && name[1] == '.'));
}

/* One name of the path, under the dentry lock. */
static int walk_step(struct path_walk *walk)
{
    const char *name = skip_slashes(walk->rest);
    if (*name == '\0') {
        walk->slash = name != walk->rest;
        return WALK_DONE;
    }
    if (!inode_is(walk->at->inode, S_IFDIR))
        return -ENOTDIR;
    int error = inode_permission(walk->at->inode, 1);
    if (error != 0)
        return error;
    uint32_t hash = NAME_HASH_START;
    const char *end = name;
    for (; *end != '\0' && *end != '/'; end++)
        hash = name_hash_add(hash, *end);
    size_t length = (size_t)(end - name);
    walk->rest = end;
    bool last = *skip_slashes(end) == '\0', dots = name_is_dots(name, length);
    walk->slash = last && *end == '/';
    if (walk->slash && (walk->flags & WALK_FILE) && !dots)
        return -EISDIR;
    if (length > NAME_MAX)
        return -ENAMETOOLONG;
    if (last && (walk->flags & WALK_PARENT))
        return walk_last(walk, name, length, hash);
    if (dots) {
        if (length == 2)
            walk_up(walk);
        return WALK_ON;
    }
    return walk_child(walk, name, length, hash, last);
}

/* Where the walk begins; under the lock. */
static void walk_start(struct path_walk *walk, struct dentry *at, const char *path)
{
    const struct process *process = process_current();
    const struct fs_context *context = process != NULL ? process->fs : NULL;
    walk->root = root_now();
    walk->at = at;
    if (*path == '/')
        walk->at = walk->root;
    else if (at == NULL)
        walk->at = context != NULL ? context->cwd : vfs_root;
    walk->rest = path;
}

int path_walk(struct path_walk *walk, struct dentry *at, const char *path, unsigned flags)
{
    walk->missing = walk->slash = false;
    walk->name_length = 0;
    walk->last = LAST_ROOT;
    walk->flags = flags;
    walk->links = 0;
    walk->held[0] = walk->held[1] = NULL;
    walk->buffer = NULL;
    if (*path == '\0')
        return -ENOENT;
    dentry_lock();
    walk_start(walk, at, path);
    int result = WALK_ON;
    while (result == WALK_ON)
        result = walk_step(walk);
    bool directory = (flags & WALK_DIRECTORY) || (walk->slash && !(flags & WALK_PARENT) && !walk->missing);
    if (result == WALK_DONE && directory && !inode_is(walk->at->inode, S_IFDIR))
        result = -ENOTDIR;
    if (result == WALK_DONE)
        dentry_get(walk->at);
    dentry_unlock();
    walk_drop_held(walk);
    if (walk->buffer != NULL)
        kfree(walk->buffer);
    return result == WALK_DONE ? 0 : result;
}

int path_lookup(struct dentry *at, const char *path, unsigned flags, struct dentry **result)
{
    struct path_walk walk;
    int error = path_walk(&walk, at, path, flags);
    *result = error == 0 ? walk.at : NULL;
    return error;
}

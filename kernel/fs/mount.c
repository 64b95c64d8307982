/*
 * Mounting and unmounting.
 *
 *      dentry "/mnt" --mounted--> root dentry of the new file system --covers--> dentry "/mnt"
 *
 * A path that reaches "/mnt" goes on at the root dentry, ".." from there goes back through `covers`. Mounting over a
 * mount stacks.
 */
#include "kernel/fs/mount.h"

#include "kernel/abi/statfs.h"
#include "kernel/dev/block.h"
#include "kernel/fs/dentry.h"
#include "kernel/fs/inode.h"
#include "kernel/fs/path.h"
#include "kernel/log.h"
#include "kernel/process.h"
#include "libc/format.h"
#include "libc/string.h"
#include "mm/pagecache.h"
#include "mm/slab.h"

struct dentry *vfs_root;

static struct mutex mount_lock = MUTEX_INIT(mount_lock, RANK_MOUNT);
static struct list mounts = LIST_INIT(mounts);
static struct filesystem_type *types; /* registered at start-up, in order */
static uint32_t next_anonymous_device = 1;

enum { SHOWN_FLAGS = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | MS_SYNCHRONOUS };

void filesystem_register(struct filesystem_type *type)
{
    struct filesystem_type **end = &types;
    while (*end != NULL)
        end = &(*end)->next;
    *end = type;
}

static const struct filesystem_type *filesystem_type_find(const char *name)
{
    const struct filesystem_type *type = types;
    while (type != NULL && strcmp(type->name, name) != 0)
        type = type->next;
    return type;
}

void filesystem_types_for_each(void (*visit)(const struct filesystem_type *type, void *context), void *context)
{
    for (const struct filesystem_type *type = types; type != NULL; type = type->next)
        visit(type, context);
}

void mounts_for_each(void (*visit)(struct filesystem *filesystem, void *context), void *context)
{
    mutex_lock(&mount_lock);
    list_for_each(link, &mounts) visit(list_entry(link, struct filesystem, link), context);
    mutex_unlock(&mount_lock);
}

/*
 * The disk a mount's source names: "/dev/vda2", by its name even before /dev is there, or by a device node elsewhere.
 */
static int mount_source_device(const char *source, struct block_device **device)
{
    static const char prefix[] = "/dev/";
    *device = strncmp(source, prefix, sizeof prefix - 1) == 0 ? block_find(source + sizeof prefix - 1) : NULL;
    if (*device != NULL || vfs_root == NULL)
        return *device != NULL ? 0 : -ENODEV;
    struct dentry *dentry;
    int error = path_lookup(NULL, source, LOOKUP_FOLLOW, &dentry);
    if (error != 0)
        return error;
    if (inode_is(dentry->inode, S_IFBLK))
        *device = block_find_number((uint32_t)dentry->inode->device);
    error = *device != NULL ? 0 : inode_is(dentry->inode, S_IFBLK) ? -ENXIO : -ENOTBLK;
    dentry_put(dentry);
    return error;
}

/* The disk for a file system of that type, held for it; null for one that needs none. */
static int mount_device_hold(const struct filesystem_type *type, const char *source, struct block_device **device)
{
    *device = NULL;
    int error = type->needs_device ? mount_source_device(source, device) : 0;
    return error == 0 && *device != NULL ? block_hold(*device) : error;
}

static void mount_device_release(struct block_device *device)
{
    if (device != NULL)
        block_release(device);
}

/* A file system that is not mounted yet; null without memory. */
static struct filesystem *filesystem_allocate(const struct filesystem_type *type, struct block_device *device,
                                              const char *source, uint64_t flags)
{
    struct filesystem *filesystem = kmalloc(sizeof *filesystem);
    if (filesystem == NULL)
        return NULL;
    filesystem->type = type;
    filesystem->device = device;
    filesystem->flags = flags & SHOWN_FLAGS;
    filesystem->read_only = (flags & MS_RDONLY) || (device != NULL && device->read_only);
    filesystem->number = device != NULL ? device->number : device_make(0, next_anonymous_device++);
    snprintf(filesystem->source, sizeof filesystem->source, "%s", source);
    mutex_init(&filesystem->rename_lock, RANK_RENAME);
    return filesystem;
}

/* Has the type read it, and makes its root dentry. */
static int filesystem_read(struct filesystem *filesystem, const char *options)
{
    const struct filesystem_type *type = filesystem->type;
    struct inode *root = NULL;
    int error = type->mount(filesystem, filesystem->device, options, &root);
    if (error != 0)
        return error;
    filesystem->root = dentry_create_root(root, "/");
    if (filesystem->root == NULL && type->unmount != NULL)
        type->unmount(filesystem);
    return filesystem->root != NULL ? 0 : -ENOMEM;
}

/* Reads the file system: *result with its root dentry. */
static int filesystem_load(const struct filesystem_type *type, const char *source, uint64_t flags, const char *options,
                           struct filesystem **result)
{
    struct block_device *device;
    int error = mount_device_hold(type, source, &device);
    if (error != 0)
        return error;
    struct filesystem *filesystem = filesystem_allocate(type, device, source, flags);
    error = filesystem != NULL ? filesystem_read(filesystem, options) : -ENOMEM;
    if (error == 0) {
        *result = filesystem;
        return 0;
    }
    kfree(filesystem);
    mount_device_release(device);
    return error;
}

/* Puts a loaded file system over `target`, whose reference is taken over; null: it becomes the root. */
static void mount_attach(struct filesystem *filesystem, struct dentry *target)
{
    mutex_lock(&mount_lock);
    dentry_lock();
    if (target != NULL) {
        while (target->mounted != NULL) { /* somebody mounted there meanwhile */
            dentry_get(target->mounted);
            atomic_fetch_sub(&target->references, 1);
            target = target->mounted;
        }
        target->mounted = filesystem->root;
        filesystem->root->covers = target;
    } else {
        vfs_root = filesystem->root;
    }
    dentry_unlock();
    list_push_back(&mounts, &filesystem->link);
    mutex_unlock(&mount_lock);
}

/*
 * The directory to mount on, referenced. A missing one in the root is made up in the cache alone, so that a bare
 * read-only disk can be a root, too.
 */
static int mount_target(const char *target, struct filesystem *filesystem, struct dentry **result)
{
    struct path_walk walk;
    *result = NULL;
    if (vfs_root == NULL)
        return 0;
    int error = path_walk(&walk, NULL, target, WALK_FOLLOW | WALK_CREATE);
    if (error != 0)
        return error;
    *result = walk.at;
    if (!walk.missing)
        return inode_is(walk.at->inode, S_IFDIR) ? 0 : -ENOTDIR;
    *result = NULL;
    error = process_current() == NULL ? dentry_lookup(walk.at, walk.name, walk.name_length, walk.name_hash, result)
                                      : -ENOENT;
    dentry_put(walk.at);
    if (error == 0 && (*result)->inode == NULL) {
        inode_get(filesystem->root->inode);
        dentry_instantiate(*result, filesystem->root->inode);
    }
    return error;
}

static void filesystem_destroy(struct filesystem *filesystem)
{
    if (!filesystem->read_only && filesystem->type->remount != NULL && filesystem->type->remount(filesystem, true) != 0)
        log_write(LOG_ERROR, "%s: not everything could be written", filesystem->source);
    filesystem->read_only = true;
    dentry_put(filesystem->root);
    if (filesystem->type->unmount != NULL)
        filesystem->type->unmount(filesystem);
    mount_device_release(filesystem->device);
    kfree(filesystem);
}

int mount_filesystem(const char *source, const char *target, const char *type_name, uint64_t flags, const char *options)
{
    const struct filesystem_type *type = filesystem_type_find(type_name);
    struct filesystem *filesystem;
    struct dentry *dentry;
    if (type == NULL)
        return -ENODEV;
    int error = filesystem_load(type, source, flags, options, &filesystem);
    if (error != 0)
        return error;
    error = mount_target(target, filesystem, &dentry);
    if (error != 0) {
        if (dentry != NULL)
            dentry_put(dentry);
        filesystem_destroy(filesystem);
        return error;
    }
    mount_attach(filesystem, dentry);
    return 0;
}

int mount_change(struct dentry *dentry, uint64_t flags)
{
    struct filesystem *filesystem = dentry->inode->filesystem;
    if (filesystem->root != dentry)
        return -EINVAL;
    bool read_only = (flags & MS_RDONLY) != 0;
    if (!read_only && filesystem->read_only && !(filesystem->flags & MS_RDONLY))
        return -EROFS; /* it is the disk or its format that cannot be written */
    int error = read_only != filesystem->read_only && filesystem->type->remount != NULL
                    ? filesystem->type->remount(filesystem, read_only)
                    : 0;
    if (error != 0)
        return error;
    filesystem->flags = flags & SHOWN_FLAGS;
    filesystem->read_only = read_only;
    return 0;
}

/*
 * Takes the file system out of the tree if nobody uses it: 0, -EINVAL (not a mount's root) or -EBUSY. The caller holds
 * a reference to `root`.
 */
static int mount_detach(struct filesystem *filesystem, struct dentry *root)
{
    int error = 0;
    dentry_lock();
    struct dentry *covers = root->covers;
    if (root != filesystem->root || covers == NULL)
        error = -EINVAL;
    else if (dentry_references(root) > 2 || root->mounted != NULL) /* the mount's own, the caller's */
        error = -EBUSY;
    else {
        covers->mounted = NULL;
        root->covers = NULL;
    }
    dentry_unlock();
    if (error == 0)
        dentry_put(covers);
    return error;
}

int unmount_filesystem(const char *target)
{
    struct dentry *root;
    int error = path_lookup(NULL, target, LOOKUP_FOLLOW, &root);
    if (error != 0)
        return error;
    struct filesystem *filesystem = root->inode->filesystem;
    mutex_lock(&mount_lock);
    if (root == filesystem->root) {
        dentries_discard(filesystem);
    }
    error = mount_detach(filesystem, root);
    if (error == 0)
        list_remove(&filesystem->link);
    mutex_unlock(&mount_lock);
    dentry_put(root);
    if (error == 0)
        filesystem_destroy(filesystem);
    return error;
}

static void filesystem_sync(struct filesystem *filesystem, void *context)
{
    (void)context;
    if (filesystem->type->sync == NULL || filesystem->read_only)
        return;
    atomic_store(&filesystem->changed, 0);
    (void)filesystem->type->sync(filesystem); /* sync(2) has no way to tell */
}

void filesystems_sync(void)
{
    pagecache_sync_all();
    mounts_for_each(filesystem_sync, NULL);
}

static void filesystem_sync_older(struct filesystem *filesystem, void *context)
{
    const uint64_t *before = context;
    uint64_t changed = atomic_load(&filesystem->changed);
    if (changed != 0 && changed <= *before)
        filesystem_sync(filesystem, NULL);
}

void filesystems_sync_older(uint64_t before)
{
    pagecache_sync_older(before);
    mounts_for_each(filesystem_sync_older, &before);
}

static void filesystem_stop(struct filesystem *filesystem, void *context)
{
    (void)context;
    if (!filesystem->read_only && filesystem->type->remount != NULL && filesystem->type->remount(filesystem, true) == 0)
        filesystem->read_only = true;
}

void filesystems_stop(void)
{
    filesystems_sync();
    mounts_for_each(filesystem_stop, NULL);
}

char *mount_point_path(struct filesystem *filesystem, char *buffer, size_t size)
{
    return dentry_path(filesystem->root, buffer, size);
}

/*
 * The system calls about where a process stands in the tree: chdir, getcwd, chroot, umask; and mounting.
 */
#include "kernel/abi/fcntl.h"
#include "kernel/abi/statfs.h"
#include "kernel/fs/dentry.h"
#include "kernel/fs/file.h"
#include "kernel/fs/files.h"
#include "kernel/fs/fs_context.h"
#include "kernel/fs/inode.h"
#include "kernel/fs/mount.h"
#include "kernel/fs/path.h"
#include "kernel/process.h"
#include "kernel/syscall_list.h"
#include "libc/string.h"
#include "mm/slab.h"
#include "mm/usercopy.h"

static bool is_root(void)
{
    return process_current()->credentials.euid == 0;
}

/* The directory at `path`, which the process may search, referenced. */
static long place_walk(vaddr_t path, struct dentry **result)
{
    struct path_walk walk;
    long error = path_walk_user(&walk, AT_FDCWD, path, WALK_FOLLOW | WALK_DIRECTORY);
    if (error != 0)
        return error;
    error = inode_permission(walk.at->inode, 1);
    if (error != 0)
        dentry_put(walk.at);
    *result = walk.at;
    return error;
}

long sys_chdir(struct registers *regs)
{
    struct dentry *dentry;
    long error = place_walk(regs->rdi, &dentry);
    if (error == 0)
        fs_context_set_cwd(process_current()->fs, dentry);
    return error;
}

long sys_fchdir(struct registers *regs)
{
    struct file *file = files_get((int)regs->rdi);
    if (file == NULL)
        return -EBADF;
    long error = file->dentry != NULL && inode_is(file->inode, S_IFDIR) ? inode_permission(file->inode, 1) : -ENOTDIR;
    if (error == 0) {
        dentry_get(file->dentry);
        fs_context_set_cwd(process_current()->fs, file->dentry);
    }
    file_put(file);
    return error;
}

long sys_chroot(struct registers *regs)
{
    struct dentry *dentry;
    long error = place_walk(regs->rdi, &dentry);
    if (error != 0)
        return error;
    if (!is_root()) {
        dentry_put(dentry);
        return -EPERM;
    }
    fs_context_set_root(process_current()->fs, dentry);
    return 0;
}

long sys_getcwd(struct registers *regs)
{
    char *buffer = kmalloc(PATH_MAX);
    if (buffer == NULL)
        return -ENOMEM;
    struct dentry *cwd = fs_context_cwd(process_current()->fs);
    long result = -ENOENT;
    if (!cwd->deleted) {
        const char *path = dentry_path(cwd, buffer, PATH_MAX);
        result = (long)strlen(path) + 1;
        if (regs->rsi < (uint64_t)result)
            result = -ERANGE;
        else if (copy_to_user(regs->rdi, path, (size_t)result) != 0)
            result = -EFAULT;
    }
    dentry_put(cwd);
    kfree(buffer);
    return result;
}

long sys_umask(struct registers *regs)
{
    return atomic_exchange(&process_current()->fs->umask, (uint32_t)regs->rdi & 0777);
}

/* --- mounting ----------------------------------------------------------------------------------------------------- */

/* A string argument that may be null: then it is empty. */
static int text_argument(struct user_path *path, vaddr_t from)
{
    if (from != 0)
        return user_path_get(path, from);
    path->allocated = NULL;
    path->small[0] = '\0';
    path->text = path->small;
    path->length = 0;
    return 0;
}

/* The four strings of mount(2). */
struct mount_arguments {
    struct user_path source, target, type, options;
};

static int mount_arguments_get(struct mount_arguments *arguments, const struct registers *regs)
{
    struct user_path *paths[] = {&arguments->source, &arguments->target, &arguments->type, &arguments->options};
    vaddr_t from[] = {regs->rdi, regs->rsi, regs->rdx, regs->r8};
    for (unsigned i = 0; i < ARRAY_LENGTH(paths); i++) {
        int error = text_argument(paths[i], from[i]);
        if (error == 0)
            continue;
        while (i > 0)
            user_path_put(paths[--i]);
        return error;
    }
    return 0;
}

static void mount_arguments_put(struct mount_arguments *arguments)
{
    user_path_put(&arguments->source);
    user_path_put(&arguments->target);
    user_path_put(&arguments->type);
    user_path_put(&arguments->options);
}

static int mount_remount(const char *target, uint64_t flags)
{
    struct dentry *dentry;
    int error = path_lookup(NULL, target, LOOKUP_FOLLOW, &dentry);
    if (error != 0)
        return error;
    error = mount_change(dentry, flags);
    dentry_put(dentry);
    return error;
}

enum {
    MS_PROPAGATION = 1 << 17 | 1 << 18 | 1 << 19 | 1 << 20
}; /* unbindable, private, slave, shared: there is one tree only */

static long mount_do(const struct mount_arguments *arguments, uint64_t flags)
{
    if (flags & MS_REMOUNT)
        return mount_remount(arguments->target.text, flags);
    if (flags & MS_PROPAGATION)
        return 0;
    if (flags & (MS_BIND | MS_MOVE))
        return -EINVAL;
    return mount_filesystem(arguments->source.text, arguments->target.text, arguments->type.text, flags,
                            arguments->options.text);
}

long sys_mount(struct registers *regs)
{
    if (!is_root())
        return -EPERM;
    struct mount_arguments *arguments = kmalloc(sizeof *arguments);
    if (arguments == NULL)
        return -ENOMEM;
    long error = mount_arguments_get(arguments, regs);
    if (error == 0) {
        error = mount_do(arguments, regs->r10);
        mount_arguments_put(arguments);
    }
    kfree(arguments);
    return error;
}

long sys_umount2(struct registers *regs)
{
    struct user_path target;
    if (!is_root())
        return -EPERM;
    long error = user_path_get(&target, regs->rdi);
    if (error != 0)
        return error;
    error = unmount_filesystem(target.text);
    user_path_put(&target);
    return error;
}

/*
 * The system calls that make, move and remove names.
 */
#include "kernel/abi/fcntl.h"
#include "kernel/fs/dentry.h"
#include "kernel/fs/inode.h"
#include "kernel/fs/names.h"
#include "kernel/process.h"
#include "kernel/syscall_list.h"
#include "mm/slab.h"
#include "mm/usercopy.h"

/* Walks to the directory of a name that is to be made. */
static int walk_to_new(struct path_walk *walk, int at, vaddr_t path)
{
    int error = path_walk_user(walk, at, path, WALK_PARENT);
    if (error != 0)
        return error;
    if (!inode_is(walk->at->inode, S_IFDIR) || walk->last != LAST_NAME) {
        error = inode_is(walk->at->inode, S_IFDIR) ? -EEXIST : -ENOTDIR;
        dentry_put(walk->at);
    }
    return error;
}

static long make_directory(int at, vaddr_t path, uint32_t mode)
{
    struct path_walk walk;
    long error = walk_to_new(&walk, at, path);
    if (error != 0)
        return error;
    error = name_create(&walk, S_IFDIR | (mode & (0777 | S_ISVTX)), 0, NULL);
    dentry_put(walk.at);
    return error;
}

long sys_mkdir(struct registers *regs)
{
    return make_directory(AT_FDCWD, regs->rdi, (uint32_t)regs->rsi);
}

long sys_mkdirat(struct registers *regs)
{
    return make_directory((int)regs->rdi, regs->rsi, (uint32_t)regs->rdx);
}

/* The mode of a new node: its type and whether the process may make it. */
static int node_check(uint32_t *mode)
{
    if ((*mode & S_IFMT) == 0)
        *mode |= S_IFREG;
    switch (*mode & S_IFMT) {
    case S_IFREG:
    case S_IFIFO:
    case S_IFSOCK:
        return 0;
    case S_IFCHR:
    case S_IFBLK:
        return process_current()->credentials.fsuid == 0 ? 0 : -EPERM;
    case S_IFDIR:
        return -EPERM;
    default:
        return -EINVAL;
    }
}

static long make_node(int at, vaddr_t path, uint32_t mode, uint64_t device)
{
    struct path_walk walk;
    long error = node_check(&mode);
    if (error == 0)
        error = walk_to_new(&walk, at, path);
    if (error != 0)
        return error;
    bool is_device = mode_is(mode, S_IFCHR) || mode_is(mode, S_IFBLK);
    error = name_create(&walk, mode & (S_IFMT | S_PERMISSIONS), is_device ? device : 0, NULL);
    dentry_put(walk.at);
    return error;
}

long sys_mknod(struct registers *regs)
{
    return make_node(AT_FDCWD, regs->rdi, (uint32_t)regs->rsi, (uint32_t)regs->rdx);
}

long sys_mknodat(struct registers *regs)
{
    return make_node((int)regs->rdi, regs->rsi, (uint32_t)regs->rdx, (uint32_t)regs->r10);
}

static long make_symlink(vaddr_t target, int at, vaddr_t path)
{
    struct user_path text;
    struct path_walk walk;
    long error = user_path_get(&text, target);
    if (error != 0)
        return error;
    error = text.length == 0 ? -ENOENT : walk_to_new(&walk, at, path);
    if (error == 0) {
        error = name_symlink(&walk, text.text);
        dentry_put(walk.at);
    }
    user_path_put(&text);
    return error;
}

long sys_symlink(struct registers *regs)
{
    return make_symlink(regs->rdi, AT_FDCWD, regs->rsi);
}

long sys_symlinkat(struct registers *regs)
{
    return make_symlink(regs->rdi, (int)regs->rsi, regs->rdx);
}

static long make_link(int from_at, vaddr_t from, int at, vaddr_t path, int flags)
{
    struct inode *inode;
    struct dentry *name;
    struct path_walk walk;
    if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
        return -EINVAL;
    long error = path_inode_user(
        from_at, from, (flags & AT_EMPTY_PATH) | (flags & AT_SYMLINK_FOLLOW ? 0 : AT_SYMLINK_NOFOLLOW), &inode, &name);
    if (error != 0)
        return error;
    error = walk_to_new(&walk, at, path);
    if (error == 0) {
        error = name_link(&walk, inode);
        dentry_put(walk.at);
    }
    path_inode_put(inode, name);
    return error;
}

long sys_link(struct registers *regs)
{
    return make_link(AT_FDCWD, regs->rdi, AT_FDCWD, regs->rsi, 0);
}

long sys_linkat(struct registers *regs)
{
    return make_link((int)regs->rdi, regs->rsi, (int)regs->rdx, regs->r10, (int)regs->r8);
}

static long remove_name(int at, vaddr_t path, bool directory)
{
    struct path_walk walk;
    long error = path_walk_user(&walk, at, path, WALK_PARENT);
    if (error != 0)
        return error;
    if (!inode_is(walk.at->inode, S_IFDIR))
        error = -ENOTDIR;
    else if (walk.last != LAST_NAME)
        error = !directory                  ? -EISDIR
                : walk.last == LAST_DOT     ? -EINVAL
                : walk.last == LAST_DOT_DOT ? -ENOTEMPTY
                                            : -EBUSY;
    else
        error = name_unlink(&walk, directory);
    dentry_put(walk.at);
    return error;
}

long sys_unlink(struct registers *regs)
{
    return remove_name(AT_FDCWD, regs->rdi, false);
}

long sys_rmdir(struct registers *regs)
{
    return remove_name(AT_FDCWD, regs->rdi, true);
}

long sys_unlinkat(struct registers *regs)
{
    if (regs->rdx & ~(uint64_t)AT_REMOVEDIR)
        return -EINVAL;
    return remove_name((int)regs->rdi, regs->rsi, regs->rdx & AT_REMOVEDIR);
}

static long rename_walked(const struct path_walk *from, const struct path_walk *to, unsigned flags)
{
    if (!inode_is(from->at->inode, S_IFDIR) || !inode_is(to->at->inode, S_IFDIR))
        return -ENOTDIR;
    if (from->at->inode->filesystem != to->at->inode->filesystem)
        return -EXDEV;
    if (from->last != LAST_NAME)
        return -EBUSY;
    if (to->last != LAST_NAME)
        return flags & RENAME_NOREPLACE ? -EEXIST : -EBUSY;
    return name_rename(from, to, flags);
}

static long rename_user(int from_at, vaddr_t from_path, int to_at, vaddr_t to_path, unsigned flags)
{
    struct path_walk from, to;
    if ((flags & ~(unsigned)(RENAME_NOREPLACE | RENAME_EXCHANGE)) || flags == (RENAME_NOREPLACE | RENAME_EXCHANGE))
        return -EINVAL;
    long error = path_walk_user(&from, from_at, from_path, WALK_PARENT);
    if (error != 0)
        return error;
    error = path_walk_user(&to, to_at, to_path, WALK_PARENT);
    if (error == 0) {
        error = rename_walked(&from, &to, flags);
        dentry_put(to.at);
    }
    dentry_put(from.at);
    return error;
}

long sys_rename(struct registers *regs)
{
    return rename_user(AT_FDCWD, regs->rdi, AT_FDCWD, regs->rsi, 0);
}

long sys_renameat(struct registers *regs)
{
    return rename_user((int)regs->rdi, regs->rsi, (int)regs->rdx, regs->r10, 0);
}

long sys_renameat2(struct registers *regs)
{
    return rename_user((int)regs->rdi, regs->rsi, (int)regs->rdx, regs->r10, (unsigned)regs->r8);
}

static long link_to_user(struct inode *inode, vaddr_t buffer, size_t size)
{
    if (inode->ops->readlink == NULL)
        return -EINVAL;
    size = min_u64(size, PATH_MAX);
    char *text = kmalloc(size);
    if (text == NULL)
        return -ENOMEM;
    long length = inode->ops->readlink(inode, text, size);
    if (length > 0 && (size_t)length > size)
        length = (long)size;
    if (length > 0 && copy_to_user(buffer, text, (size_t)length) != 0)
        length = -EFAULT;
    kfree(text);
    return length;
}

/* What the call says of a file that is no link: nothing is at an empty path. */
static long not_a_link(vaddr_t path)
{
    char first;
    int error = copy_from_user(&first, path, 1);
    return error != 0 ? error : first == '\0' ? -ENOENT : -EINVAL;
}

static long read_link(int at, vaddr_t path, vaddr_t buffer, int size)
{
    struct inode *inode;
    struct dentry *name;
    if (size <= 0)
        return -EINVAL;
    if (path == 0)
        return -EFAULT; /* AT_EMPTY_PATH alone would allow it */
    long result = path_inode_user(at, path, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH, &inode, &name);
    if (result != 0)
        return result;
    result = inode_is(inode, S_IFLNK) ? link_to_user(inode, buffer, (size_t)size) : not_a_link(path);
    path_inode_put(inode, name);
    return result;
}

long sys_readlink(struct registers *regs)
{
    return read_link(AT_FDCWD, regs->rdi, regs->rsi, (int)regs->rdx);
}

long sys_readlinkat(struct registers *regs)
{
    return read_link((int)regs->rdi, regs->rsi, regs->rdx, (int)regs->r10);
}

/*
 * The system calls that show attributes: the stat family, access, statfs.
 */
#include "kernel/abi/stat.h"

#include "kernel/abi/statfs.h"
#include "kernel/fs/dentry.h"
#include "kernel/fs/file.h"
#include "kernel/fs/files.h"
#include "kernel/fs/inode.h"
#include "kernel/fs/path.h"
#include "kernel/process.h"
#include "kernel/syscall_list.h"
#include "mm/usercopy.h"

enum { ANONYMOUS_DEVICE = 0xff };

static uint64_t inode_device(const struct inode *inode)
{
    return inode->filesystem != NULL ? inode->filesystem->number : device_make(0, ANONYMOUS_DEVICE);
}

static struct linux_timespec time_to_linux(struct timespec64 time)
{
    return (struct linux_timespec){.seconds = time.seconds, .nanoseconds = time.nanoseconds};
}

static void stat_fill(const struct inode *inode, struct linux_stat *stat)
{
    *stat = (struct linux_stat){
        .device = inode_device(inode),
        .inode = inode->number,
        .links = inode->links,
        .mode = inode->mode,
        .uid = inode->uid,
        .gid = inode->gid,
        .special_device = inode->device,
        .size = (int64_t)inode_size(inode),
        .block_size = PAGE_SIZE,
        .blocks = (int64_t)inode_blocks(inode),
        .accessed = time_to_linux(inode->accessed),
        .modified = time_to_linux(inode->modified),
        .changed = time_to_linux(inode->changed),
    };
}

static long stat_to_user(const struct inode *inode, vaddr_t result)
{
    struct linux_stat stat;
    stat_fill(inode, &stat);
    return copy_to_user(result, &stat, sizeof stat);
}

/* stat and lstat, the common case: one walk, one reference. */
static long stat_path(int fd, vaddr_t path, vaddr_t result, unsigned flags)
{
    struct path_walk walk;
    long error = path_walk_user(&walk, fd, path, flags);
    if (error != 0)
        return error;
    error = stat_to_user(walk.at->inode, result);
    dentry_put(walk.at);
    return error;
}

long sys_stat(struct registers *regs)
{
    return stat_path(AT_FDCWD, regs->rdi, regs->rsi, WALK_FOLLOW);
}

long sys_lstat(struct registers *regs)
{
    return stat_path(AT_FDCWD, regs->rdi, regs->rsi, 0);
}

long sys_fstat(struct registers *regs)
{
    bool referenced;
    struct file *file = files_borrow((int)regs->rdi, &referenced);
    if (file == NULL)
        return -EBADF;
    long result = stat_to_user(file->inode, regs->rsi);
    files_return(file, referenced);
    return result;
}

enum { STAT_FLAGS = AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT };

long sys_newfstatat(struct registers *regs)
{
    struct inode *inode;
    struct dentry *name;
    int flags = (int)regs->r10;
    if (flags & ~STAT_FLAGS)
        return -EINVAL;
    if (!(flags & AT_EMPTY_PATH))
        return stat_path((int)regs->rdi, regs->rsi, regs->rdx, flags & AT_SYMLINK_NOFOLLOW ? 0 : WALK_FOLLOW);
    long error = path_inode_user((int)regs->rdi, regs->rsi, flags, &inode, &name);
    if (error != 0)
        return error;
    error = stat_to_user(inode, regs->rdx);
    path_inode_put(inode, name);
    return error;
}

static struct linux_statx_time time_to_statx(struct timespec64 time)
{
    return (struct linux_statx_time){.seconds = time.seconds, .nanoseconds = time.nanoseconds};
}

static void statx_fill(const struct inode *inode, struct linux_statx *stat)
{
    uint64_t device = inode_device(inode);
    *stat = (struct linux_statx){
        .mask = STATX_BASIC_STATS,
        .block_size = PAGE_SIZE,
        .links = inode->links,
        .uid = inode->uid,
        .gid = inode->gid,
        .mode = (uint16_t)inode->mode,
        .inode = inode->number,
        .size = inode_size(inode),
        .blocks = inode->blocks,
        .accessed = time_to_statx(inode->accessed),
        .modified = time_to_statx(inode->modified),
        .changed = time_to_statx(inode->changed),
        .special_major = device_major(inode->device),
        .special_minor = device_minor(inode->device),
        .device_major = device_major(device),
        .device_minor = device_minor(device),
    };
}

enum { STATX_FLAGS = STAT_FLAGS | 0x6000 /* AT_STATX_FORCE_SYNC, AT_STATX_DONT_SYNC: nothing to ask a server */ };

long sys_statx(struct registers *regs)
{
    struct inode *inode;
    struct dentry *name;
    struct linux_statx stat;
    int flags = (int)regs->rdx;
    if ((flags & ~STATX_FLAGS) || (flags & 0x6000) == 0x6000 || ((uint32_t)regs->r10 & 0x80000000))
        return -EINVAL;
    long error = path_inode_user((int)regs->rdi, regs->rsi, flags, &inode, &name);
    if (error != 0)
        return error;
    statx_fill(inode, &stat);
    path_inode_put(inode, name);
    return copy_to_user(regs->r8, &stat, sizeof stat);
}

/* --- access ------------------------------------------------------------------------------------------------------- */

/* Checks with the real user and group, unless `effective`. */
static int access_check(const struct inode *inode, unsigned mask, bool effective)
{
    struct credentials credentials = process_current()->credentials;
    if (!effective) {
        credentials.fsuid = credentials.uid;
        credentials.fsgid = credentials.gid;
    }
    if ((mask & 2) && inode_is_read_only(inode) && (inode_is(inode, S_IFREG) || inode_is(inode, S_IFDIR)))
        return -EROFS;
    return inode_permission_of(inode, mask, &credentials);
}

static long access_at(int fd, vaddr_t path, unsigned mask, int flags)
{
    struct inode *inode;
    struct dentry *name;
    if ((mask & ~7u) || (flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)))
        return -EINVAL;
    long error = path_inode_user(fd, path, flags, &inode, &name);
    if (error != 0)
        return error;
    error = access_check(inode, mask, flags & AT_EACCESS);
    path_inode_put(inode, name);
    return error;
}

long sys_access(struct registers *regs)
{
    return access_at(AT_FDCWD, regs->rdi, (unsigned)regs->rsi, 0);
}

long sys_faccessat(struct registers *regs)
{
    return access_at((int)regs->rdi, regs->rsi, (unsigned)regs->rdx, 0);
}

long sys_faccessat2(struct registers *regs)
{
    return access_at((int)regs->rdi, regs->rsi, (unsigned)regs->rdx, (int)regs->r10);
}

/* --- statfs ------------------------------------------------------------------------------------------------------- */

enum { ST_RDONLY = 1, ST_VALID = 0x20, ST_RELATIME = 0x1000 };

static int filesystem_statfs(struct inode *inode, struct linux_statfs *result)
{
    struct filesystem *filesystem = inode->filesystem;
    *result = (struct linux_statfs){
        .type = STATFS_PIPE, .block_size = PAGE_SIZE, .fragment_size = PAGE_SIZE, .name_max = NAME_MAX};
    if (filesystem == NULL)
        return 0;
    int error = filesystem->type->statfs != NULL ? filesystem->type->statfs(filesystem, result) : 0;
    result->id[0] = (int32_t)filesystem->number;
    result->flags = (int64_t)(filesystem->flags & ~(uint64_t)MS_RDONLY) | ST_VALID | ST_RELATIME |
                    (filesystem->read_only ? ST_RDONLY : 0);
    return error;
}

static long statfs_to_user(struct inode *inode, vaddr_t to)
{
    struct linux_statfs result;
    int error = filesystem_statfs(inode, &result);
    return error != 0 ? error : copy_to_user(to, &result, sizeof result);
}

long sys_statfs(struct registers *regs)
{
    struct path_walk walk;
    long error = path_walk_user(&walk, AT_FDCWD, regs->rdi, WALK_FOLLOW);
    if (error != 0)
        return error;
    error = statfs_to_user(walk.at->inode, regs->rsi);
    dentry_put(walk.at);
    return error;
}

long sys_fstatfs(struct registers *regs)
{
    bool referenced;
    struct file *file = files_borrow((int)regs->rdi, &referenced);
    if (file == NULL)
        return -EBADF;
    long result = statfs_to_user(file->inode, regs->rsi);
    files_return(file, referenced);
    return result;
}

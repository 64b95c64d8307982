/*
 * The system calls that change attributes: chmod, chown, times, sizes.
 */
#include "kernel/abi/fcntl.h"
#include "kernel/fs/file.h"
#include "kernel/fs/files.h"
#include "kernel/fs/inode.h"
#include "kernel/fs/path.h"
#include "kernel/process.h"
#include "kernel/syscall_list.h"
#include "kernel/time.h"
#include "mm/usercopy.h"

/* The inode behind a descriptor, referenced; null: none, or one opened by O_PATH. */
static struct inode *descriptor_inode(int fd)
{
    struct file *file = files_get_opened(fd);
    if (file == NULL)
        return NULL;
    struct inode *inode = file->inode;
    inode_get(inode);
    file_put(file);
    return inode;
}

/* Tells the file system of changed attributes; the inode is locked. */
static int attributes_commit(struct inode *inode)
{
    inode->changed = timespec_now();
    return inode->ops != NULL && inode->ops->set_attributes != NULL ? inode->ops->set_attributes(inode) : 0;
}

/* --- mode --------------------------------------------------------------------------------------------------------- */

static long inode_set_mode(struct inode *inode, uint32_t mode)
{
    if (inode_is_read_only(inode))
        return -EROFS;
    mutex_lock(&inode->lock);
    long error = inode_owner_check(inode);
    if (error == 0) {
        inode->mode = (inode->mode & S_IFMT) | (mode & S_PERMISSIONS);
        error = attributes_commit(inode);
    }
    mutex_unlock(&inode->lock);
    return error;
}

static long set_mode_at(int at, vaddr_t path, uint32_t mode)
{
    struct inode *inode;
    struct dentry *name;
    long error = path_inode_user(at, path, 0, &inode, &name);
    if (error != 0)
        return error;
    error = inode_set_mode(inode, mode);
    path_inode_put(inode, name);
    return error;
}

long sys_chmod(struct registers *regs)
{
    return set_mode_at(AT_FDCWD, regs->rdi, (uint32_t)regs->rsi);
}

long sys_fchmodat(struct registers *regs)
{
    return set_mode_at((int)regs->rdi, regs->rsi, (uint32_t)regs->rdx);
}

long sys_fchmod(struct registers *regs)
{
    struct inode *inode = descriptor_inode((int)regs->rdi);
    if (inode == NULL)
        return -EBADF;
    long error = inode_set_mode(inode, (uint32_t)regs->rsi);
    inode_put(inode);
    return error;
}

/* --- owner -------------------------------------------------------------------------------------------------------- */

enum { KEEP_ID = UINT32_MAX };

/* Root may do anything; an owner may give a file to a group of his. */
static int owner_check(const struct inode *inode, uint32_t uid, uint32_t gid)
{
    const struct credentials *credentials = &process_current()->credentials;
    if (credentials->fsuid == 0)
        return 0;
    if (credentials->fsuid != inode->uid || (uid != (uint32_t)KEEP_ID && uid != inode->uid))
        return -EPERM;
    bool own_group = gid == (uint32_t)KEEP_ID || gid == inode->gid || gid == credentials->fsgid;
    for (unsigned i = 0; i < credentials->group_count; i++)
        own_group |= credentials->groups[i] == gid;
    return own_group ? 0 : -EPERM;
}

static long inode_change_owner(struct inode *inode, uint32_t uid, uint32_t gid)
{
    if (inode_is_read_only(inode))
        return -EROFS;
    mutex_lock(&inode->lock);
    long error = owner_check(inode, uid, gid);
    if (error == 0) {
        inode->uid = uid != (uint32_t)KEEP_ID ? uid : inode->uid;
        inode->gid = gid != (uint32_t)KEEP_ID ? gid : inode->gid;
        if (!inode_is(inode, S_IFDIR)) { /* the new owner has not said that others may act for him */
            inode->mode &= ~(uint32_t)S_ISUID;
            if (inode->mode & 0010)
                inode->mode &= ~(uint32_t)S_ISGID;
        }
        error = attributes_commit(inode);
    }
    mutex_unlock(&inode->lock);
    return error;
}

static long set_owner_at(int at, vaddr_t path, uint32_t uid, uint32_t gid, int flags)
{
    struct inode *inode;
    struct dentry *name;
    if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
        return -EINVAL;
    long error = path_inode_user(at, path, flags, &inode, &name);
    if (error != 0)
        return error;
    error = inode_change_owner(inode, uid, gid);
    path_inode_put(inode, name);
    return error;
}

long sys_chown(struct registers *regs)
{
    return set_owner_at(AT_FDCWD, regs->rdi, (uint32_t)regs->rsi, (uint32_t)regs->rdx, 0);
}

long sys_lchown(struct registers *regs)
{
    return set_owner_at(AT_FDCWD, regs->rdi, (uint32_t)regs->rsi, (uint32_t)regs->rdx, AT_SYMLINK_NOFOLLOW);
}

long sys_fchownat(struct registers *regs)
{
    return set_owner_at((int)regs->rdi, regs->rsi, (uint32_t)regs->rdx, (uint32_t)regs->r10, (int)regs->r8);
}

long sys_fchown(struct registers *regs)
{
    struct inode *inode = descriptor_inode((int)regs->rdi);
    if (inode == NULL)
        return -EBADF;
    long error = inode_change_owner(inode, (uint32_t)regs->rsi, (uint32_t)regs->rdx);
    inode_put(inode);
    return error;
}

/* --- times -------------------------------------------------------------------------------------------------------- */

/* Access and modification time as utimensat takes them: nanoseconds may be UTIME_NOW or UTIME_OMIT. */
struct time_pair {
    struct linux_timespec accessed, modified;
};

static bool time_is_valid(const struct linux_timespec *time)
{
    return (time->nanoseconds >= 0 && time->nanoseconds < (int64_t)NS_PER_SECOND) || time->nanoseconds == UTIME_NOW ||
           time->nanoseconds == UTIME_OMIT;
}

static void time_apply(struct timespec64 *to, const struct linux_timespec *from)
{
    if (from->nanoseconds == UTIME_NOW)
        *to = timespec_now();
    else if (from->nanoseconds != UTIME_OMIT)
        *to = (struct timespec64){.seconds = from->seconds, .nanoseconds = (uint32_t)from->nanoseconds};
}

/* Who may write a file may set its times to now; any others only its owner. */
static int times_check(const struct inode *inode, const struct time_pair *times)
{
    if (inode_is_read_only(inode))
        return -EROFS;
    if (times->accessed.nanoseconds == UTIME_NOW && times->modified.nanoseconds == UTIME_NOW &&
        inode_permission(inode, 2) == 0)
        return 0;
    if (inode_owner_check(inode) == 0)
        return 0;
    return times->accessed.nanoseconds == UTIME_NOW && times->modified.nanoseconds == UTIME_NOW ? -EACCES : -EPERM;
}

static long inode_set_times(struct inode *inode, const struct time_pair *times)
{
    if (times->accessed.nanoseconds == UTIME_OMIT && times->modified.nanoseconds == UTIME_OMIT)
        return 0;
    long error = times_check(inode, times);
    if (error != 0)
        return error;
    mutex_lock(&inode->lock);
    time_apply(&inode->accessed, &times->accessed);
    time_apply(&inode->modified, &times->modified);
    error = attributes_commit(inode);
    mutex_unlock(&inode->lock);
    return error;
}

static long set_times_of(int fd, const struct time_pair *times)
{
    struct inode *inode = descriptor_inode(fd);
    if (inode == NULL)
        return -EBADF;
    long error = inode_set_times(inode, times);
    inode_put(inode);
    return error;
}

/* `path` null, and a descriptor: that itself. */
static long set_times_at(int at, vaddr_t path, const struct time_pair *times, int flags)
{
    struct inode *inode;
    struct dentry *name;
    if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
        return -EINVAL;
    if (path == 0 && at != AT_FDCWD)
        return flags == 0 ? set_times_of(at, times) : -EINVAL;
    long error = path_inode_user(at, path, flags, &inode, &name);
    if (error != 0)
        return error;
    error = inode_set_times(inode, times);
    path_inode_put(inode, name);
    return error;
}

long sys_utimensat(struct registers *regs)
{
    struct time_pair times = {.accessed.nanoseconds = UTIME_NOW, .modified.nanoseconds = UTIME_NOW};
    if (regs->rdx != 0 && copy_from_user(&times, regs->rdx, sizeof times) != 0)
        return -EFAULT;
    if (!time_is_valid(&times.accessed) || !time_is_valid(&times.modified))
        return -EINVAL;
    return set_times_at((int)regs->rdi, regs->rsi, &times, (int)regs->r10);
}

/* Times with microseconds; null: now. */
static long set_times_timeval(int at, vaddr_t path, vaddr_t from)
{
    struct time_pair times = {.accessed.nanoseconds = UTIME_NOW, .modified.nanoseconds = UTIME_NOW};
    if (from != 0) {
        if (copy_from_user(&times, from, sizeof times) != 0)
            return -EFAULT;
        if ((uint64_t)times.accessed.nanoseconds >= 1000000 || (uint64_t)times.modified.nanoseconds >= 1000000)
            return -EINVAL;
        times.accessed.nanoseconds *= 1000;
        times.modified.nanoseconds *= 1000;
    }
    return set_times_at(at, path, &times, 0);
}

long sys_utimes(struct registers *regs)
{
    return set_times_timeval(AT_FDCWD, regs->rdi, regs->rsi);
}

long sys_futimesat(struct registers *regs)
{
    return set_times_timeval((int)regs->rdi, regs->rsi, regs->rdx);
}

long sys_utime(struct registers *regs)
{
    int64_t seconds[2];
    struct time_pair times = {.accessed.nanoseconds = UTIME_NOW, .modified.nanoseconds = UTIME_NOW};
    if (regs->rsi != 0) {
        if (copy_from_user(seconds, regs->rsi, sizeof seconds) != 0)
            return -EFAULT;
        times = (struct time_pair){.accessed.seconds = seconds[0], .modified.seconds = seconds[1]};
    }
    return set_times_at(AT_FDCWD, regs->rdi, &times, 0);
}

/* --- size --------------------------------------------------------------------------------------------------------- */

static long inode_set_size(struct inode *inode, int64_t size)
{
    if (inode_is(inode, S_IFDIR))
        return -EISDIR;
    if (!inode_is(inode, S_IFREG))
        return -EINVAL;
    if (inode_is_read_only(inode))
        return -EROFS;
    long error = inode_permission(inode, 2);
    return error != 0 ? error : inode_truncate_unopened(inode, (uint64_t)size);
}

long sys_truncate(struct registers *regs)
{
    struct inode *inode;
    struct dentry *name;
    if ((int64_t)regs->rsi < 0)
        return -EINVAL;
    long error = path_inode_user(AT_FDCWD, regs->rdi, 0, &inode, &name);
    if (error != 0)
        return error;
    error = inode_set_size(inode, (int64_t)regs->rsi);
    path_inode_put(inode, name);
    return error;
}

long sys_ftruncate(struct registers *regs)
{
    if ((int64_t)regs->rsi < 0)
        return -EINVAL;
    struct file *file = files_get((int)regs->rdi);
    if (file == NULL)
        return -EBADF;
    long error = file_flags(file) & O_PATH ? -EBADF : -EINVAL;
    if (inode_is(file->inode, S_IFREG) && file_is_writable(file))
        error = inode_truncate(file->inode, regs->rsi);
    file_put(file);
    return error;
}

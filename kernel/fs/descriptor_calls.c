/*
 * The system calls that ask or change something about a descriptor: lseek, fcntl, flock, ioctl.
 */
#include "kernel/abi/resource.h"
#include "kernel/fs/blockdev.h"
#include "kernel/fs/file.h"
#include "kernel/fs/file_lock.h"
#include "kernel/fs/files.h"
#include "kernel/fs/inode.h"
#include "kernel/fs/pipe.h"
#include "kernel/pid.h"
#include "kernel/process.h"
#include "kernel/syscall_list.h"
#include "mm/usercopy.h"

/* Where the file ends, for offsets counted from there. */
static uint64_t file_end(const struct file *file)
{
    const struct block_device *device = inode_is(file->inode, S_IFBLK)
                                            ? block_find_number((uint32_t)file->inode->device)
                                            : NULL;
    return device != NULL ? device->sectors << SECTOR_SHIFT : inode_size(file->inode);
}

/* The offset that lseek's arguments name, or -Exxx. */
static int64_t seek_target(const struct file *file, int64_t offset, int whence)
{
    uint64_t end = file_end(file), limit = file->inode->filesystem != NULL ? file->inode->filesystem->max_file_size : 0;
    int64_t target = offset;
    switch (whence) {
    case SEEK_SET:
        break;
    case SEEK_CUR:
        if (__builtin_add_overflow((int64_t)file->offset, offset, &target))
            return -EINVAL;
        break;
    case SEEK_END:
        if (__builtin_add_overflow((int64_t)end, offset, &target))
            return -EINVAL;
        break;
    case SEEK_DATA: /* holes are not told from zeros */
    case SEEK_HOLE:
        if (offset < 0 || (uint64_t)offset >= end)
            return -ENXIO;
        return whence == SEEK_DATA ? offset : (int64_t)end;
    default:
        return -EINVAL;
    }
    return target < 0 || (limit != 0 && (uint64_t)target > limit) ? -EINVAL : target;
}

static long file_seek(struct file *file, int64_t offset, int whence)
{
    if (file_flags(file) & O_PATH)
        return -EBADF;
    if (file->ops->stream)
        return -ESPIPE;
    mutex_lock(&file->offset_lock);
    int64_t target = seek_target(file, offset, whence);
    if (target >= 0)
        file->offset = (uint64_t)target;
    mutex_unlock(&file->offset_lock);
    return target;
}

long sys_lseek(struct registers *regs)
{
    bool referenced;
    struct file *file = files_borrow((int)regs->rdi, &referenced);
    if (file == NULL)
        return -EBADF;
    long result = file_seek(file, (int64_t)regs->rsi, (int)regs->rdx);
    files_return(file, referenced);
    return result;
}

/* The byte range of a struct flock. 0, -EINVAL, -EOVERFLOW. */
static int lock_range(const struct file *file, const struct linux_flock *request, struct file_lock *lock)
{
    int64_t base = 0, start, end = INT64_MAX;
    if (request->whence == SEEK_CUR)
        base = (int64_t)file->offset;
    else if (request->whence == SEEK_END)
        base = (int64_t)file_end(file);
    else if (request->whence != SEEK_SET)
        return -EINVAL;
    if (__builtin_add_overflow(base, request->start, &start))
        return -EOVERFLOW;
    if (request->length > 0 && __builtin_add_overflow(start, request->length - 1, &end))
        return -EOVERFLOW;
    if (request->length < 0) {
        end = start - 1;
        start += request->length;
    }
    if (start < 0)
        return -EINVAL;
    lock->start = (uint64_t)start;
    lock->end = end == INT64_MAX ? UINT64_MAX : (uint64_t)end;
    return 0;
}

/* What a lock looks like to F_GETLK. */
static void lock_describe(const struct file_lock *lock, struct linux_flock *request)
{
    request->type = (int16_t)lock->type;
    if (lock->type == F_UNLCK)
        return;
    request->whence = SEEK_SET;
    request->start = (int64_t)lock->start;
    request->length = lock->end == UINT64_MAX ? 0 : (int64_t)(lock->end - lock->start + 1);
    request->pid = lock->pid;
}

static int lock_set(struct file *file, const struct file_lock *lock, bool wait)
{
    if ((lock->type == F_RDLCK && !file_is_readable(file)) || (lock->type == F_WRLCK && !file_is_writable(file)))
        return -EBADF;
    return file_lock_set(file->inode, lock, wait);
}

static long fcntl_lock(struct file *file, int command, vaddr_t argument)
{
    struct linux_flock request;
    bool of_file = command >= F_OFD_GETLK;
    int error = copy_from_user(&request, argument, sizeof request);
    if (error != 0)
        return error;
    struct file_lock lock = {.kind = FILE_LOCK_RANGE, .type = request.type, .pid = process_current()->pid};
    lock.owner = of_file ? (const void *)file : process_current()->files;
    if (of_file)
        lock.pid = -1;
    if (request.type < F_RDLCK || request.type > F_UNLCK || (of_file && request.pid != 0))
        return -EINVAL;
    error = lock_range(file, &request, &lock);
    if (error != 0)
        return error;
    if (command != F_GETLK && command != F_OFD_GETLK)
        return lock_set(file, &lock, command == F_SETLKW || command == F_OFD_SETLKW);
    if (request.type == F_UNLCK)
        return -EINVAL;
    file_lock_test(file->inode, &lock);
    lock_describe(&lock, &request);
    return copy_to_user(argument, &request, sizeof request);
}

enum { CHANGEABLE_FLAGS = O_APPEND | O_NONBLOCK | O_ASYNC | O_DIRECT | O_NOATIME };

/* Sets the flags that can be changed. */
static void file_change_flags(struct file *file, uint32_t flags)
{
    uint32_t old = file_flags(file);
    while (!atomic_compare_exchange_weak(&file->flags, &old,
                                         (old & ~(uint32_t)CHANGEABLE_FLAGS) | (flags & CHANGEABLE_FLAGS)))
        continue;
}

static long flags_set(struct file *file, uint32_t flags)
{
    int error = flags & ~file_flags(file) & O_NOATIME ? inode_owner_check(file->inode) : 0;
    if (error == 0)
        file_change_flags(file, flags);
    return error;
}

static long fcntl_duplicate(struct file *file, uint64_t minimum, bool close_on_exec)
{
    if (minimum >= process_current()->limits[RLIMIT_NOFILE].soft)
        return -EINVAL;
    file_get(file);
    long result = files_install(file, (int)minimum, close_on_exec);
    if (result < 0)
        file_put(file);
    return result;
}

/* Whether the process, or the group if negative, is there: else F_GETOWN knows of none. */
static bool owner_exists(pid_t owner)
{
    spin_lock(&process_lock);
    bool exists = owner >= 0 ? process_find_locked(owner) != NULL : process_group_session_locked(-owner) >= 0;
    spin_unlock(&process_lock);
    return exists;
}

/* As in Linux, a number that anything has will do: a group's for a process, a thread's for either. */
static long owner_set(struct file *file, pid_t owner)
{
    if (owner == INT32_MIN)
        return -EINVAL;
    spin_lock(&process_lock);
    bool used = pid_is_used_locked(owner < 0 ? -owner : owner);
    spin_unlock(&process_lock);
    if (owner != 0 && !used)
        return -ESRCH;
    file->owner = owner;
    return 0;
}

static long file_control(struct file *file, int fd, int command, uint64_t argument)
{
    switch (command) {
    case F_DUPFD:
        return fcntl_duplicate(file, argument, false);
    case F_DUPFD_CLOEXEC:
        return fcntl_duplicate(file, argument, true);
    case F_GETFD:
        return files_get_close_on_exec(fd);
    case F_SETFD:
        return files_set_close_on_exec(fd, argument & FD_CLOEXEC);
    case F_GETFL:
        return (long)file_flags(file);
    case F_SETFL:
        return flags_set(file, (uint32_t)argument);
    case F_GETLK:
    case F_SETLK:
    case F_SETLKW:
    case F_OFD_GETLK:
    case F_OFD_SETLK:
    case F_OFD_SETLKW:
        return fcntl_lock(file, command, argument);
    case F_SETOWN:
        return owner_set(file, (pid_t)argument);
    case F_GETOWN:
        return owner_exists(file->owner) ? file->owner : 0;
    case F_GETPIPE_SZ:
    case F_SETPIPE_SZ:
        if (!inode_is(file->inode, S_IFIFO))
            return -EBADF;
        return argument > PIPE_CAPACITY && command == F_SETPIPE_SZ ? -EPERM : PIPE_CAPACITY;
    default:
        return -EINVAL;
    }
}

/* What may be done with a file opened by O_PATH. */
static bool control_needs_no_access(int command)
{
    return command == F_DUPFD || command == F_DUPFD_CLOEXEC || command == F_GETFD || command == F_SETFD ||
           command == F_GETFL;
}

long sys_fcntl(struct registers *regs)
{
    bool referenced;
    struct file *file = files_borrow((int)regs->rdi, &referenced);
    if (file == NULL)
        return -EBADF;
    long result = -EBADF;
    if (!(file_flags(file) & O_PATH) || control_needs_no_access((int)regs->rsi))
        result = file_control(file, (int)regs->rdi, (int)regs->rsi, regs->rdx);
    files_return(file, referenced);
    return result;
}

long sys_flock(struct registers *regs)
{
    int operation = (int)regs->rsi;
    struct file_lock lock = {.kind = FILE_LOCK_WHOLE, .end = UINT64_MAX, .pid = process_current()->pid};
    switch (operation & ~LOCK_NB) {
    case LOCK_SH:
        lock.type = F_RDLCK;
        break;
    case LOCK_EX:
        lock.type = F_WRLCK;
        break;
    case LOCK_UN:
        lock.type = F_UNLCK;
        break;
    default:
        return -EINVAL;
    }
    struct file *file = files_get((int)regs->rdi);
    if (file == NULL)
        return -EBADF;
    lock.owner = file;
    long result = file_flags(file) & O_PATH ? -EBADF : file_lock_set(file->inode, &lock, !(operation & LOCK_NB));
    file_put(file);
    return result;
}

static long ioctl_nonblocking(struct file *file, vaddr_t argument)
{
    int on;
    int error = copy_from_user(&on, argument, sizeof on);
    if (error == 0)
        file_change_flags(file, on ? file_flags(file) | O_NONBLOCK : file_flags(file) & ~(uint32_t)O_NONBLOCK);
    return error;
}

static long ioctl_bytes_left(const struct file *file, vaddr_t argument)
{
    uint64_t size = inode_size(file->inode);
    int left = (int)(size > file->offset ? min_u64(size - file->offset, INT32_MAX) : 0);
    return copy_to_user(argument, &left, sizeof left);
}

static long file_ioctl(struct file *file, int fd, unsigned command, uint64_t argument)
{
    switch (command) {
    case FIOCLEX:
        return files_set_close_on_exec(fd, true);
    case FIONCLEX:
        return files_set_close_on_exec(fd, false);
    case FIONBIO:
        return ioctl_nonblocking(file, argument);
    case FIONREAD:
        if (inode_is(file->inode, S_IFREG) && file->ops->ioctl == NULL)
            return ioctl_bytes_left(file, argument);
        break;
    default:
        break;
    }
    return file->ops->ioctl != NULL ? file->ops->ioctl(file, command, argument) : -ENOTTY;
}

long sys_ioctl(struct registers *regs)
{
    bool referenced;
    struct file *file = files_borrow((int)regs->rdi, &referenced);
    if (file == NULL)
        return -EBADF;
    long result = file_flags(file) & O_PATH ? -EBADF : file_ioctl(file, (int)regs->rdi, (unsigned)regs->rsi, regs->rdx);
    files_return(file, referenced);
    return result;
}

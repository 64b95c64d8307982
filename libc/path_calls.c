/* System calls on files by name. */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/swap.h>
#include <unistd.h>

#include "libc/cancel.h"
#include "libc/syscall.h"

int creat(const char *path, mode_t mode)
{
    return open(path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

int access(const char *path, int mode)
{
    return (int)call_result(call_raw2(SYS_access, (long)path, mode));
}

int chdir(const char *path)
{
    return (int)call_result(call_raw1(SYS_chdir, (long)path));
}

int fchdir(int descriptor)
{
    return (int)call_result(call_raw1(SYS_fchdir, descriptor));
}

int chroot(const char *path)
{
    return (int)call_result(call_raw1(SYS_chroot, (long)path));
}

int unlink(const char *path)
{
    return (int)call_result(call_raw1(SYS_unlink, (long)path));
}

int unlinkat(int directory, const char *path, int flags)
{
    return (int)call_result(call_raw3(SYS_unlinkat, directory, (long)path, flags));
}

int rmdir(const char *path)
{
    return (int)call_result(call_raw1(SYS_rmdir, (long)path));
}

int link(const char *old, const char *new)
{
    return (int)call_result(call_raw2(SYS_link, (long)old, (long)new));
}

int linkat(int old_directory, const char *old, int new_directory, const char *new, int flags)
{
    return (int)call_result(call_raw6(SYS_linkat, old_directory, (long)old, new_directory, (long)new, flags, 0));
}

int symlink(const char *target, const char *path)
{
    return (int)call_result(call_raw2(SYS_symlink, (long)target, (long)path));
}

int symlinkat(const char *target, int directory, const char *path)
{
    return (int)call_result(call_raw3(SYS_symlinkat, (long)target, directory, (long)path));
}

ssize_t readlink(const char *restrict path, char *restrict buffer, size_t size)
{
    return call_result(call_raw3(SYS_readlink, (long)path, (long)buffer, (long)size));
}

ssize_t readlinkat(int directory, const char *restrict path, char *restrict buffer, size_t size)
{
    return call_result(call_raw4(SYS_readlinkat, directory, (long)path, (long)buffer, (long)size));
}

int rename(const char *old, const char *new)
{
    return (int)call_result(call_raw2(SYS_rename, (long)old, (long)new));
}

int renameat(int old_directory, const char *old, int new_directory, const char *new)
{
    return (int)call_result(call_raw4(SYS_renameat, old_directory, (long)old, new_directory, (long)new));
}

int truncate(const char *path, off_t length)
{
    return (int)call_result(call_raw2(SYS_truncate, (long)path, length));
}

void sync(void)
{
    call_raw0(SYS_sync);
}

int chown(const char *path, uid_t owner, gid_t group)
{
    return (int)call_result(call_raw3(SYS_chown, (long)path, owner, group));
}

int lchown(const char *path, uid_t owner, gid_t group)
{
    return (int)call_result(call_raw3(SYS_lchown, (long)path, owner, group));
}

int fchown(int descriptor, uid_t owner, gid_t group)
{
    return (int)call_result(call_raw3(SYS_fchown, descriptor, owner, group));
}

int fchownat(int directory, const char *path, uid_t owner, gid_t group, int flags)
{
    return (int)call_result(call_raw6(SYS_fchownat, directory, (long)path, owner, group, flags, 0));
}

int stat(const char *restrict path, struct stat *restrict status)
{
    return (int)call_result(call_raw2(SYS_stat, (long)path, (long)status));
}

int lstat(const char *restrict path, struct stat *restrict status)
{
    return (int)call_result(call_raw2(SYS_lstat, (long)path, (long)status));
}

int fstat(int descriptor, struct stat *status)
{
    return (int)call_result(call_raw2(SYS_fstat, descriptor, (long)status));
}

int fstatat(int directory, const char *restrict path, struct stat *restrict status, int flags)
{
    return (int)call_result(call_raw4(SYS_newfstatat, directory, (long)path, (long)status, flags));
}

int chmod(const char *path, mode_t mode)
{
    return (int)call_result(call_raw2(SYS_chmod, (long)path, mode));
}

int fchmod(int descriptor, mode_t mode)
{
    return (int)call_result(call_raw2(SYS_fchmod, descriptor, mode));
}

int mkdir(const char *path, mode_t mode)
{
    return (int)call_result(call_raw2(SYS_mkdir, (long)path, mode));
}

int mkdirat(int directory, const char *path, mode_t mode)
{
    return (int)call_result(call_raw3(SYS_mkdirat, directory, (long)path, mode));
}

int mknod(const char *path, mode_t mode, dev_t device)
{
    return (int)call_result(call_raw3(SYS_mknod, (long)path, mode, device));
}

int mknodat(int directory, const char *path, mode_t mode, dev_t device)
{
    return (int)call_result(call_raw4(SYS_mknodat, directory, (long)path, mode, device));
}

mode_t umask(mode_t mask)
{
    return (mode_t)call_result(call_raw1(SYS_umask, mask));
}

int utimensat(int directory, const char *path, const struct timespec times[2], int flags)
{
    return (int)call_result(call_raw4(SYS_utimensat, directory, (long)path, (long)times, flags));
}

int statfs(const char *path, struct statfs *status)
{
    return (int)call_result(call_raw2(SYS_statfs, (long)path, (long)status));
}

int fstatfs(int descriptor, struct statfs *status)
{
    return (int)call_result(call_raw2(SYS_fstatfs, descriptor, (long)status));
}

int mount(const char *source, const char *target, const char *type, unsigned long flags, const void *data)
{
    return (int)call_result(call_raw6(SYS_mount, (long)source, (long)target, (long)type, (long)flags, (long)data, 0));
}

int umount2(const char *target, int flags)
{
    return (int)call_result(call_raw2(SYS_umount2, (long)target, flags));
}

int swapon(const char *path, int flags)
{
    return (int)call_result(call_raw2(SYS_swapon, (long)path, flags));
}

int swapoff(const char *path)
{
    return (int)call_result(call_raw1(SYS_swapoff, (long)path));
}

/* The mode is an argument only where a file may be made. */
int openat(int directory, const char *path, int flags, ...)
{
    mode_t mode = 0;

    if (flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE) {
        va_list args;
        va_start(args, flags);
        mode = va_arg(args, mode_t);
        va_end(args);
    }
    return (int)call_result(call_blocking4(SYS_openat, directory, (long)path, flags, mode));
}

int open(const char *path, int flags, ...)
{
    mode_t mode = 0;

    if (flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE) {
        va_list args;
        va_start(args, flags);
        mode = va_arg(args, mode_t);
        va_end(args);
    }
    return (int)call_result(call_blocking4(SYS_open, (long)path, flags, mode, 0));
}

int faccessat(int directory, const char *path, int mode, int flags)
{
    if (!flags)
        return (int)call_result(call_raw3(SYS_faccessat, directory, (long)path, mode));
    return (int)call_result(call_raw4(SYS_faccessat2, directory, (long)path, mode, flags));
}

int fchmodat(int directory, const char *path, mode_t mode, int flags)
{
    if (flags) {
        errno = EOPNOTSUPP;
        return -1;
    }
    return (int)call_result(call_raw3(SYS_fchmodat, directory, (long)path, mode));
}

int mkfifo(const char *path, mode_t mode)
{
    return mknod(path, mode | S_IFIFO, 0);
}

int futimens(int descriptor, const struct timespec times[2])
{
    return utimensat(descriptor, NULL, times, 0);
}

int umount(const char *target)
{
    return umount2(target, 0);
}

int remove(const char *path)
{
    int result = unlink(path);

    return result && errno == EISDIR ? rmdir(path) : result;
}

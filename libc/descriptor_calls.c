/* System calls on open files. */
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <unistd.h>

#include "libc/cancel.h"
#include "libc/syscall.h"

ssize_t read(int descriptor, void *buffer, size_t length)
{
    return call_result(call_blocking4(SYS_read, descriptor, (long)buffer, (long)length, 0));
}

ssize_t write(int descriptor, const void *buffer, size_t length)
{
    return call_result(call_blocking4(SYS_write, descriptor, (long)buffer, (long)length, 0));
}

ssize_t pread(int descriptor, void *buffer, size_t length, off_t offset)
{
    return call_result(call_blocking4(SYS_pread64, descriptor, (long)buffer, (long)length, offset));
}

ssize_t pwrite(int descriptor, const void *buffer, size_t length, off_t offset)
{
    return call_result(call_blocking4(SYS_pwrite64, descriptor, (long)buffer, (long)length, offset));
}

ssize_t readv(int descriptor, const struct iovec *parts, int count)
{
    return call_result(call_blocking4(SYS_readv, descriptor, (long)parts, count, 0));
}

ssize_t writev(int descriptor, const struct iovec *parts, int count)
{
    return call_result(call_blocking4(SYS_writev, descriptor, (long)parts, count, 0));
}

off_t lseek(int descriptor, off_t offset, int whence)
{
    return call_result(call_raw3(SYS_lseek, descriptor, offset, whence));
}

int close(int descriptor)
{
    return (int)call_result(call_blocking4(SYS_close, descriptor, 0, 0, 0));
}

int dup(int descriptor)
{
    return (int)call_result(call_raw1(SYS_dup, descriptor));
}

int dup2(int descriptor, int target)
{
    return (int)call_result(call_raw2(SYS_dup2, descriptor, target));
}

int dup3(int descriptor, int target, int flags)
{
    return (int)call_result(call_raw3(SYS_dup3, descriptor, target, flags));
}

int pipe(int ends[2])
{
    return (int)call_result(call_raw1(SYS_pipe, (long)ends));
}

int pipe2(int ends[2], int flags)
{
    return (int)call_result(call_raw2(SYS_pipe2, (long)ends, flags));
}

int ftruncate(int descriptor, off_t length)
{
    return (int)call_result(call_raw2(SYS_ftruncate, descriptor, length));
}

int fsync(int descriptor)
{
    return (int)call_result(call_blocking4(SYS_fsync, descriptor, 0, 0, 0));
}

int fdatasync(int descriptor)
{
    return (int)call_result(call_blocking4(SYS_fdatasync, descriptor, 0, 0, 0));
}

int syncfs(int descriptor)
{
    return (int)call_result(call_raw1(SYS_syncfs, descriptor));
}

int flock(int descriptor, int operation)
{
    return (int)call_result(call_raw2(SYS_flock, descriptor, operation));
}

int fallocate(int descriptor, int mode, off_t offset, off_t length)
{
    return (int)call_result(call_raw4(SYS_fallocate, descriptor, mode, offset, length));
}

ssize_t copy_file_range(int from, off_t *from_offset, int to, off_t *to_offset, size_t length, unsigned flags)
{
    return call_result(
        call_raw6(SYS_copy_file_range, from, (long)from_offset, to, (long)to_offset, (long)length, flags));
}

ssize_t splice(int from, off_t *from_offset, int to, off_t *to_offset, size_t length, unsigned flags)
{
    return call_result(
        call_blocking(SYS_splice, from, (long)from_offset, to, (long)to_offset, (long)length, (long)flags));
}

ssize_t tee(int from, int to, size_t length, unsigned flags)
{
    return call_result(call_blocking4(SYS_tee, from, to, (long)length, (long)flags));
}

ssize_t vmsplice(int pipe, const struct iovec *parts, size_t count, unsigned flags)
{
    return call_result(call_blocking4(SYS_vmsplice, pipe, (long)parts, (long)count, (long)flags));
}

ssize_t sendfile(int to, int from, off_t *offset, size_t length)
{
    return call_result(call_raw4(SYS_sendfile, to, from, (long)offset, (long)length));
}

int poll(struct pollfd *set, nfds_t count, int milliseconds)
{
    return (int)call_result(call_blocking4(SYS_poll, (long)set, (long)count, milliseconds, 0));
}

ssize_t preadv(int descriptor, const struct iovec *parts, int count, off_t offset)
{
    return call_result(call_blocking(SYS_preadv, descriptor, (long)parts, count, offset, 0, 0));
}

ssize_t pwritev(int descriptor, const struct iovec *parts, int count, off_t offset)
{
    return call_result(call_blocking(SYS_pwritev, descriptor, (long)parts, count, offset, 0, 0));
}

/* These two return the error rather than set errno. */
int posix_fadvise(int descriptor, off_t offset, off_t length, int advice)
{
    return (int)-call_raw4(SYS_fadvise64, descriptor, offset, length, advice);
}

int posix_fallocate(int descriptor, off_t offset, off_t length)
{
    return (int)-call_raw4(SYS_fallocate, descriptor, 0, offset, length);
}

int fcntl(int descriptor, int command, ...)
{
    va_list args;

    va_start(args, command);
    long argument = va_arg(args, long);
    va_end(args);
    if (command == F_SETLKW)
        return (int)call_result(call_blocking4(SYS_fcntl, descriptor, command, argument, 0));
    return (int)call_result(call_raw3(SYS_fcntl, descriptor, command, argument));
}

int ioctl(int descriptor, unsigned long request, ...)
{
    va_list args;

    va_start(args, request);
    long argument = va_arg(args, long);
    va_end(args);
    return (int)call_result(call_raw3(SYS_ioctl, descriptor, (long)request, argument));
}

int select(int count, fd_set *restrict readable, fd_set *restrict writable, fd_set *restrict exceptional,
           struct timeval *restrict timeout)
{
    return (int)call_result(
        call_blocking(SYS_select, count, (long)readable, (long)writable, (long)exceptional, (long)timeout, 0));
}

/* The kernel shortens the time; POSIX wants it left alone, so it is given a copy. */
int pselect(int count, fd_set *restrict readable, fd_set *restrict writable, fd_set *restrict exceptional,
            const struct timespec *restrict timeout, const sigset_t *restrict mask)
{
    struct timespec rest = timeout ? *timeout : (struct timespec){0};
    struct {
        const sigset_t *mask;
        size_t size;
    } argument = {mask, 8};

    return (int)call_result(call_blocking(SYS_pselect6, count, (long)readable, (long)writable, (long)exceptional,
                                          timeout ? (long)&rest : 0, (long)&argument));
}

int ppoll(struct pollfd *set, nfds_t count, const struct timespec *timeout, const sigset_t *mask)
{
    struct timespec rest = timeout ? *timeout : (struct timespec){0};

    return (int)call_result(
        call_blocking(SYS_ppoll, (long)set, (long)count, timeout ? (long)&rest : 0, (long)mask, 8, 0));
}

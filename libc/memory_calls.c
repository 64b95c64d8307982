/* System calls on the address space. */
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "libc/cancel.h"
#include "libc/syscall.h"

int munmap(void *address, size_t length)
{
    return (int)call_result(call_raw2(SYS_munmap, (long)address, (long)length));
}

int mprotect(void *address, size_t length, int protection)
{
    return (int)call_result(call_raw3(SYS_mprotect, (long)address, (long)length, protection));
}

int msync(void *address, size_t length, int flags)
{
    return (int)call_result(call_blocking4(SYS_msync, (long)address, (long)length, flags, 0));
}

int madvise(void *address, size_t length, int advice)
{
    return (int)call_result(call_raw3(SYS_madvise, (long)address, (long)length, advice));
}

int mincore(void *address, size_t length, unsigned char *resident)
{
    return (int)call_result(call_raw3(SYS_mincore, (long)address, (long)length, (long)resident));
}

int mlock(const void *address, size_t length)
{
    return (int)call_result(call_raw2(SYS_mlock, (long)address, (long)length));
}

int munlock(const void *address, size_t length)
{
    return (int)call_result(call_raw2(SYS_munlock, (long)address, (long)length));
}

int mlockall(int flags)
{
    return (int)call_result(call_raw1(SYS_mlockall, flags));
}

int munlockall(void)
{
    return (int)call_result(call_raw0(SYS_munlockall));
}

int memfd_create(const char *name, unsigned flags)
{
    return (int)call_result(call_raw2(SYS_memfd_create, (long)name, flags));
}

void *mmap(void *address, size_t length, int protection, int flags, int descriptor, off_t offset)
{
    return (void *)call_result(call_raw6(SYS_mmap, (long)address, (long)length, protection, flags, descriptor, offset));
}

void *mremap(void *address, size_t old_length, size_t length, int flags, ...)
{
    va_list args;

    va_start(args, flags);
    void *target = flags & MREMAP_FIXED ? va_arg(args, void *) : NULL;
    va_end(args);
    return (void *)call_result(
        call_raw6(SYS_mremap, (long)address, (long)old_length, (long)length, flags, (long)target, 0));
}

ssize_t process_vm_readv(pid_t process, const struct iovec *local, unsigned long local_count,
                         const struct iovec *remote, unsigned long remote_count, unsigned long flags)
{
    return call_result(call_raw6(SYS_process_vm_readv, process, (long)local, (long)local_count, (long)remote,
                                 (long)remote_count, (long)flags));
}

ssize_t process_vm_writev(pid_t process, const struct iovec *local, unsigned long local_count,
                          const struct iovec *remote, unsigned long remote_count, unsigned long flags)
{
    return call_result(call_raw6(SYS_process_vm_writev, process, (long)local, (long)local_count, (long)remote,
                                 (long)remote_count, (long)flags));
}

/* The call returns the end of the heap, moved or not. */
static char *heap_end;

int brk(void *end)
{
    heap_end = (char *)call_raw1(SYS_brk, (long)end);
    if (heap_end >= (char *)end)
        return 0;
    errno = ENOMEM;
    return -1;
}

void *sbrk(intptr_t increment)
{
    char *old = heap_end ? heap_end : (char *)call_raw1(SYS_brk, 0);

    if (!increment || !brk(old + increment)) {
        heap_end = old + increment;
        return old;
    }
    return (void *)-1;
}

/* Shared memory by name is a file below /dev/shm. */
static int shared_path(const char *name, char path[PATH_MAX])
{
    while (*name == '/')
        name++;
    if (!*name || snprintf(path, PATH_MAX, "/dev/shm/%s", name) >= PATH_MAX) {
        errno = *name ? ENAMETOOLONG : EINVAL;
        return -1;
    }
    return 0;
}

int shm_open(const char *name, int flags, mode_t mode)
{
    char path[PATH_MAX];

    return shared_path(name, path) ? -1 : open(path, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, mode);
}

int shm_unlink(const char *name)
{
    char path[PATH_MAX];

    return shared_path(name, path) ? -1 : unlink(path);
}

/* Advice is never an error of the program's; POSIX wants it to change nothing but speed, unlike madvise's MADV_DONTNEED. */
int posix_madvise(void *memory, size_t length, int advice)
{
    if (advice == POSIX_MADV_DONTNEED)
        return 0;
    int saved = errno, error = madvise(memory, length, advice) ? errno : 0;
    errno = saved;
    return error;
}

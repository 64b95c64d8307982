/*
 * The system calls that move bytes: read, write and their kin with offsets and several buffers.
 */
#include "kernel/fs/file.h"
#include "kernel/fs/files.h"
#include "kernel/syscall_list.h"
#include "mm/usercopy.h"

/* The most one call moves, as in Linux: so that the count fits in an int and stays page-aligned. */
#define TRANSFER_MAX ((uint64_t)0x7ffff000)

/* Whether the descriptor is open for the direction: the first thing that is checked. */
static inline bool transfer_is_allowed(const struct file *file, bool into)
{
    return into ? file_is_readable(file) : file_is_writable(file);
}

static inline __attribute__((always_inline)) long transfer_buffer(struct file *file, vaddr_t buffer, uint64_t length,
                                                                  bool into, uint64_t *offset)
{
    struct uio uio;
    if (!transfer_is_allowed(file, into))
        return -EBADF;
    if (!user_range_ok(buffer, length))
        return -EFAULT;
    long result = -EAGAIN;
    if (length <= PAGE_SIZE)
        result = into ? file_read_quick(file, buffer, length, offset) : file_write_quick(file, buffer, length, offset);
    if (result != -EAGAIN)
        return result;
    result = uio_init_user(&uio, buffer, min_u64(length, TRANSFER_MAX), into);
    if (result != 0)
        return result;
    result = into ? file_read(file, &uio, offset) : file_write(file, &uio, offset);
    uio_release(&uio);
    return result;
}

static long transfer_vector(struct file *file, vaddr_t vector, int count, bool into, uint64_t *offset)
{
    struct uio uio;
    if (!transfer_is_allowed(file, into))
        return -EBADF;
    long result = uio_init_user_vector(&uio, vector, count, into);
    if (result != 0)
        return result;
    result = into ? file_read(file, &uio, offset) : file_write(file, &uio, offset);
    uio_release(&uio);
    return result;
}

/* read, write, pread64, pwrite64: `offset` null for the file's own. Inlined, so that each has only its own direction to do. */
static inline __attribute__((always_inline)) long transfer(const struct registers *regs, bool into, uint64_t *offset)
{
    bool referenced;
    struct file *file = files_borrow((int)regs->rdi, &referenced);
    if (file == NULL)
        return -EBADF;
    long result = transfer_buffer(file, regs->rsi, regs->rdx, into, offset);
    files_return(file, referenced);
    return result;
}

static long transfer_many(const struct registers *regs, bool into, uint64_t *offset)
{
    bool referenced;
    struct file *file = files_borrow((int)regs->rdi, &referenced);
    if (file == NULL)
        return -EBADF;
    long result = transfer_vector(file, regs->rsi, (int)regs->rdx, into, offset);
    files_return(file, referenced);
    return result;
}

long sys_read(struct registers *regs)
{
    return transfer(regs, true, NULL);
}

long sys_write(struct registers *regs)
{
    return transfer(regs, false, NULL);
}

long sys_pread64(struct registers *regs)
{
    uint64_t offset = regs->r10;
    return (int64_t)offset < 0 ? -EINVAL : transfer(regs, true, &offset);
}

long sys_pwrite64(struct registers *regs)
{
    uint64_t offset = regs->r10;
    return (int64_t)offset < 0 ? -EINVAL : transfer(regs, false, &offset);
}

long sys_readv(struct registers *regs)
{
    return transfer_many(regs, true, NULL);
}

long sys_writev(struct registers *regs)
{
    return transfer_many(regs, false, NULL);
}

long sys_preadv(struct registers *regs)
{
    uint64_t offset = regs->r10;
    return (int64_t)offset < 0 ? -EINVAL : transfer_many(regs, true, &offset);
}

long sys_pwritev(struct registers *regs)
{
    uint64_t offset = regs->r10;
    return (int64_t)offset < 0 ? -EINVAL : transfer_many(regs, false, &offset);
}

/* The newer forms: offset -1 is the file's own; of the RWF_* flags none is known. */
static long transfer_v2(const struct registers *regs, bool into)
{
    uint64_t offset = regs->r10;
    if (regs->r9 != 0)
        return -EOPNOTSUPP;
    if ((int64_t)offset < -1)
        return -EINVAL;
    return transfer_many(regs, into, (int64_t)offset == -1 ? NULL : &offset);
}

long sys_preadv2(struct registers *regs)
{
    return transfer_v2(regs, true);
}

long sys_pwritev2(struct registers *regs)
{
    return transfer_v2(regs, false);
}

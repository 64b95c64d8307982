/*
 * The system calls about a file's data as a whole: making them stable, copying them inside the kernel, advice about
 * their use.
 */
#include "kernel/fs/file.h"
#include "kernel/fs/files.h"
#include "kernel/fs/inode.h"
#include "kernel/signal.h"
#include "kernel/syscall_list.h"
#include "mm/pagecache.h"
#include "mm/readahead_io.h"
#include "mm/slab.h"
#include "mm/usercopy.h"

/* --- stability ---------------------------------------------------------------------------------------------------- */

static long sync_descriptor(int fd, bool data_only)
{
    struct file *file = files_get_opened(fd);
    if (file == NULL)
        return -EBADF;
    long error = file_sync(file, data_only);
    file_put(file);
    return error;
}

long sys_fsync(struct registers *regs)
{
    return sync_descriptor((int)regs->rdi, false);
}

long sys_fdatasync(struct registers *regs)
{
    return sync_descriptor((int)regs->rdi, true);
}

long sys_sync(struct registers *regs)
{
    (void)regs;
    filesystems_sync();
    return 0;
}

long sys_syncfs(struct registers *regs)
{
    struct file *file = files_get_opened((int)regs->rdi);
    if (file == NULL)
        return -EBADF;
    file_put(file);
    filesystems_sync();
    return 0;
}

/* --- copies ------------------------------------------------------------------------------------------------------- */

enum { COPY_PIECE = 32768 };

/* One piece: the count, 0 at the end of `from`, or -Exxx. Null offsets: the files' own. */
static ssize_t copy_piece(struct file *to, uint64_t *to_offset, struct file *from, uint64_t *from_offset, char *buffer,
                          size_t length)
{
    struct uio uio;
    uio_init_kernel(&uio, buffer, length, true);
    ssize_t count = file_read(from, &uio, from_offset);
    if (count <= 0)
        return count;
    uio_init_kernel(&uio, buffer, (size_t)count, false);
    ssize_t written = file_write(to, &uio, to_offset);
    ssize_t lost = count - (written > 0 ? written : 0); /* read, but not taken: goes back */
    if (from_offset != NULL)
        *from_offset -= (uint64_t)lost;
    else if (!from->ops->stream)
        from->offset -= (uint64_t)lost;
    return written;
}

static ssize_t copy_files(struct file *to, uint64_t *to_offset, struct file *from, uint64_t *from_offset, size_t length)
{
    size_t most = COPY_PIECE;
    char *buffer = kmalloc_buffer(&most);
    ssize_t done = 0, count = 0;
    if (buffer == NULL)
        return -ENOMEM;
    while ((size_t)done < length) {
        size_t piece = min_u64(length - (size_t)done, most);
        count = copy_piece(to, to_offset, from, from_offset, buffer, piece);
        if (count <= 0)
            break;
        done += count;
        if ((size_t)count < piece || signal_is_pending())
            break;
    }
    kfree(buffer);
    return done > 0 ? done : count;
}

/* An offset in user memory that a call moves along; `address` 0: there is none. */
static int offset_read(vaddr_t address, uint64_t *offset)
{
    if (address == 0)
        return 0;
    if (copy_from_user(offset, address, sizeof *offset) != 0)
        return -EFAULT;
    return (int64_t)*offset < 0 ? -EINVAL : 0;
}

/* Whether a copy would read, in one file, what it writes; a null offset is the file's own. */
static bool copy_overlaps(const struct file *to, const uint64_t *out_offset, const struct file *from,
                          const uint64_t *in_offset, uint64_t length)
{
    uint64_t source = in_offset != NULL ? *in_offset : from->offset;
    uint64_t target = out_offset != NULL ? *out_offset : to->offset, size = inode_size(from->inode);
    uint64_t count = min_u64(length, size > source ? size - source : 0);
    return from->inode == to->inode && target + count > source && target < source + count;
}

/* What a call asks of two files that may be read and written, besides. */
typedef int copy_check(const struct file *to, const uint64_t *out_offset, const struct file *from,
                       const uint64_t *in_offset, uint64_t length);

/* copy_file_range: nothing is copied over itself or appended. */
static int range_check(const struct file *to, const uint64_t *out_offset, const struct file *from,
                       const uint64_t *in_offset, uint64_t length)
{
    if ((file_flags(to) & O_APPEND) != 0)
        return -EBADF;
    return copy_overlaps(to, out_offset, from, in_offset, length) ? -EINVAL : 0;
}

/* sendfile: from what has contents, and a place if it is to be read at one, to what does not append. */
static int send_check(const struct file *to, const uint64_t *out_offset, const struct file *from,
                      const uint64_t *in_offset, uint64_t length)
{
    (void)out_offset, (void)length;
    if (in_offset != NULL && from->ops->stream)
        return -ESPIPE;
    bool refused = inode_is(from->inode, S_IFIFO) || inode_is(from->inode, S_IFDIR) || (file_flags(to) & O_APPEND) != 0;
    return refused ? -EINVAL : 0;
}

/* Both calls from here on: descriptors and offsets to files and back. A bad pointer is found before a bad descriptor, as in Linux. */
static long copy_descriptors(int out, vaddr_t out_address, int in, vaddr_t in_address, size_t length, copy_check *check)
{
    uint64_t out_offset = 0, in_offset = 0;
    long result = offset_read(in_address, &in_offset);
    if (result == 0)
        result = offset_read(out_address, &out_offset);
    if (result != 0)
        return result;
    struct file *from = files_get(in), *to = files_get(out);
    uint64_t *target = out_address != 0 ? &out_offset : NULL, *source = in_address != 0 ? &in_offset : NULL;
    length = min_u64(length, INT32_MAX);
    if (from == NULL || to == NULL || !file_is_readable(from) || !file_is_writable(to))
        result = -EBADF;
    else
        result = check(to, target, from, source, length);
    if (result == 0)
        result = copy_files(to, target, from, source, length);
    if (from != NULL)
        file_put(from);
    if (to != NULL)
        file_put(to);
    if (result >= 0 && in_address != 0 && copy_to_user(in_address, &in_offset, sizeof in_offset) != 0)
        return -EFAULT;
    if (result >= 0 && out_address != 0 && copy_to_user(out_address, &out_offset, sizeof out_offset) != 0)
        return -EFAULT;
    return result;
}

/* Whether both descriptors are open for regular files; copy_file_range() wants that. */
static int regular_check(int fd)
{
    struct file *file = files_get_opened(fd);
    if (file == NULL)
        return -EBADF;
    int error = inode_is(file->inode, S_IFREG) ? 0 : inode_is(file->inode, S_IFDIR) ? -EISDIR : -EINVAL;
    file_put(file);
    return error;
}

long sys_sendfile(struct registers *regs)
{
    return copy_descriptors((int)regs->rdi, 0, (int)regs->rsi, regs->rdx, regs->r10, send_check);
}

long sys_copy_file_range(struct registers *regs)
{
    if (regs->r9 != 0)
        return -EINVAL;
    long error = regular_check((int)regs->rdi);
    if (error == 0)
        error = regular_check((int)regs->rdx);
    if (error != 0)
        return error;
    return copy_descriptors((int)regs->rdx, regs->r10, (int)regs->rdi, regs->rsi, regs->r8, range_check);
}

/* --- advice ------------------------------------------------------------------------------------------------------- */

enum advice { ADVICE_NORMAL, ADVICE_RANDOM, ADVICE_SEQUENTIAL, ADVICE_WILLNEED, ADVICE_DONTNEED, ADVICE_NOREUSE };
/* All pages with bytes of [offset, end) that are in the file. */
static void prefetch(struct object *object, uint64_t offset, uint64_t end)
{
    uint64_t first = offset >> PAGE_SHIFT, after = (end + PAGE_SIZE - 1) >> PAGE_SHIFT;
    if (after > first)
        readahead_start(object, first, after - first);
}

/* Whole pages of [offset, end) are not needed any more: dirty ones are written first. */
static void forget(struct object *object, uint64_t offset, uint64_t end)
{
    uint64_t first = round_up(offset, PAGE_SIZE) >> PAGE_SHIFT, after = end >> PAGE_SHIFT;
    if (after <= first)
        return;
    if (object->ops->write == NULL || pagecache_sync(object, first, after - 1) == 0)
        pagecache_drop(object, first, after - 1);
}

static long file_advise(struct file *file, uint64_t offset, uint64_t length, int advice)
{
    struct inode *inode = file->inode;
    if (inode_is(inode, S_IFIFO))
        return -ESPIPE;
    if (advice < ADVICE_NORMAL || advice > ADVICE_NOREUSE || (int64_t)length < 0)
        return -EINVAL;
    uint64_t end = length == 0 || offset + length < offset ? INT64_MAX : offset + length;
    struct object *object = file_object(file);
    if (object == NULL)
        return 0;
    switch (advice) {
    case ADVICE_NORMAL:
        file->ahead.advice = READAHEAD_NORMAL;
        break;
    case ADVICE_RANDOM:
        file->ahead.advice = READAHEAD_RANDOM;
        break;
    case ADVICE_SEQUENTIAL:
        file->ahead.advice = READAHEAD_SEQUENTIAL;
        break;
    case ADVICE_WILLNEED:
        prefetch(object, offset, end);
        break;
    case ADVICE_DONTNEED:
        forget(object, offset, end);
        break;
    }
    return 0;
}

long sys_fadvise64(struct registers *regs)
{
    struct file *file = files_get_opened((int)regs->rdi);
    if (file == NULL)
        return -EBADF;
    long error = file_advise(file, regs->rsi, regs->rdx, (int)regs->r10);
    file_put(file);
    return error;
}

long sys_readahead(struct registers *regs)
{
    struct file *file = files_get_opened((int)regs->rdi);
    if (file == NULL)
        return -EBADF;
    struct object *object = file_object(file);
    long error = !file_is_readable(file) ? -EBADF : object != NULL ? 0 : -EINVAL;
    if (error == 0 && (int64_t)regs->rsi >= 0)
        prefetch(object, regs->rsi, regs->rsi + min_u64(regs->rdx, INT32_MAX));
    file_put(file);
    return error;
}

/*
 * splice, tee and vmsplice: bytes between pipes, files and memory without a way through the program.
 *
 *     splice   file -> pipe    what fits; of a file with an offset only what the pipe has taken counts as read
 *              pipe -> file    what is there, straight from the pipe's pages; what the file does not take stays in the pipe
 *              pipe -> pipe    what is there and fits
 *     tee      pipe -> pipe    the same, and it stays in the first one, too
 *     vmsplice memory <-> pipe
 *
 * Bytes are copied, once; the pages themselves never change hands, so SPLICE_F_MOVE, _MORE and _GIFT, which are hints, change nothing.
 * Each call waits once, until it can move something, and then moves no more than a pipe holds. No lock is held while it waits or while
 * a file is read or written: the bytes of a pipe are lent meanwhile (kernel/fs/pipe.h).
 */
#include "kernel/fs/file.h"
#include "kernel/fs/files.h"
#include "kernel/fs/inode.h"
#include "kernel/fs/pipe.h"
#include "kernel/syscall_list.h"
#include "mm/slab.h"
#include "mm/usercopy.h"

enum { SPLICE_F_NONBLOCK = 2, SPLICE_F_ALL = 15, SPLICE_PIECE = PAGE_SIZE };

/* --- files -------------------------------------------------------------------------------------------------------------- */

/* The file at the other end of a pipe. */
struct splice_file {
    struct file *file;
    uint64_t offset;
    uint64_t *place; /* the offset, or null: a stream has none */
};

/* One piece. What the pipe has not taken is read again. */
static ssize_t piece_from_file(struct splice_file *from, struct pipe *to, char *buffer, size_t length)
{
    struct uio uio;
    uint64_t start = from->offset;
    ssize_t placed = 0, moved;
    uio_init_kernel(&uio, buffer, length, true);
    ssize_t count = file_read(from->file, &uio, from->place);
    if (count <= 0)
        return count;
    uio_init_kernel(&uio, buffer, (size_t)count, false);
    do {
        moved = pipe_put(to, &uio, true);
        placed += moved > 0 ? moved : 0;
    } while (moved > 0 && uio.left > 0);
    from->offset = start + (uint64_t)placed;
    return placed > 0 ? placed : moved;
}

/* What fits now. The count, or -EAGAIN if nothing fits, or another -Exxx. */
static ssize_t pieces_from_file(struct splice_file *from, struct pipe *to, char *buffer, size_t length)
{
    ssize_t done = 0, moved = 0;
    while ((size_t)done < length) {
        size_t piece = min_u64(min_u64(length - (size_t)done, SPLICE_PIECE), pipe_room(to));
        moved = piece == 0 ? -EAGAIN : piece_from_file(from, to, buffer, piece);
        if (moved <= 0)
            break;
        done += moved;
        if ((size_t)moved < piece)
            break;
    }
    return done > 0 ? done : moved;
}

/* One piece of a stream, which may have no more than that and wait; what it gives, it does not take back, so the pipe's room is reserved before. */
static ssize_t piece_from_stream(struct splice_file *from, struct pipe *to, char *buffer, size_t length,
                                 bool nonblocking)
{
    struct uio uio;
    int room = pipe_reserve(to, (uint32_t)min_u64(length, SPLICE_PIECE), nonblocking);
    if (room < 0)
        return room;
    uio_init_kernel(&uio, buffer, (size_t)room, true);
    ssize_t count = file_read(from->file, &uio, NULL);
    uio_init_kernel(&uio, buffer, count > 0 ? (size_t)count : 0, false);
    ssize_t moved = pipe_put_reserved(to, &uio, (uint32_t)room);
    return count > 0 ? moved : count;
}

static ssize_t fill_from_file(struct splice_file *from, struct pipe *to, char *buffer, size_t length, bool nonblocking)
{
    if (from->place == NULL)
        return piece_from_stream(from, to, buffer, length, nonblocking);
    for (;;) {
        int error = pipe_wait_room(to, 1, nonblocking);
        if (error != 0)
            return error;
        ssize_t moved = pieces_from_file(from, to, buffer, length);
        if (moved != -EAGAIN || nonblocking)
            return moved; /* else others took the room */
    }
}

static ssize_t splice_from_file(struct splice_file *from, struct pipe *to, size_t length, bool nonblocking)
{
    char *buffer = kmalloc(SPLICE_PIECE);
    if (buffer == NULL)
        return -ENOMEM;
    ssize_t moved = fill_from_file(from, to, buffer, length, nonblocking);
    kfree(buffer);
    return moved;
}

/* The first `length` bytes lent go to a file or, if that is null, to a pipe, as far as they fit; `stays`: they are in the first pipe, too. */
static ssize_t pass_lent(struct pipe *from, struct pipe *to, struct splice_file *file, uint32_t length, bool stays)
{
    uint32_t done = 0;
    ssize_t moved = 0;
    while (done < length) {
        struct uio uio;
        uint32_t piece = length - done;
        void *bytes = pipe_lent_bytes(from, done, &piece);
        uio_init_kernel(&uio, bytes, piece, false);
        moved = file != NULL ? file_write(file->file, &uio, file->place) : pipe_put(to, &uio, true);
        if (moved <= 0)
            break;
        done += (uint32_t)moved;
        if (file != NULL && (uint32_t)moved < piece)
            break;
    }
    pipe_return(from, stays ? 0 : done);
    return done > 0 ? (ssize_t)done : moved;
}

static ssize_t splice_to_file(struct pipe *from, struct splice_file *to, size_t length, bool nonblocking)
{
    int lent = pipe_lend(from, nonblocking);
    return lent <= 0 ? lent : pass_lent(from, NULL, to, (uint32_t)min_u64(length, (uint64_t)lent), false);
}

/* --- pipes -------------------------------------------------------------------------------------------------------------- */

/* It waits for both pipes before it takes anything, so that who reads the first is never kept waiting for the second. */
static ssize_t splice_pipes(struct pipe *from, struct pipe *to, size_t length, bool nonblocking, bool stays)
{
    for (;;) {
        int ready = pipe_wait_filled(from, nonblocking);
        int error = ready < 0 ? ready : pipe_wait_room(to, 1, nonblocking);
        if (error != 0 || ready == 0)
            return error;
        int lent = pipe_lend(from, true);
        ssize_t moved = lent <= 0 ? lent : pass_lent(from, to, NULL, (uint32_t)min_u64(length, (uint64_t)lent), stays);
        if (moved != -EAGAIN || nonblocking)
            return moved;
        error = pipe_wait_return(from, false); /* another splice has the bytes, or others were faster on one side */
        if (error != 0)
            return error;
    }
}

/* --- calls -------------------------------------------------------------------------------------------------------------- */

/* Whether what is behind the file can be read and written so: contents or a device. */
static bool splice_is_possible(const struct file *file)
{
    return inode_is(file->inode, S_IFREG) || inode_is(file->inode, S_IFBLK) || inode_is(file->inode, S_IFCHR);
}

/* The two ends of a splice call: files, and where their offsets are in the program (0: nowhere). */
struct splice_end {
    struct file *file;
    struct pipe *pipe;
    vaddr_t address;
    struct splice_file other; /* if it is no pipe */
};

static int end_open(struct splice_end *end, int fd, vaddr_t address)
{
    *end = (struct splice_end){.file = files_get(fd), .address = address};
    if (end->file == NULL)
        return -EBADF;
    end->pipe = pipe_of_file(end->file);
    end->other = (struct splice_file){.file = end->file, .offset = end->file->offset};
    end->other.place = end->file->ops->stream ? NULL : &end->other.offset;
    return 0;
}

static int end_read_offset(struct splice_end *end)
{
    if (end->address == 0)
        return 0;
    return copy_from_user(&end->other.offset, end->address, sizeof end->other.offset) != 0 ? -EFAULT : 0;
}

/* What has been moved, moves the offset: the program's, or the file's own, of which two splices at a time get one's (Linux does the same). */
static int end_write_offset(const struct splice_end *end)
{
    if (end->address != 0)
        return copy_to_user(end->address, &end->other.offset, sizeof end->other.offset) != 0 ? -EFAULT : 0;
    if (end->pipe == NULL && end->other.place != NULL)
        end->file->offset = end->other.offset;
    return 0;
}

static void end_close(struct splice_end *end)
{
    if (end->file != NULL)
        file_put(end->file);
}

/* What can be said before anything moves. */
static int ends_check(const struct splice_end *from, const struct splice_end *to)
{
    const struct splice_end *other = from->pipe == NULL ? from : to;
    if (!file_is_readable(from->file) || !file_is_writable(to->file))
        return -EBADF;
    if (from->pipe != NULL && to->pipe != NULL)
        return from->pipe == to->pipe ? -EINVAL : 0;
    if (from->pipe == NULL && to->pipe == NULL)
        return -EINVAL;
    if ((other->address != 0 && other->other.place == NULL) || (int64_t)other->other.offset < 0)
        return -EINVAL;
    if (other == to && (file_flags(to->file) & O_APPEND) != 0)
        return -EINVAL;
    return splice_is_possible(other->file) ? 0 : -EINVAL;
}

static ssize_t ends_move(struct splice_end *from, struct splice_end *to, size_t length, bool nonblocking)
{
    bool input = nonblocking || (from->pipe != NULL && file_is_nonblocking(from->file));
    bool output = nonblocking || (to->pipe != NULL && file_is_nonblocking(to->file));
    if (from->pipe != NULL && to->pipe != NULL)
        return splice_pipes(from->pipe, to->pipe, length, input || output, false);
    if (from->pipe != NULL)
        return splice_to_file(from->pipe, &to->other, length, input);
    return splice_from_file(&from->other, to->pipe, length, output);
}

static long splice_ends(struct splice_end *from, struct splice_end *to, size_t length, bool nonblocking)
{
    if ((from->pipe != NULL && from->address != 0) || (to->pipe != NULL && to->address != 0))
        return -ESPIPE;
    int error = end_read_offset(to);
    if (error == 0)
        error = end_read_offset(from);
    if (error == 0)
        error = ends_check(from, to);
    if (error != 0)
        return error;
    ssize_t moved = ends_move(from, to, length, nonblocking);
    if (moved < 0)
        return moved;
    error = end_write_offset(to);
    if (error == 0)
        error = end_write_offset(from);
    return error != 0 ? error : moved;
}

long sys_splice(struct registers *regs)
{
    struct splice_end from = {0}, to = {0};
    if (regs->r8 == 0)
        return 0;
    if ((regs->r9 & ~(uint64_t)SPLICE_F_ALL) != 0)
        return -EINVAL;
    long result = end_open(&from, (int)regs->rdi, regs->rsi);
    if (result == 0)
        result = end_open(&to, (int)regs->rdx, regs->r10);
    if (result == 0)
        result = splice_ends(&from, &to, regs->r8, (regs->r9 & SPLICE_F_NONBLOCK) != 0);
    end_close(&from);
    end_close(&to);
    return result;
}

static long tee_files(struct file *from, struct file *to, size_t length, bool nonblocking)
{
    struct pipe *source = pipe_of_file(from), *target = pipe_of_file(to);
    if (!file_is_readable(from) || !file_is_writable(to))
        return -EBADF;
    if (source == NULL || target == NULL || source == target)
        return -EINVAL;
    nonblocking |= file_is_nonblocking(from) || file_is_nonblocking(to);
    return splice_pipes(source, target, length, nonblocking, true);
}

long sys_tee(struct registers *regs)
{
    if ((regs->r10 & ~(uint64_t)SPLICE_F_ALL) != 0)
        return -EINVAL;
    if (regs->rdx == 0)
        return 0;
    struct file *from = files_get((int)regs->rdi), *to = files_get((int)regs->rsi);
    bool nonblocking = (regs->r10 & SPLICE_F_NONBLOCK) != 0;
    long result = from == NULL || to == NULL ? -EBADF : tee_files(from, to, regs->rdx, nonblocking);
    if (from != NULL)
        file_put(from);
    if (to != NULL)
        file_put(to);
    return result;
}

/* The end of the pipe decides over the direction. */
static long vmsplice_file(struct file *file, vaddr_t vector, int count, bool nonblocking)
{
    struct pipe *pipe = pipe_of_file(file);
    struct uio uio;
    bool into = !file_is_writable(file);
    if (into && !file_is_readable(file))
        return -EBADF;
    long result = uio_init_user_vector(&uio, vector, count, into);
    if (result != 0)
        return result;
    if (uio.left > 0)
        result = pipe == NULL ? -EBADF : into ? pipe_get(pipe, &uio, nonblocking) : pipe_put(pipe, &uio, nonblocking);
    uio_release(&uio);
    return result;
}

long sys_vmsplice(struct registers *regs)
{
    if ((regs->r10 & ~(uint64_t)SPLICE_F_ALL) != 0)
        return -EINVAL;
    struct file *file = files_get((int)regs->rdi);
    if (file == NULL)
        return -EBADF;
    long result = vmsplice_file(file, regs->rsi, (int)min_u64(regs->rdx, INT32_MAX),
                                (regs->r10 & SPLICE_F_NONBLOCK) != 0);
    file_put(file);
    return result;
}

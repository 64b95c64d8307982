/*
 * Pipes: a ring of bytes in pages that are taken when first written to.
 *
 *      start                    start + count
 *        v                            v
 *   |....xxxxxxxxxxxxxxxxxxxxxxxxxxxxx.........|   16 pages; an empty pipe starts over at 0, so that a
 *                                                  conversation in small messages stays in one page
 *
 * A write of up to PIPE_BUF bytes waits until it fits whole and so is never mixed with another's (POSIX).
 *
 * A splice lends the bytes at the ring's start (pipe_lend): they stay where they are, read in place, until it says how many it has used;
 * meanwhile only those who write change anything, behind them, and those who read wait. So no lock is held while a splice writes to a
 * file, and what the file does not take is not lost. The other way round it reserves room before it takes bytes from a stream, which would not
 * take them back, and the ring's missing pages with it.
 *
 * Lock: `lock` (mutex, RANK_PIPE) guards the ring. `count`, `reserved`, `lent`, `readers` and `writers` may be read without it, as a hint
 * that is then verified. The program's memory is read and written under it, so it ranks before the address space's.
 */
#include "kernel/fs/pipe.h"

#include "kernel/abi/errno.h"
#include "kernel/abi/poll.h"
#include "kernel/cpu.h"
#include "kernel/fs/file.h"
#include "kernel/fs/inode.h"
#include "kernel/signal.h"
#include "kernel/thread.h"
#include "kernel/wait.h"
#include "libc/string.h"
#include "mm/census.h"
#include "mm/frame.h"
#include "mm/slab.h"
#include "mm/usercopy.h"

enum { PIPE_PAGES = PIPE_CAPACITY / PAGE_SIZE };

struct pipe {
    struct mutex lock;
    uint32_t start;
    _Atomic uint32_t count;
    _Atomic uint32_t reserved;            /* room that splices have taken for bytes they are about to have */
    _Atomic bool lent;                    /* a splice uses the bytes at `start` */
    _Atomic uint32_t readers, writers;    /* open files; changed under the inode's lock */
    uint32_t reads_opened, writes_opened; /* ever, for those who wait for the other side in open() */
    uint32_t users;                       /* files that refer to the pipe; under the inode's lock */
    struct waitqueue read_wait, write_wait;
    struct page *pages[PIPE_PAGES];
};

static struct slab_cache pipe_cache;
static _Atomic uint64_t ring_frames; /* of all pipes */

static struct pipe *pipe_allocate(void)
{
    struct pipe *pipe = slab_alloc(&pipe_cache, FRAME_ZERO);
    if (pipe == NULL)
        return NULL;
    mutex_init(&pipe->lock, RANK_PIPE);
    waitqueue_init(&pipe->read_wait);
    waitqueue_init(&pipe->write_wait);
    return pipe;
}

static void pipe_free(struct pipe *pipe)
{
    for (unsigned i = 0; i < PIPE_PAGES; i++) {
        if (pipe->pages[i] == NULL)
            continue;
        frame_free(pipe->pages[i]);
        atomic_fetch_sub_explicit(&ring_frames, 1, memory_order_relaxed);
    }
    slab_free(&pipe_cache, pipe);
}

static struct pipe *pipe_of(const struct file *file)
{
    return file->inode->fifo;
}

static inline uint32_t pipe_count(const struct pipe *pipe)
{
    return atomic_load_explicit(&pipe->count, memory_order_acquire);
}

uint32_t pipe_room(const struct pipe *pipe)
{
    uint32_t used = pipe_count(pipe) + atomic_load_explicit(&pipe->reserved, memory_order_acquire);
    return used < PIPE_CAPACITY ? PIPE_CAPACITY - used : 0; /* without the lock the two may be of different moments */
}

/* Takes `length` bytes out of the ring, which has them. A piece that does not reach the program whole stays; under the lock. */
static ssize_t pipe_drain_locked(struct pipe *pipe, struct uio *uio, uint32_t length)
{
    uint32_t done = 0;
    while (done < length) {
        uint32_t at = pipe->start & (PAGE_SIZE - 1);
        uint32_t piece = (uint32_t)min_u64(length - done, PAGE_SIZE - at);
        ssize_t moved = uio_copy_in(uio, (char *)page_address(pipe->pages[pipe->start >> PAGE_SHIFT]) + at, piece);
        if (moved != (ssize_t)piece)
            return done > 0 ? (ssize_t)done : -EFAULT;
        done += piece;
        pipe->start = (pipe->start + piece) & (PIPE_CAPACITY - 1);
        if (atomic_fetch_sub(&pipe->count, piece) == piece)
            pipe->start = 0;
    }
    return (ssize_t)done;
}

int pipe_wait_filled(struct pipe *pipe, bool nonblocking)
{
    while (pipe_count(pipe) == 0) {
        if (pipe->writers == 0)
            return pipe_count(pipe) > 0; /* looked at again after `writers`: the last byte may have come just before */
        if (nonblocking)
            return -EAGAIN;
        int error = wait_event_interruptible(&pipe->read_wait, pipe_count(pipe) > 0 || pipe->writers == 0, 0);
        if (error != 0)
            return error;
    }
    return 1;
}

int pipe_wait_return(struct pipe *pipe, bool nonblocking)
{
    if (nonblocking)
        return -EAGAIN;
    return wait_event_interruptible(&pipe->read_wait, !pipe->lent, 0);
}

ssize_t pipe_get(struct pipe *pipe, struct uio *uio, bool nonblocking)
{
    while (uio->left > 0) {
        int ready = pipe_wait_filled(pipe, nonblocking);
        if (ready <= 0)
            return ready;
        mutex_lock(&pipe->lock);
        bool lent = pipe->lent;
        uint32_t length = lent ? 0 : (uint32_t)min_u64(uio->left, pipe_count(pipe));
        ssize_t moved = pipe_drain_locked(pipe, uio, length);
        mutex_unlock(&pipe->lock);
        if (moved != 0) {
            wait_wake_all(&pipe->write_wait);
            return moved;
        }
        int error = lent ? pipe_wait_return(pipe, nonblocking) : 0;
        if (error != 0)
            return error;
    }
    return 0;
}

static ssize_t pipe_read(struct file *file, struct uio *uio, uint64_t offset)
{
    (void)offset;
    return pipe_get(pipe_of(file), uio, file_is_nonblocking(file));
}

int pipe_lend(struct pipe *pipe, bool nonblocking)
{
    for (;;) {
        int ready = pipe_wait_filled(pipe, nonblocking);
        if (ready <= 0)
            return ready;
        mutex_lock(&pipe->lock);
        bool lent = pipe->lent;
        uint32_t count = lent ? 0 : pipe_count(pipe);
        if (count > 0)
            pipe->lent = true;
        mutex_unlock(&pipe->lock);
        if (count > 0)
            return (int)count;
        int error = lent ? pipe_wait_return(pipe, nonblocking) : 0;
        if (error != 0)
            return error;
    }
}

void *pipe_lent_bytes(struct pipe *pipe, uint32_t at, uint32_t *length)
{
    uint32_t position = (pipe->start + at) & (PIPE_CAPACITY - 1), in_page = position & (PAGE_SIZE - 1);
    *length = (uint32_t)min_u64(*length, PAGE_SIZE - in_page);
    return (char *)page_address(pipe->pages[position >> PAGE_SHIFT]) + in_page;
}

void pipe_return(struct pipe *pipe, uint32_t used)
{
    mutex_lock(&pipe->lock);
    pipe->start = (pipe->start + used) & (PIPE_CAPACITY - 1);
    if (atomic_fetch_sub(&pipe->count, used) == used)
        pipe->start = 0;
    pipe->lent = false;
    mutex_unlock(&pipe->lock);
    wait_wake_all(&pipe->read_wait);
    if (used > 0)
        wait_wake_all(&pipe->write_wait);
}

/* The page that byte `position` of the ring is in; null without memory. */
static struct page *pipe_page(struct pipe *pipe, uint32_t position)
{
    struct page **page = &pipe->pages[position >> PAGE_SHIFT];
    if (*page == NULL) {
        *page = frame_alloc(FRAME_WIRED);
        atomic_fetch_add_explicit(&ring_frames, *page != NULL, memory_order_relaxed);
    }
    return *page;
}

/* Moves bytes into the ring, which has room for them. A piece that cannot be read whole is left out; under the lock. */
static ssize_t pipe_fill_locked(struct pipe *pipe, struct uio *uio, uint32_t length)
{
    uint32_t done = 0;
    while (done < length) {
        uint32_t position = (pipe->start + pipe_count(pipe)) & (PIPE_CAPACITY - 1);
        uint32_t at = position & (PAGE_SIZE - 1);
        uint32_t piece = (uint32_t)min_u64(length - done, PAGE_SIZE - at);
        struct page *page = pipe_page(pipe, position);
        ssize_t moved = page == NULL ? -ENOMEM : uio_copy_out(uio, (char *)page_address(page) + at, piece);
        if (moved != (ssize_t)piece)
            return done > 0 ? (ssize_t)done : moved < 0 ? moved : -EFAULT;
        done += piece;
        atomic_fetch_add(&pipe->count, piece);
    }
    return (ssize_t)done;
}

static int pipe_broken(void)
{
    if (thread_current()->process != NULL)
        signal_send_thread(thread_current(), &(const struct signal_info){.signal = SIGPIPE});
    return -EPIPE;
}

int pipe_wait_room(struct pipe *pipe, uint32_t needed, bool nonblocking)
{
    if (pipe->readers != 0 && pipe_room(pipe) < needed) {
        if (nonblocking)
            return -EAGAIN;
        int error = wait_event_interruptible(&pipe->write_wait, pipe_room(pipe) >= needed || pipe->readers == 0, 0);
        if (error != 0)
            return error;
    }
    return pipe->readers == 0 ? pipe_broken() : 0;
}

/* One piece of a write: what fits. The count (0: look again), or -Exxx. */
static ssize_t pipe_write_piece(struct pipe *pipe, struct uio *uio, uint32_t needed, bool nonblocking)
{
    int error = pipe_wait_room(pipe, needed, nonblocking);
    if (error != 0)
        return error;
    mutex_lock(&pipe->lock);
    uint32_t room = pipe_room(pipe);
    ssize_t moved = room < needed ? 0 : pipe_fill_locked(pipe, uio, (uint32_t)min_u64(uio->left, room));
    mutex_unlock(&pipe->lock);
    if (moved > 0)
        wait_wake_all(&pipe->read_wait);
    return moved;
}

ssize_t pipe_put(struct pipe *pipe, struct uio *uio, bool nonblocking)
{
    ssize_t moved = 0;
    while (uio->left > 0 && moved == 0)
        moved = pipe_write_piece(pipe, uio, 1, nonblocking);
    return moved;
}

/* Takes all pages of the ring: where reserved bytes come to lie, depends on what is written before. 0 or -ENOMEM; under the lock. */
static int pipe_take_pages(struct pipe *pipe)
{
    for (uint32_t position = 0; position < PIPE_CAPACITY; position += PAGE_SIZE) {
        if (pipe_page(pipe, position) == NULL)
            return -ENOMEM;
    }
    return 0;
}

int pipe_reserve(struct pipe *pipe, uint32_t most, bool nonblocking)
{
    uint32_t room = 0;
    while (room == 0) {
        int error = pipe_wait_room(pipe, 1, nonblocking);
        if (error != 0)
            return error;
        mutex_lock(&pipe->lock);
        error = pipe_take_pages(pipe);
        room = error == 0 ? (uint32_t)min_u64(pipe_room(pipe), most) : 0;
        pipe->reserved += room;
        mutex_unlock(&pipe->lock);
        if (error != 0)
            return error;
    }
    return (int)room;
}

ssize_t pipe_put_reserved(struct pipe *pipe, struct uio *uio, uint32_t reserved)
{
    mutex_lock(&pipe->lock);
    pipe->reserved -= reserved;
    ssize_t moved = pipe_fill_locked(pipe, uio, (uint32_t)uio->left);
    mutex_unlock(&pipe->lock);
    if (moved > 0)
        wait_wake_all(&pipe->read_wait);
    if (moved < (ssize_t)reserved)
        wait_wake_all(&pipe->write_wait);
    return moved;
}

struct pipe *pipe_of_file(const struct file *file)
{
    return file->ops == &fifo_file_ops ? pipe_of(file) : NULL;
}

static ssize_t pipe_write(struct file *file, struct uio *uio, uint64_t offset)
{
    struct pipe *pipe = pipe_of(file);
    uint32_t needed = uio->left <= PIPE_BUF ? (uint32_t)uio->left : 1;
    ssize_t done = 0;
    (void)offset;
    while (uio->left > 0) {
        ssize_t moved = pipe_write_piece(pipe, uio, needed, file_is_nonblocking(file));
        if (moved < 0)
            return done > 0 ? done : moved;
        done += moved;
        needed = (uint32_t)min_u64(needed, max_u64(uio->left, 1));
    }
    return done;
}

static unsigned pipe_poll(struct file *file, struct waitqueue *queue[2])
{
    struct pipe *pipe = pipe_of(file);
    unsigned events = 0;
    queue[0] = queue[1] = NULL;
    if (file_is_readable(file)) {
        queue[0] = &pipe->read_wait;
        events |= pipe_count(pipe) > 0 && !pipe->lent ? POLLIN | POLLRDNORM : 0;
        events |= pipe->writers == 0 && pipe->writes_opened > 0 ? POLLHUP : 0;
    }
    if (file_is_writable(file)) {
        queue[1] = &pipe->write_wait;
        events |= pipe_room(pipe) >= PIPE_BUF ? POLLOUT | POLLWRNORM : 0;
        events |= pipe->readers == 0 ? POLLERR : 0;
    }
    return events;
}

static long pipe_ioctl(struct file *file, unsigned command, uint64_t argument)
{
    int count = (int)pipe_count(pipe_of(file));
    return command == FIONREAD ? copy_to_user(argument, &count, sizeof count) : -ENOTTY;
}

/* Counts an opened file in, both ways; the inode is locked. */
static void pipe_enter_locked(struct pipe *pipe, bool reads, bool writes)
{
    pipe->users++;
    pipe->readers += reads;
    pipe->writers += writes;
    pipe->reads_opened += reads;
    pipe->writes_opened += writes;
}

static void pipe_leave(struct file *file)
{
    struct inode *inode = file->inode;
    struct pipe *pipe = inode->fifo;
    mutex_lock(&inode->lock);
    pipe->readers -= file_is_readable(file);
    pipe->writers -= file_is_writable(file);
    bool last = --pipe->users == 0;
    if (last) {
        inode->fifo = NULL;
    } else { /* still under the lock: behind it the pipe is the others', and gone when they leave, too */
        wait_wake_all(&pipe->read_wait);
        wait_wake_all(&pipe->write_wait);
    }
    mutex_unlock(&inode->lock);
    if (last)
        pipe_free(pipe);
}

/* Waits in open() for the other side of a named fifo. */
static int fifo_wait_partner(struct file *file, struct pipe *pipe, uint32_t reads_seen, uint32_t writes_seen)
{
    bool reads = file_is_readable(file), writes = file_is_writable(file);
    if ((reads && writes) || file->inode->filesystem == NULL)
        return 0;
    if (reads && !file_is_nonblocking(file))
        return wait_event_interruptible(&pipe->read_wait, pipe->writers > 0 || pipe->writes_opened != writes_seen, 0);
    if (writes && file_is_nonblocking(file))
        return pipe->readers > 0 ? 0 : -ENXIO;
    if (writes)
        return wait_event_interruptible(&pipe->write_wait, pipe->readers > 0 || pipe->reads_opened != reads_seen, 0);
    return 0;
}

static int fifo_open(struct file *file)
{
    struct inode *inode = file->inode;
    if ((file_flags(file) & O_ACCMODE) == O_ACCMODE)
        return -EINVAL; /* neither end */
    mutex_lock(&inode->lock);
    if (inode->fifo == NULL)
        inode->fifo = pipe_allocate();
    struct pipe *pipe = inode->fifo;
    if (pipe == NULL) {
        mutex_unlock(&inode->lock);
        return -ENOMEM;
    }
    uint32_t reads_seen = pipe->reads_opened, writes_seen = pipe->writes_opened;
    /* A partner that is there now has been met, even if it does its work and leaves before it is looked for. */
    bool met = (file_is_readable(file) && pipe->writers > 0) || (file_is_writable(file) && pipe->readers > 0);
    pipe_enter_locked(pipe, file_is_readable(file), file_is_writable(file));
    mutex_unlock(&inode->lock);
    wait_wake_all(&pipe->read_wait);
    wait_wake_all(&pipe->write_wait);
    int error = met ? 0 : fifo_wait_partner(file, pipe, reads_seen, writes_seen);
    if (error != 0)
        pipe_leave(file);
    return error;
}

const struct file_ops fifo_file_ops = {
    .open = fifo_open,
    .close = pipe_leave,
    .read = pipe_read,
    .write = pipe_write,
    .poll = pipe_poll,
    .ioctl = pipe_ioctl,
    .stream = true,
};

int pipe_create(struct file **read_end, struct file **write_end, uint32_t flags)
{
    struct inode *inode = inode_create_anonymous(S_IFIFO | 0600, &fifo_file_ops);
    if (inode == NULL)
        return -ENOMEM;
    *read_end = file_allocate(NULL, inode, &fifo_file_ops, O_RDONLY | flags);
    *write_end = file_allocate(NULL, inode, &fifo_file_ops, O_WRONLY | flags);
    struct pipe *pipe = pipe_allocate();
    inode->fifo = pipe;
    if (*read_end != NULL && *write_end != NULL && pipe != NULL) {
        pipe_enter_locked(pipe, true, false); /* nobody else knows the inode yet */
        pipe_enter_locked(pipe, false, true);
        inode_put(inode);
        return 0;
    }
    file_discard(*read_end);
    file_discard(*write_end);
    if (pipe != NULL)
        pipe_free(pipe);
    inode->fifo = NULL;
    inode_put(inode);
    return -ENOMEM;
}

static uint64_t ring_frames_count(void)
{
    return atomic_load_explicit(&ring_frames, memory_order_relaxed);
}

void pipe_init(void)
{
    census_add("pipes", ring_frames_count);
    slab_cache_init(&pipe_cache, "pipe", sizeof(struct pipe));
}

/*
 * eventfd: a counter behind a descriptor. A write adds to it, a read takes it (or, as a semaphore, one of it) and waits while it is zero.
 *
 * Lock: the inode's mutex guards `count`; readers and writers sleep without it and look again.
 */
#include "kernel/abi/fcntl.h"
#include "kernel/abi/poll.h"
#include "kernel/fs/file.h"
#include "kernel/fs/inode.h"
#include "kernel/fs/nameless.h"
#include "kernel/syscall_list.h"
#include "kernel/wait.h"
#include "mm/slab.h"

enum { EFD_SEMAPHORE = 1 };
#define COUNT_MAX (UINT64_MAX - 1)

struct eventfd {
    _Atomic uint64_t count;
    bool semaphore;
    struct waitqueue read_wait, write_wait;
};

static struct eventfd *eventfd_of(const struct file *file)
{
    return file->data;
}

/* Takes what a read takes; 0 if there is nothing. */
static uint64_t eventfd_take(struct file *file)
{
    struct eventfd *event = eventfd_of(file);
    mutex_lock(&file->inode->lock);
    uint64_t count = event->count, taken = event->semaphore ? min_u64(count, 1) : count;
    event->count = count - taken;
    mutex_unlock(&file->inode->lock);
    return taken;
}

static ssize_t eventfd_read(struct file *file, struct uio *uio, uint64_t offset)
{
    struct eventfd *event = eventfd_of(file);
    uint64_t taken;
    (void)offset;
    if (uio->left < sizeof taken)
        return -EINVAL;
    while ((taken = eventfd_take(file)) == 0) {
        if (file_is_nonblocking(file))
            return -EAGAIN;
        int error = wait_event_interruptible(&event->read_wait, event->count != 0, 0);
        if (error != 0)
            return error;
    }
    wait_wake_all(&event->write_wait);
    return uio_copy_in(uio, &taken, sizeof taken);
}

/* Adds `amount` if it fits. */
static bool eventfd_add(struct file *file, uint64_t amount)
{
    struct eventfd *event = eventfd_of(file);
    mutex_lock(&file->inode->lock);
    bool fits = amount <= COUNT_MAX - event->count;
    if (fits)
        event->count += amount;
    mutex_unlock(&file->inode->lock);
    return fits;
}

static ssize_t eventfd_write(struct file *file, struct uio *uio, uint64_t offset)
{
    struct eventfd *event = eventfd_of(file);
    uint64_t amount;
    (void)offset;
    if (uio->left < sizeof amount)
        return -EINVAL;
    ssize_t moved = uio_copy_out(uio, &amount, sizeof amount);
    if (moved != (ssize_t)sizeof amount)
        return -EFAULT;
    if (amount > COUNT_MAX)
        return -EINVAL;
    while (!eventfd_add(file, amount)) {
        if (file_is_nonblocking(file))
            return -EAGAIN;
        int error = wait_event_interruptible(&event->write_wait, amount <= COUNT_MAX - event->count, 0);
        if (error != 0)
            return error;
    }
    wait_wake_all(&event->read_wait);
    return moved;
}

static unsigned eventfd_poll(struct file *file, struct waitqueue *queue[2])
{
    struct eventfd *event = eventfd_of(file);
    queue[0] = &event->read_wait;
    queue[1] = &event->write_wait;
    return (event->count > 0 ? POLLIN | POLLRDNORM : 0) | (event->count < COUNT_MAX ? POLLOUT | POLLWRNORM : 0);
}

static void eventfd_close(struct file *file)
{
    kfree(eventfd_of(file));
}

static const struct file_ops eventfd_file_ops = {
    .close = eventfd_close,
    .read = eventfd_read,
    .write = eventfd_write,
    .poll = eventfd_poll,
    .stream = true,
    .name = "eventfd",
};

static long eventfd_make(uint64_t count, uint32_t flags)
{
    if (flags & ~(uint32_t)(EFD_SEMAPHORE | O_CLOEXEC | O_NONBLOCK))
        return -EINVAL;
    struct eventfd *event = kmalloc(sizeof *event);
    if (event == NULL)
        return -ENOMEM;
    event->count = count;
    event->semaphore = flags & EFD_SEMAPHORE;
    waitqueue_init(&event->read_wait);
    waitqueue_init(&event->write_wait);
    return nameless_install(nameless_create(&eventfd_file_ops, event, O_RDWR | (flags & O_NONBLOCK)),
                            flags & O_CLOEXEC);
}

long sys_eventfd(struct registers *regs)
{
    return eventfd_make((uint32_t)regs->rdi, 0);
}

long sys_eventfd2(struct registers *regs)
{
    return eventfd_make((uint32_t)regs->rdi, (uint32_t)regs->rsi);
}

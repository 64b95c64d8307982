/*
 * Terminals as files: /dev/ttyS0, /dev/tty0, /dev/console; and /dev/tty, which is whatever terminal controls the process that opens it.
 */
#include "kernel/abi/errno.h"
#include "kernel/abi/fcntl.h"
#include "kernel/dev/console.h"
#include "kernel/dev/tty.h"
#include "kernel/fs/vfs.h"
#include "kernel/process.h"

#define TTY_MODE 0620
#define OWN_TTY_MODE 0666

static struct tty *tty_of(const struct file *file)
{
    return file->data;
}

static int driver_open(struct tty *tty)
{
    return tty->driver->open == NULL ? 0 : tty->driver->open(tty);
}

static void tty_file_close(struct file *file)
{
    struct tty *tty = tty_of(file);
    if (tty->driver->close != NULL)
        tty->driver->close(tty);
}

static int tty_file_open(struct file *file)
{
    struct tty *tty = tty_of(file);
    int error = driver_open(tty);
    if (error != 0)
        return error;
    console_opened(tty);
    /* /dev/console and /dev/tty0 stand for a terminal; only the terminal's own name makes it the controlling one (as on Linux). */
    if ((file->flags & O_NOCTTY) == 0 && file->inode->device == tty->number && tty->number != TTY_MAJOR << 8)
        tty_open_job(tty);
    return 0;
}

static int own_open(struct file *file)
{
    struct process *process = process_current();
    spin_lock(&process_lock);
    struct tty *tty = process == NULL ? NULL : process->tty;
    spin_unlock(&process_lock);
    file->data = tty;
    return tty == NULL ? -ENXIO : driver_open(tty);
}

static bool is_nonblocking(const struct file *file)
{
    return (file->flags & O_NONBLOCK) != 0;
}

static ssize_t tty_file_read(struct file *file, struct uio *uio, uint64_t offset)
{
    (void)offset;
    return tty_read(tty_of(file), uio, is_nonblocking(file));
}

static ssize_t tty_file_write(struct file *file, struct uio *uio, uint64_t offset)
{
    (void)offset;
    return tty_write(tty_of(file), uio, is_nonblocking(file));
}

static long tty_file_ioctl(struct file *file, unsigned command, uint64_t argument)
{
    return tty_ioctl(tty_of(file), command, argument);
}

static unsigned tty_file_poll(struct file *file, struct waitqueue *queue[2])
{
    struct tty *tty = tty_of(file);
    if (queue != NULL) {
        queue[0] = &tty->readers;
        queue[1] = &tty->writers;
    }
    return tty_poll(tty);
}

const struct file_ops tty_file_ops = {
    .open = tty_file_open,
    .close = tty_file_close,
    .read = tty_file_read,
    .write = tty_file_write,
    .ioctl = tty_file_ioctl,
    .poll = tty_file_poll,
    .stream = true,
};

const struct file_ops tty_own_file_ops = {
    .open = own_open,
    .close = tty_file_close,
    .read = tty_file_read,
    .write = tty_file_write,
    .ioctl = tty_file_ioctl,
    .poll = tty_file_poll,
    .stream = true,
};

void tty_publish(struct tty *tty)
{
    chardev_register(tty->name, tty->number >> 8, tty->number & 0xff, TTY_MODE, &tty_file_ops, tty);
}

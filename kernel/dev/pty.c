/*
 * Pseudo-terminals.
 *
 *      master: write --> tty_receive --> input ring --> read: slave
 *      master: read  <-- tty_take <---- output ring <-- write: slave
 *
 * A pair begins when /dev/ptmx is opened and can be used again when master and slaves are closed. When the master goes, the slave hangs up; when the
 * last slave goes, the master reads what is left, then gets -EIO until there is a slave again (pty(7)). The slaves' structures are kept: others
 * may still have their address for a moment.
 *
 * Locks: pairs_mutex (RANK_LOADED) guards the table and who is master; the slave's lock guards the counts.
 */
#include "kernel/abi/errno.h"
#include "kernel/abi/fcntl.h"
#include "kernel/abi/poll.h"
#include "kernel/dev/pty.h"
#include "kernel/dev/tty.h"
#include "kernel/fs/vfs.h"
#include "kernel/lock.h"
#include "kernel/process.h"
#include "libc/format.h"
#include "mm/slab.h"
#include "mm/usercopy.h"

#define CHUNK 128

struct pty {
    struct tty slave;
    unsigned index;
    uint32_t uid, gid;               /* of who opened the master */
    bool master;                     /* is open */
    bool locked;                     /* the slave cannot be opened yet */
    bool had_slave;                  /* since the master was opened */
    unsigned slaves;                 /* open files on the slave */
    struct waitqueue master_readers; /* woken when there is output, or the last slave has gone */
    struct waitqueue master_writers; /* woken when the slave's input ring has room */
};

static struct mutex pairs_mutex = MUTEX_INIT(pairs_mutex, RANK_LOADED);
static struct pty *pairs[PTYS_MAX];

static struct pty *pty_of(struct tty *slave)
{
    return container_of(slave, struct pty, slave);
}

/* --- the slave's driver --- */

static void slave_start(struct tty *tty)
{
    if (tty_line_may_take(&tty->line))
        wait_wake_all(&pty_of(tty)->master_readers);
}

static void slave_resume(struct tty *tty)
{
    wait_wake_all(&pty_of(tty)->master_writers);
}

static int slave_open(struct tty *tty)
{
    struct pty *pty = pty_of(tty);
    spin_lock(&tty->lock);
    int error = pty->master && !pty->locked ? 0 : -EIO;
    if (error == 0) {
        pty->slaves++;
        pty->had_slave = true;
    }
    spin_unlock(&tty->lock);
    return error;
}

static void slave_close(struct tty *tty)
{
    struct pty *pty = pty_of(tty);
    spin_lock(&tty->lock);
    pty->slaves--;
    spin_unlock(&tty->lock);
    wait_wake_all(&pty->master_readers);
}

static const struct tty_driver slave_driver = {
    .start = slave_start,
    .resume = slave_resume,
    .open = slave_open,
    .close = slave_close,
    .sends_at_once = true,
};

/* --- pairs --- */

static void pair_begin(struct pty *pty)
{
    char name[16];
    snprintf(name, sizeof(name), "pts/%u", pty->index);
    tty_init(&pty->slave, name, PTY_SLAVE_MAJOR << 8 | pty->index);
    pty->slave.line.modes.c_iflag = ICRNL | IXON;
    pty->slave.line.modes.c_cflag = B38400 | CS8 | CREAD;
    pty->slave.window = (struct linux_winsize){0};
    pty->slave.hung_up = false;
    pty->uid = process_current()->credentials.fsuid;
    pty->gid = process_current()->credentials.fsgid;
    pty->had_slave = false;
    pty->locked = true;
    pty->master = true;
}

static bool is_free(struct pty *pty)
{
    spin_lock(&pty->slave.lock);
    bool unused = !pty->master && pty->slaves == 0;
    spin_unlock(&pty->slave.lock);
    return unused;
}

/* The structure for pair `index`, made at its first use. Null without memory. */
static struct pty *pair_make(unsigned index)
{
    struct pty *pty = kmalloc(sizeof(*pty));
    if (pty == NULL)
        return NULL;
    pty->index = index;
    pty->slave.driver = &slave_driver;
    waitqueue_init(&pty->master_readers);
    waitqueue_init(&pty->master_writers);
    spin_init(&pty->slave.lock, RANK_TTY_INPUT);
    pairs[index] = pty;
    chardev_register(NULL, PTY_SLAVE_MAJOR, index, 0, &tty_file_ops, &pty->slave);
    return pty;
}

/* Begins a pair. -ENOSPC when all are in use, -ENOMEM. */
static int pair_get(struct pty **result)
{
    int error = -ENOSPC;
    mutex_lock(&pairs_mutex);
    for (unsigned i = 0; i < PTYS_MAX && error == -ENOSPC; i++) {
        struct pty *pty = pairs[i] != NULL ? pairs[i] : pair_make(i);
        if (pty == NULL) {
            error = -ENOMEM;
        } else if (is_free(pty)) {
            pair_begin(pty);
            *result = pty;
            error = 0;
        }
    }
    mutex_unlock(&pairs_mutex);
    return error;
}

bool pty_exists(unsigned index, uint32_t *uid, uint32_t *gid)
{
    mutex_lock(&pairs_mutex);
    bool exists = index < PTYS_MAX && pairs[index] != NULL && pairs[index]->master;
    if (exists) {
        *uid = pairs[index]->uid;
        *gid = pairs[index]->gid;
    }
    mutex_unlock(&pairs_mutex);
    return exists;
}

/* --- the master --- */

static int master_open(struct file *file)
{
    struct pty *pty;
    int error = pair_get(&pty);
    if (error == 0)
        file->data = pty;
    return error;
}

static void master_close(struct file *file)
{
    struct pty *pty = file->data;
    tty_hang_up(&pty->slave);
    mutex_lock(&pairs_mutex);
    spin_lock(&pty->slave.lock);
    pty->master = false;
    spin_unlock(&pty->slave.lock);
    mutex_unlock(&pairs_mutex);
}

/* Whether every slave has been closed again. */
static bool slaves_gone(const struct pty *pty)
{
    return pty->had_slave && pty->slaves == 0;
}

static bool master_is_readable(struct pty *pty)
{
    spin_lock(&pty->slave.lock);
    bool readable = tty_line_may_take(&pty->slave.line) || slaves_gone(pty);
    spin_unlock(&pty->slave.lock);
    return readable;
}

static bool master_is_writable(struct pty *pty)
{
    spin_lock(&pty->slave.lock);
    bool writable = !tty_line_is_full(&pty->slave.line);
    spin_unlock(&pty->slave.lock);
    return writable;
}

/* What slaves have written, at most `size` bytes. -EIO when there is nothing and all slaves have gone, -EAGAIN, -EINTR. */
static ssize_t master_take(struct pty *pty, uint8_t *to, size_t size, bool nonblocking)
{
    for (;;) {
        spin_lock(&pty->slave.lock);
        size_t count = tty_take(&pty->slave, to, size);
        bool gone = slaves_gone(pty);
        spin_unlock(&pty->slave.lock);
        if (count > 0)
            return (ssize_t)count;
        if (gone)
            return -EIO;
        int error = nonblocking ? -EAGAIN : wait_event_interruptible(&pty->master_readers, master_is_readable(pty), 0);
        if (error != 0)
            return error;
    }
}

static ssize_t master_read(struct file *file, struct uio *uio, uint64_t offset)
{
    struct pty *pty = file->data;
    size_t size = min_u64(uio->left, TTY_RING);
    (void)offset;
    if (size == 0)
        return 0;
    uint8_t *buffer = kmalloc(size);
    if (buffer == NULL)
        return -ENOMEM;
    ssize_t count = master_take(pty, buffer, size, (file->flags & O_NONBLOCK) != 0);
    if (count > 0)
        count = uio_copy_in(uio, buffer, (size_t)count);
    kfree(buffer);
    return count;
}

static ssize_t master_write(struct file *file, struct uio *uio, uint64_t offset)
{
    struct pty *pty = file->data;
    uint8_t chunk[CHUNK];
    ssize_t written = 0;
    (void)offset;
    while (uio->left > 0) {
        bool nonblocking = (file->flags & O_NONBLOCK) != 0 && !master_is_writable(pty);
        ssize_t error = nonblocking ? -EAGAIN
                                    : wait_event_interruptible(&pty->master_writers, master_is_writable(pty), 0);
        ssize_t size = error != 0 ? error : uio_copy_out(uio, chunk, sizeof(chunk));
        if (size < 0)
            return written > 0 ? written : size;
        tty_receive(&pty->slave, chunk, (size_t)size);
        written += size;
    }
    return written;
}

static unsigned master_poll(struct file *file, struct waitqueue *queue[2])
{
    struct pty *pty = file->data;
    if (queue != NULL) {
        queue[0] = &pty->master_readers;
        queue[1] = &pty->master_writers;
    }
    spin_lock(&pty->slave.lock);
    unsigned events = slaves_gone(pty) ? POLLHUP : 0;
    if (tty_line_may_take(&pty->slave.line))
        events |= POLLIN | POLLRDNORM;
    if (!tty_line_is_full(&pty->slave.line))
        events |= POLLOUT | POLLWRNORM;
    spin_unlock(&pty->slave.lock);
    return events;
}

static long number_to_user(int number, vaddr_t to)
{
    return copy_to_user(to, &number, sizeof(number));
}

static long lock_set(struct pty *pty, vaddr_t from)
{
    int locked;
    int error = copy_from_user(&locked, from, sizeof(locked));
    if (error != 0)
        return error;
    spin_lock(&pty->slave.lock);
    pty->locked = locked != 0;
    spin_unlock(&pty->slave.lock);
    return 0;
}

static long master_ioctl(struct file *file, unsigned command, uint64_t argument)
{
    struct pty *pty = file->data;
    switch (command) {
    case TIOCGPTN:
        return number_to_user((int)pty->index, argument);
    case TIOCSPTLCK:
        return lock_set(pty, argument);
    case TIOCGPTLCK:
        return number_to_user(pty->locked, argument);
    case TIOCGPGRP:
        return number_to_user(pty->slave.group, argument);
    case FIONREAD: /* what the master can read is what the slave has written */
        return tty_ioctl(&pty->slave, TIOCOUTQ, argument);
    default:
        return tty_ioctl(&pty->slave, command, argument);
    }
}

static const struct file_ops master_file_ops = {
    .open = master_open,
    .close = master_close,
    .read = master_read,
    .write = master_write,
    .ioctl = master_ioctl,
    .poll = master_poll,
    .stream = true,
};

void pty_init(void)
{
    chardev_register("ptmx", TTY_ALTERNATE_MAJOR, PTY_MASTER_MINOR, 0666, &master_file_ops, NULL);
}

/*
 * Terminals: a line discipline (tty_line.h) between the programs that read and write and the device that types and shows; and the
 * session whose foreground group ^C reaches.
 *
 * Terminals of real devices are static and live for ever; of pseudo-terminals see pty.h. Locks: tty->lock (spin, RANK_TTY_INPUT) guards the line, the window and the session's numbers; the device
 * calls tty_receive() and tty_take() from its interrupt handler. Which terminal controls a process (process->tty) is under process_lock.
 */
#ifndef KERNEL_DEV_TTY_H
#define KERNEL_DEV_TTY_H

#include "kernel/dev/tty_line.h"
#include "kernel/lock.h"
#include "kernel/types.h"
#include "kernel/uio.h"
#include "kernel/wait.h"

struct process;
struct tty;
struct file_ops;

/* Device numbers, as Linux has them. */
enum {
    TTY_MAJOR = 4,
    TTY_MINOR_SERIAL = 64,   /* ttyS0 */
    TTY_ALTERNATE_MAJOR = 5, /* tty 0, console 1 */
};

/* The device behind a terminal. All are called with tty->lock held and must not sleep. */
struct tty_driver {
    /* Bytes wait to be shown: fetch them with tty_take(), now or from an interrupt. Called whenever there may be something to do. */
    void (*start)(struct tty *tty);
    /* The window changed or the modes did. May be null. */
    void (*changed)(struct tty *tty);
    /* A reader has made room: what the device held back while tty_line_is_full() may come. May be null. */
    void (*resume)(struct tty *tty);
    /* A program is at the other end: what is written to the terminal counts as sent, whether it has been read or not. */
    bool sends_at_once;
    /* A file on the terminal is opened (0, or why it cannot be) and closed. Called without the lock; may sleep. May be null. */
    int (*open)(struct tty *tty);
    void (*close)(struct tty *tty);
};

struct tty {
    char name[16];   /* "ttyS0" */
    uint32_t number; /* device number */
    const struct tty_driver *driver;
    void *driver_data;
    /* Gets a copy of everything tty_take() hands out; or null. With tty->lock held. */
    void (*mirror)(struct tty *tty, const uint8_t *bytes, size_t count);
    struct spinlock lock;
    struct tty_line line;
    struct linux_winsize window;
    pid_t session;            /* that it controls; 0: none */
    pid_t group;              /* the foreground group; 0: none */
    bool hung_up;             /* the other side has gone: reads give end of file, all else -EIO */
    struct waitqueue readers; /* woken when there is something to read */
    struct waitqueue writers; /* woken when the output ring has room, and when it is empty */
};

/* Prepares a terminal; the caller has set driver and driver_data. */
void tty_init(struct tty *tty, const char *name, uint32_t number);

/* --- for devices: any context --- */

/* Bytes were typed. Takes tty->lock; then sends signals, so no lock of rank RANK_PROCESS or above may be held. */
void tty_receive(struct tty *tty, const uint8_t *bytes, size_t count);
/* A device's own answers (cursor position), from within start() or mirror(). tty->lock held. */
void tty_receive_locked(struct tty *tty, const uint8_t *bytes, size_t count);
/* The next bytes to show, at most `size`. tty->lock held. */
size_t tty_take(struct tty *tty, uint8_t *to, size_t size);

/* --- for files (tty_file.c): sleep --- */

/* read(2) and write(2). The count, -EAGAIN, -EINTR, -EIO (background process that cannot be stopped), -EFAULT, -ENOMEM. */
ssize_t tty_read(struct tty *tty, struct uio *uio, bool nonblocking) must_check;
ssize_t tty_write(struct tty *tty, struct uio *uio, bool nonblocking) must_check;
/* POLL* bits that hold now. */
unsigned tty_poll(struct tty *tty);
/* ioctl(2); `argument` is the user's. */
long tty_ioctl(struct tty *tty, unsigned command, uint64_t argument) must_check;
/* Waits until all output has reached the device. 0 or -EINTR. */
int tty_drain(struct tty *tty) must_check;

/* The operations of every terminal's file; inode->data is the struct tty. Of /dev/tty: the process's own terminal. */
extern const struct file_ops tty_file_ops, tty_own_file_ops;
/* Makes /dev/NAME for a terminal. */
void tty_publish(struct tty *tty);

/* --- job control: tty_job.c --- */

/* A session leader without a terminal opened this one: it becomes its controlling terminal, if it is no other session's. */
void tty_open_job(struct tty *tty);
/*
 * Whether the running process may do what background processes are stopped for. 0; -EINTR after `signal` (SIGTTIN, SIGTTOU) was sent to its group;
 * -EIO when that could have no effect.
 */
int tty_check_background(struct tty *tty, int signal) must_check;
/* The job-control ioctls; -ENOTTY also when `command` is none. */
long tty_ioctl_job(struct tty *tty, unsigned command, uint64_t argument) must_check;
/* The other side of the terminal has gone: its session loses it and is told by SIGHUP and SIGCONT; whoever waits is woken. */
void tty_hang_up(struct tty *tty);
/* The session leader ends or gives its terminal up: SIGHUP and SIGCONT to the foreground group, no process of the session keeps the terminal. */
void tty_session_end(struct process *leader);

#endif

/* ioctl on terminals: modes, window size, flushing and flow (ioctl_tty(2)); what concerns sessions is in tty_job.c. */
#include "kernel/abi/errno.h"
#include "kernel/abi/fcntl.h"
#include "kernel/abi/signal.h"
#include "kernel/dev/tty.h"
#include "kernel/signal.h"
#include "libc/string.h"
#include "mm/usercopy.h"

static long modes_get(struct tty *tty, vaddr_t to)
{
    spin_lock(&tty->lock);
    struct linux_termios modes = tty->line.modes;
    spin_unlock(&tty->lock);
    return copy_to_user(to, &modes, sizeof(modes));
}

static long modes_set(struct tty *tty, unsigned command, vaddr_t from)
{
    struct linux_termios modes;
    int error = copy_from_user(&modes, from, sizeof(modes));
    if (error == 0 && command != TCSETS)
        error = tty_drain(tty);
    if (error != 0)
        return error;
    spin_lock(&tty->lock);
    if (command == TCSETSF)
        tty_line_flush_input(&tty->line);
    if (tty->driver->resume != NULL)
        tty->driver->resume(tty);
    tty_line_set_modes(&tty->line, &modes);
    if (tty->driver->changed != NULL)
        tty->driver->changed(tty);
    tty->driver->start(tty); /* IXON off sets stopped output free */
    spin_unlock(&tty->lock);
    wait_wake_all(&tty->readers); /* what counts as readable may have changed */
    return 0;
}

static long window_get(struct tty *tty, vaddr_t to)
{
    spin_lock(&tty->lock);
    struct linux_winsize window = tty->window;
    spin_unlock(&tty->lock);
    return copy_to_user(to, &window, sizeof(window));
}

static long window_set(struct tty *tty, vaddr_t from)
{
    struct linux_winsize window;
    int error = copy_from_user(&window, from, sizeof(window));
    if (error != 0)
        return error;
    spin_lock(&tty->lock);
    bool differs = memcmp(&tty->window, &window, sizeof(window)) != 0;
    pid_t group = tty->group;
    tty->window = window;
    if (differs && tty->driver->changed != NULL)
        tty->driver->changed(tty);
    spin_unlock(&tty->lock);
    if (differs && group != 0)
        (void)signal_send_group(group, SIGWINCH);
    return 0;
}

static long queues_flush(struct tty *tty, uint64_t which)
{
    if (which > TCIOFLUSH)
        return -EINVAL;
    spin_lock(&tty->lock);
    if (which != TCOFLUSH)
        tty_line_flush_input(&tty->line);
    if (which != TCIFLUSH)
        tty_line_flush_output(&tty->line);
    if (tty->driver->resume != NULL)
        tty->driver->resume(tty);
    spin_unlock(&tty->lock);
    wait_wake_all(&tty->writers);
    return 0;
}

/* TCXONC: stop and go on with output; ask the other side to stop and go on by its ^S and ^Q. */
static long flow_control(struct tty *tty, uint64_t action)
{
    if (action > TCION)
        return -EINVAL;
    spin_lock(&tty->lock);
    const uint8_t *characters = tty->line.modes.c_cc;
    if (action == TCOOFF || action == TCOON)
        tty->line.stopped = action == TCOOFF;
    else
        (void)tty_line_write(&tty->line, &characters[action == TCIOFF ? VSTOP : VSTART], 1);
    tty->driver->start(tty);
    spin_unlock(&tty->lock);
    return 0;
}

static long count_to_user(struct tty *tty, bool output, vaddr_t to)
{
    spin_lock(&tty->lock);
    int count = (int)(output ? tty_line_output_waiting(&tty->line) : tty_line_waiting(&tty->line));
    spin_unlock(&tty->lock);
    return copy_to_user(to, &count, sizeof(count));
}

/* Commands that a background process is stopped for. */
static bool is_change(unsigned command)
{
    return command == TCSETS || command == TCSETSW || command == TCSETSF || command == TCSBRK || command == TCSBRKP ||
           command == TCXONC || command == TCFLSH;
}

static long change(struct tty *tty, unsigned command, uint64_t argument)
{
    int error = tty_check_background(tty, SIGTTOU);
    if (error != 0)
        return error;
    switch (command) {
    case TCXONC:
        return flow_control(tty, argument);
    case TCFLSH:
        return queues_flush(tty, argument);
    case TCSBRK: /* argument 0 is a break, which has no meaning here */
    case TCSBRKP:
        return tty_drain(tty);
    default:
        return modes_set(tty, command, argument);
    }
}

long tty_ioctl(struct tty *tty, unsigned command, uint64_t argument)
{
    if (tty->hung_up)
        return command == TIOCSPGRP ? -ENOTTY : -EIO;
    if (is_change(command))
        return change(tty, command, argument);
    switch (command) {
    case TCGETS:
        return modes_get(tty, argument);
    case TIOCGWINSZ:
        return window_get(tty, argument);
    case TIOCSWINSZ:
        return window_set(tty, argument);
    case FIONREAD:
        return count_to_user(tty, false, argument);
    case TIOCOUTQ:
        return count_to_user(tty, true, argument);
    case TIOCEXCL:
    case TIOCNXCL:
        return 0;
    default:
        return tty_ioctl_job(tty, command, argument);
    }
}

/*
 * Job control: sessions, foreground and background groups (POSIX.1-2017, 11.1.1 to 11.1.4).
 *
 * A terminal knows its session and foreground group by number; a process knows its terminal by pointer. Locks: process_lock, then tty->lock, so that
 * both sides change together.
 */
#include "kernel/abi/errno.h"
#include "kernel/dev/tty.h"
#include "kernel/process.h"
#include "kernel/signal.h"
#include "mm/usercopy.h"

static void lock_both(struct tty *tty)
{
    spin_lock(&process_lock);
    spin_lock(&tty->lock);
}

static void unlock_both(struct tty *tty)
{
    spin_unlock(&tty->lock);
    spin_unlock(&process_lock);
}

/* Makes `tty` the controlling terminal of the leader's session; both locks held. */
static void session_begin(struct tty *tty, struct process *leader)
{
    tty->session = leader->session;
    tty->group = leader->group;
    leader->tty = tty;
}

/* No process of the session keeps the terminal; both locks held. */
static void session_forget(struct tty *tty, pid_t session)
{
    for (struct list *link = process_all.next; link != &process_all; link = link->next) {
        struct process *process = list_entry(link, struct process, all_link);
        if (process->session == session && process->tty == tty)
            process->tty = NULL;
    }
    tty->session = 0;
    tty->group = 0;
}

/* Not a terminal that hangs up while it is opened: nobody would take it from the session again. */
void tty_open_job(struct tty *tty)
{
    struct process *process = process_current();
    if (process == NULL)
        return;
    lock_both(tty);
    if (process->session == process->pid && process->tty == NULL && tty->session == 0 && !tty->hung_up)
        session_begin(tty, process);
    unlock_both(tty);
}

/* What tty_check_background() finds; both locks held. */
static int background_state(const struct tty *tty, const struct process *process)
{
    if (process->tty != tty || tty->group == 0 || process->group == tty->group)
        return 0;
    if (process_group_is_orphaned_locked(process->group, NULL))
        return -EIO;
    return -EINTR;
}

int tty_check_background(struct tty *tty, int signal)
{
    struct process *process = process_current();
    if (process == NULL)
        return 0;
    lock_both(tty);
    int state = background_state(tty, process);
    pid_t group = process->group;
    unlock_both(tty);
    if (state == 0)
        return 0;
    if (signal_is_blocked_or_ignored(signal))
        return signal == SIGTTIN ? -EIO : 0;
    if (state == -EINTR)
        (void)signal_send_group(group, signal);
    return state;
}

/* TIOCSCTTY; `steal` as the superuser asks with argument 1. */
static int controlling_set(struct tty *tty, bool steal)
{
    struct process *process = process_current();
    int error = 0;
    lock_both(tty);
    if (tty->hung_up)
        error = -EIO;
    else if (process->session == process->pid && process->tty == tty)
        error = 0;
    else if (process->session != process->pid || process->tty != NULL)
        error = -EPERM;
    else if (tty->session != 0 && !(steal && process->credentials.euid == 0))
        error = -EPERM;
    else {
        if (tty->session != 0)
            session_forget(tty, tty->session);
        session_begin(tty, process);
    }
    unlock_both(tty);
    return error;
}

/* TIOCNOTTY. */
static int controlling_drop(struct tty *tty)
{
    struct process *process = process_current();
    if (process->tty != tty)
        return -ENOTTY;
    if (process->session == process->pid) {
        tty_session_end(process);
        return 0;
    }
    spin_lock(&process_lock);
    process->tty = NULL;
    spin_unlock(&process_lock);
    return 0;
}

/* To the foreground group; and to the leader's, when that is another one and `leader` is its number. */
static void hang_up_signals(pid_t group, pid_t leader)
{
    static const int signals[] = {SIGHUP, SIGCONT};
    for (unsigned i = 0; i < ARRAY_LENGTH(signals); i++) {
        if (leader != 0 && leader != group)
            (void)signal_send_group(leader, signals[i]);
        if (group != 0)
            (void)signal_send_group(group, signals[i]);
    }
}

void tty_session_end(struct process *leader)
{
    spin_lock(&process_lock);
    struct tty *tty = leader->session == leader->pid ? leader->tty : NULL;
    if (tty == NULL) {
        spin_unlock(&process_lock);
        return;
    }
    spin_lock(&tty->lock);
    pid_t group = tty->group;
    session_forget(tty, leader->session);
    unlock_both(tty);
    hang_up_signals(group, 0);
}

void tty_hang_up(struct tty *tty)
{
    lock_both(tty);
    pid_t group = tty->group, session = tty->session;
    tty->hung_up = true;
    tty_line_flush_input(&tty->line);
    tty_line_flush_output(&tty->line);
    if (session != 0)
        session_forget(tty, session);
    unlock_both(tty);
    wait_wake_all(&tty->readers);
    wait_wake_all(&tty->writers);
    hang_up_signals(group, session);
}

/* TIOCGPGRP and TIOCGSID: a number of the terminal that controls the caller. */
static long numbers_get(struct tty *tty, bool session, vaddr_t to)
{
    lock_both(tty);
    bool controls = process_current()->tty == tty && tty->session != 0;
    pid_t number = session ? tty->session : tty->group;
    unlock_both(tty);
    if (!controls)
        return -ENOTTY;
    return copy_to_user(to, &number, sizeof(number));
}

/* The session of a group; of the process with that number, when no group has it (as on Linux); -1: neither. process_lock held. */
static pid_t session_of(pid_t group)
{
    pid_t session = process_group_session_locked(group);
    const struct process *process = session < 0 ? process_find_locked(group) : NULL;
    return process != NULL ? process->session : session;
}

/* TIOCSPGRP, the checks and the change. */
static int foreground_set(struct tty *tty, pid_t group)
{
    struct process *process = process_current();
    int error = 0;
    lock_both(tty);
    pid_t session = session_of(group);
    if (process->tty != tty || tty->session != process->session)
        error = -ENOTTY;
    else if (session < 0)
        error = -ESRCH;
    else if (session != process->session)
        error = -EPERM;
    else
        tty->group = group;
    unlock_both(tty);
    return error;
}

static long foreground_set_from_user(struct tty *tty, vaddr_t from)
{
    pid_t group;
    int error = tty_check_background(tty, SIGTTOU);
    if (error != 0)
        return error == -EIO ? -ENOTTY : error;
    error = copy_from_user(&group, from, sizeof(group));
    if (error != 0)
        return error;
    return group < 0 ? -EINVAL : foreground_set(tty, group);
}

long tty_ioctl_job(struct tty *tty, unsigned command, uint64_t argument)
{
    switch (command) {
    case TIOCSCTTY:
        return controlling_set(tty, argument == 1);
    case TIOCNOTTY:
        return controlling_drop(tty);
    case TIOCGPGRP:
        return numbers_get(tty, false, argument);
    case TIOCGSID:
        return numbers_get(tty, true, argument);
    case TIOCSPGRP:
        return foreground_set_from_user(tty, argument);
    default:
        return -ENOTTY;
    }
}

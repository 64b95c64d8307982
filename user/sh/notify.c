/*
 * Waiting for a child or a signal that is trapped; and `set -b`: what changes in the background is told at once, also while a line is
 * being typed.
 *
 *     signals_hold ---- changed? came? ---- wait, which lets them in ---- again, or signals_release
 *
 * All signals are blocked but in the wait: so what comes between the look and the wait is not missed.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "sh.h"

static volatile sig_atomic_t child_came;

/* From signals_hold() to signals_release(): what was before, and the mask of the waits. */
static struct sigaction usual;
static sigset_t usual_mask, let_in;

/* A wait ends only for a signal that has a handler; a trap on SIGCHLD has one of its own. */
static void child_note(int number)
{
    child_came = 1;
    if (usual.sa_handler != SIG_DFL && usual.sa_handler != SIG_IGN)
        usual.sa_handler(number);
}

void signals_hold(void)
{
    struct sigaction noting = {.sa_handler = child_note};
    sigset_t all;

    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &usual_mask);
    let_in = usual_mask;
    sigdelset(&let_in, SIGCHLD);
    sigaction(SIGCHLD, &noting, &usual);
}

void signal_await(void)
{
    sigsuspend(&let_in);
}

void signals_release(void)
{
    sigaction(SIGCHLD, &usual, NULL);
    sigprocmask(SIG_SETMASK, &usual_mask, NULL);
}

/* Signals are held. */
static enum awaited key_or_change(void)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};

    for (;;) {
        child_came = 0;
        if (jobs_report("\n"))
            return AWAITED_CHANGE;
        if (ppoll(&input, 1, NULL, &let_in) >= 0)
            return AWAITED_INPUT;
        if (errno != EINTR || trap_signal() || !child_came)
            return AWAITED_SIGNAL;
    }
}

enum awaited input_await(void)
{
    if (!shell.notify)
        return AWAITED_INPUT;
    signals_hold();
    enum awaited awaited = key_or_change();
    int error = errno;
    signals_release();
    errno = error;
    return awaited;
}

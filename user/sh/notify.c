/*
 * `set -b`: what changes in the background is told at once, also while a line is being typed.
 *
 *     SIGCHLD is blocked ---- changed? tell ---- ppoll lets it in ---- key there, or told: back to the line
 *
 * So a change that comes between the look and the wait is not missed.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "sh.h"

static volatile sig_atomic_t child_came;

static void child_note(int number)
{
    (void)number;
    child_came = 1;
}

/* SIGCHLD is blocked; `allowed` are the signals without it. */
static enum awaited key_or_change(const sigset_t *allowed)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};

    for (;;) {
        child_came = 0;
        if (jobs_report("\n"))
            return AWAITED_CHANGE;
        if (ppoll(&input, 1, NULL, allowed) >= 0)
            return AWAITED_INPUT;
        if (errno != EINTR || !child_came)
            return AWAITED_SIGNAL;
    }
}

enum awaited input_await(void)
{
    struct sigaction noting = {.sa_handler = child_note}, action;
    sigset_t child, allowed;

    if (!shell.notify)
        return AWAITED_INPUT;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, &allowed);
    sigaction(SIGCHLD, &noting, &action);
    enum awaited awaited = key_or_change(&allowed);
    sigaction(SIGCHLD, &action, NULL);
    sigprocmask(SIG_SETMASK, &allowed, NULL);
    return awaited;
}

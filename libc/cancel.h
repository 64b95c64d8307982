/*
 * Cancellation of threads.
 *
 *     pthread_cancel:   cancelled = true, then the signal SIGNAL_CANCEL
 *     blocking call:    | begin: cancelled? ... syscall | end: return       in cancel_point.asm
 *     the handler:      interrupted between begin and end: goes on at cancel_point_taken instead; elsewhere: the next blocking call
 *                       sees `cancelled`
 *
 * So a call is either cancelled before it has done anything, or not at all: what it has done, read for example, is never lost. A handler
 * of the program's that runs meanwhile is not disturbed: the signal is sent again, blocked until that handler returns to the call.
 */
#ifndef CLOCKHAND_LIBC_CANCEL_H
#define CLOCKHAND_LIBC_CANCEL_H

#include <signal.h>
#include <stdbool.h>

#include "libc/lock.h"
#include "libc/syscall.h"
#include "libc/thread.h"

enum { SIGNAL_TIMER = 32, SIGNAL_CANCEL = 33 }; /* the first: timer.c */

/* The signals between the standard ones and SIGRTMIN are the library's, 32 and 33: a program that asks for them is told EINVAL. */
static inline bool signal_is_own(int number)
{
    return number == SIGNAL_TIMER || number == SIGNAL_CANCEL;
}

/* sigaction(), for these as well. */
int signal_action(int number, const struct sigaction *restrict action, struct sigaction *restrict old);

/* A call that is a cancellation point, in a process with several threads. */
long cancel_call(long number, long a, long b, long c, long d, long e, long f);
/* Ends the running thread, cancelled. */
_Noreturn void thread_cancelled(void);

/* cancel_point.asm: the call, or thread_cancelled() if *cancelled is set before it. */
long cancel_point(const atomic_int *cancelled, long number, long a, long b, long c, long d, long e, long f);
extern const char cancel_point_begin[], cancel_point_end[], cancel_point_taken[];

/* A system call that may sleep: a cancellation point. Returns as call_raw6(). */
static inline long call_blocking(long number, long a, long b, long c, long d, long e, long f)
{
    return threads_running ? cancel_call(number, a, b, c, d, e, f) : call_raw6(number, a, b, c, d, e, f);
}

static inline long call_blocking4(long number, long a, long b, long c, long d)
{
    return call_blocking(number, a, b, c, d, 0, 0);
}

#endif

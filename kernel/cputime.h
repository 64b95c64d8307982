/*
 * CPU time as something that runs out: ITIMER_VIRTUAL, ITIMER_PROF (setitimer(2)) and RLIMIT_CPU (getrlimit(2)).
 *
 *     timer tick, found in      user mode: virtual timer, profiling timer, limit     -> SIGVTALRM, SIGPROF
 *     a thread of the process   the kernel: profiling timer, limit                   -> SIGXCPU each second, SIGKILL
 *
 * A tick stands for TICK_NS of CPU time, so everything here is exact to a tick.
 *
 * Locks: struct cputime is "signal" (kernel/process.h); `watched` is set under it and read without, a late look costs a
 * tick.
 */
#ifndef KERNEL_CPUTIME_H
#define KERNEL_CPUTIME_H

#include "kernel/process.h"

/* From the timer interrupt, in the context of the running thread. */
void cputime_tick(bool user_mode);

/* Says that RLIMIT_CPU of the process may have come to mean something. Under process_lock. */
void cputime_watch_limit(struct process *process);

enum cputime_kind { CPUTIME_VIRTUAL, CPUTIME_PROFILE };

/* A timer of the running process: *old gets its state; if `set` is not null that is its new one. */
void cputime_timer_exchange(enum cputime_kind kind, const struct cputime_timer *set, struct cputime_timer *old);

#endif

/*
 * Who waits for a disk: threads asleep until a transfer they need has ended, a page that is on its way, a block that is read at once, the journal's
 * records, or one of others for the memory of its request. Memory that thrashes shows here: everybody waits, the processors are idle
 * (/proc/stat: procs_blocked, iowait; vmstat: b, wa).
 *
 *     unsigned at = iowait_begin();     the thread sleeps     iowait_end(at);
 *
 * A waiter counts for the CPU it ran on last, whose idle ticks are then time waited for (kernel/sched.c). Counts are atomic; there is no lock.
 */
#ifndef KERNEL_IOWAIT_H
#define KERNEL_IOWAIT_H

#include <stdatomic.h>

#include "kernel/thread.h"

extern _Atomic unsigned iowait_threads[CPUS_MAX];

/* The running thread begins to wait; what iowait_end() wants. */
static inline unsigned iowait_begin(void)
{
    unsigned cpu = thread_current()->cpu;
    atomic_fetch_add_explicit(&iowait_threads[cpu], 1, memory_order_relaxed);
    return cpu;
}

static inline void iowait_end(unsigned cpu)
{
    atomic_fetch_sub_explicit(&iowait_threads[cpu], 1, memory_order_relaxed);
}

/* Threads that wait, of that CPU. Any context. */
static inline unsigned iowait_count(unsigned cpu)
{
    return atomic_load_explicit(&iowait_threads[cpu], memory_order_relaxed);
}

#endif

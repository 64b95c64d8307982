/*
 * Times in system calls: reading and writing Linux's structures, and clocks to deadlines.
 */
#ifndef KERNEL_SYSTIME_H
#define KERNEL_SYSTIME_H

#include "kernel/abi/time.h"
#include "kernel/time.h"
#include "kernel/types.h"

/*
 * A timespec or timeval at a user address, in nanoseconds (at most 2^62). 0, -EFAULT, or -EINVAL for a negative one or
 * a fraction that is none.
 */
int user_timespec_read(vaddr_t address, uint64_t *ns) must_check;
int user_timeval_read(vaddr_t address, uint64_t *ns) must_check;
int user_timespec_write(vaddr_t address, uint64_t ns) must_check;

static inline struct linux_timespec timespec_from_ns(uint64_t ns)
{
    return (struct linux_timespec){(int64_t)(ns / NS_PER_SECOND), (int64_t)(ns % NS_PER_SECOND)};
}
int user_timeval_write(vaddr_t address, uint64_t ns) must_check;

/* time_now() + ns for wait_sleep(): never 0. */
static inline uint64_t deadline_after(uint64_t ns)
{
    return time_now() + ns + (ns == 0);
}

/* The reading of a clock; -EINVAL for one that is not known. */
int clock_read(int clock, uint64_t *ns) must_check;

/* The deadline for wait_sleep() that stands for the time `ns` of CLOCK_REALTIME, CLOCK_MONOTONIC or CLOCK_BOOTTIME. */
uint64_t deadline_of_clock(int clock, uint64_t ns);

#endif

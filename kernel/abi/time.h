/*
 * Time in Linux's system-call interface.
 */
#ifndef KERNEL_ABI_TIME_H
#define KERNEL_ABI_TIME_H

#include "kernel/types.h"

enum clock_id {
    CLOCK_REALTIME = 0,
    CLOCK_MONOTONIC = 1,
    CLOCK_PROCESS_CPUTIME_ID = 2,
    CLOCK_THREAD_CPUTIME_ID = 3,
    CLOCK_MONOTONIC_RAW = 4,
    CLOCK_REALTIME_COARSE = 5,
    CLOCK_MONOTONIC_COARSE = 6,
    CLOCK_BOOTTIME = 7,
    CLOCK_REALTIME_ALARM = 8,
    CLOCK_BOOTTIME_ALARM = 9,
    CLOCK_TAI = 11,
};

#define TIMER_ABSTIME 1
#define CLOCK_TICKS 100 /* sysconf(_SC_CLK_TCK) */

enum itimer { ITIMER_REAL = 0, ITIMER_VIRTUAL = 1, ITIMER_PROF = 2 };

struct linux_timespec {
    int64_t seconds;
    int64_t nanoseconds;
};

struct linux_timeval {
    int64_t seconds;
    int64_t microseconds;
};

struct linux_itimerval {
    struct linux_timeval interval;
    struct linux_timeval value;
};

struct linux_itimerspec {
    struct linux_timespec interval;
    struct linux_timespec value;
};

struct linux_timezone {
    int32_t minutes_west;
    int32_t daylight;
};

struct linux_tms {
    int64_t user, system, children_user, children_system; /* CLOCK_TICKS */
};

#endif

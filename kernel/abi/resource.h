/*
 * Limits and use of resources, in Linux's system-call interface.
 */
#ifndef KERNEL_ABI_RESOURCE_H
#define KERNEL_ABI_RESOURCE_H

#include "kernel/abi/time.h"

enum rlimit_resource {
    RLIMIT_CPU = 0,
    RLIMIT_FSIZE = 1,
    RLIMIT_DATA = 2,
    RLIMIT_STACK = 3,
    RLIMIT_CORE = 4,
    RLIMIT_RSS = 5,
    RLIMIT_NPROC = 6,
    RLIMIT_NOFILE = 7,
    RLIMIT_MEMLOCK = 8,
    RLIMIT_AS = 9,
    RLIMIT_LOCKS = 10,
    RLIMIT_SIGPENDING = 11,
    RLIMIT_MSGQUEUE = 12,
    RLIMIT_NICE = 13,
    RLIMIT_RTPRIO = 14,
    RLIMIT_RTTIME = 15,
};

#define RLIM_INFINITY UINT64_MAX

enum rusage_who { RUSAGE_SELF = 0, RUSAGE_CHILDREN = -1, RUSAGE_THREAD = 1 };

struct linux_rusage {
    struct linux_timeval user_time, system_time;
    int64_t max_resident; /* KB */
    int64_t shared_text, unshared_data, unshared_stack;
    int64_t faults_minor, faults_major;
    int64_t swaps, blocks_in, blocks_out, messages_sent, messages_received, signals;
    int64_t switches_voluntary, switches_forced;
};
_Static_assert(sizeof(struct linux_rusage) == 144, "ABI");

enum priority_which { PRIO_PROCESS = 0, PRIO_PGRP = 1, PRIO_USER = 2 };

#endif

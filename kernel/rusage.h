/*
 * What was used of CPU and memory, in the form Linux's system calls give it.
 */
#ifndef KERNEL_RUSAGE_H
#define KERNEL_RUSAGE_H

#include "kernel/abi/resource.h"
#include "kernel/process.h"

static inline struct linux_timeval timeval_from_ns(uint64_t ns)
{
    return (struct linux_timeval){(int64_t)(ns / NS_PER_SECOND), (int64_t)(ns % NS_PER_SECOND / 1000)};
}

static inline struct linux_rusage rusage_from(const struct usage *usage)
{
    return (struct linux_rusage){
        .user_time = timeval_from_ns(usage->user_ns),
        .system_time = timeval_from_ns(usage->system_ns),
        .max_resident = (int64_t)(usage->peak_resident * (PAGE_SIZE / 1024)),
        .faults_minor = (int64_t)usage->faults_minor,
        .faults_major = (int64_t)usage->faults_major,
        .switches_voluntary = (int64_t)usage->switches_voluntary,
        .switches_forced = (int64_t)usage->switches_forced,
    };
}

#endif

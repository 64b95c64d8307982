/*
 * What processes and threads have used of the CPU: adding it up.
 *
 * The scheduler measures a thread's time to the nanosecond, and counts in which mode the clock's ticks found it; the
 * time is split between user and system in that proportion, as Linux does.
 */
#include "kernel/process.h"
#include "kernel/thread.h"
#include "kernel/time.h"
#include "kernel/x86.h"
#include "mm/aspace.h"

void usage_add(struct usage *to, const struct usage *from)
{
    to->user_ns += from->user_ns;
    to->system_ns += from->system_ns;
    to->faults_minor += from->faults_minor;
    to->faults_major += from->faults_major;
    to->switches_voluntary += from->switches_voluntary;
    to->switches_forced += from->switches_forced;
    to->peak_resident = max_u64(to->peak_resident, from->peak_resident);
}

/* part / whole of `ns`; both are counts of ticks, so nothing overflows in a thousand years. */
static uint64_t share(uint64_t ns, uint64_t part, uint64_t whole)
{
    return ns / whole * part + ns % whole * part / whole;
}

uint64_t thread_run_ns(const struct thread *thread)
{
    uint64_t clock, now;
    do {
        clock = thread->run_clock;
        tsc_fence();
        now = time_now();
        tsc_fence();                                                  /* nor is what follows read before the TSC is */
    } while (clock == RUN_CLOCK_STOPS || clock != thread->run_clock); /* it was switched between */
    return (clock & RUN_CLOCK_RUNS) != 0 ? now - (clock & ~RUN_CLOCK_RUNS) : clock;
}

void thread_usage(const struct thread *thread, struct usage *usage)
{
    uint64_t ns = thread_run_ns(thread);
    uint64_t ticks = thread->user_ticks + thread->system_ticks;
    uint64_t system = ticks != 0 ? share(ns, thread->system_ticks, ticks) : ns / 2;
    *usage = (struct usage){
        .user_ns = ns - system,
        .system_ns = system,
        .switches_voluntary = thread->switches_voluntary,
        .switches_forced = thread->switches_forced,
    };
}

/* The most pages an address space has had in memory, as far as it was looked at. */
static uint64_t aspace_peak(const struct aspace *aspace)
{
    return max_u64(aspace->peak_resident, aspace->resident_anon + aspace->resident_file + aspace->resident_shm);
}

void process_keep_memory_usage(struct process *process, const struct aspace *aspace)
{
    struct usage usage = {
        .faults_minor = aspace->faults_minor,
        .faults_major = aspace->faults_major,
        .peak_resident = aspace_peak(aspace),
    };
    usage_add(&process->ended, &usage);
}

void process_usage(struct process *process, struct usage *usage)
{
    struct usage one;
    spin_lock(&process_lock);
    *usage = process->ended;
    list_for_each(link, &process->threads)
    {
        thread_usage(list_entry(link, struct thread, process_link), &one);
        usage_add(usage, &one);
    }
    if (process->aspace != NULL) {
        usage->faults_minor += process->aspace->faults_minor;
        usage->faults_major += process->aspace->faults_major;
        usage->peak_resident = max_u64(usage->peak_resident, aspace_peak(process->aspace));
    }
    spin_unlock(&process_lock);
}

/*
 * Clocks and sleeping; the structures' readers and writers are in systime.h.
 */
#include "kernel/systime.h"

#include "kernel/abi/errno.h"
#include "kernel/fs/timerfd.h"
#include "kernel/posix_timer.h"
#include "kernel/process.h"
#include "kernel/restart.h"
#include "kernel/rusage.h"
#include "kernel/syscall_list.h"
#include "kernel/thread.h"
#include "kernel/wait.h"
#include "mm/usercopy.h"

#define TIME_MAX ((uint64_t)1 << 62)

/* Seconds and nanoseconds in one, cut at TIME_MAX. */
static uint64_t ns_from(int64_t seconds, int64_t nanoseconds)
{
    if ((uint64_t)seconds >= TIME_MAX / NS_PER_SECOND)
        return TIME_MAX;
    return (uint64_t)seconds * NS_PER_SECOND + (uint64_t)nanoseconds;
}

int user_timespec_read(vaddr_t address, uint64_t *ns)
{
    struct linux_timespec time;
    if (copy_from_user(&time, address, sizeof(time)) != 0)
        return -EFAULT;
    if (time.seconds < 0 || time.nanoseconds < 0 || time.nanoseconds >= (int64_t)NS_PER_SECOND)
        return -EINVAL;
    *ns = ns_from(time.seconds, time.nanoseconds);
    return 0;
}

int user_timeval_read(vaddr_t address, uint64_t *ns)
{
    struct linux_timeval time;
    if (copy_from_user(&time, address, sizeof(time)) != 0)
        return -EFAULT;
    if (time.seconds < 0 || time.microseconds < 0 || time.microseconds >= 1000000)
        return -EINVAL;
    *ns = ns_from(time.seconds, time.microseconds * 1000);
    return 0;
}

int user_timespec_write(vaddr_t address, uint64_t ns)
{
    struct linux_timespec time = timespec_from_ns(ns);
    return copy_to_user(address, &time, sizeof(time));
}

int user_timeval_write(vaddr_t address, uint64_t ns)
{
    struct linux_timeval time = timeval_from_ns(ns);
    return copy_to_user(address, &time, sizeof(time));
}

static uint64_t cpu_time(bool of_thread)
{
    struct usage usage;
    if (of_thread)
        thread_usage(thread_current(), &usage);
    else
        process_usage(process_current(), &usage);
    return usage.user_ns + usage.system_ns;
}

int clock_read(int clock, uint64_t *ns)
{
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_REALTIME_ALARM:
    case CLOCK_TAI:
        *ns = time_realtime();
        return 0;
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME:
    case CLOCK_BOOTTIME_ALARM:
        *ns = time_now();
        return 0;
    case CLOCK_PROCESS_CPUTIME_ID:
    case CLOCK_THREAD_CPUTIME_ID:
        *ns = cpu_time(clock == CLOCK_THREAD_CPUTIME_ID);
        return 0;
    default:
        return -EINVAL;
    }
}

uint64_t deadline_of_clock(int clock, uint64_t ns)
{
    uint64_t now = time_now();
    bool realtime = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_ALARM || clock == CLOCK_TAI;
    uint64_t reading = realtime ? time_realtime() : now;
    uint64_t left = ns > reading ? ns - reading : 0;
    return max_u64(now + left, 1);
}

long sys_clock_gettime(struct registers *regs)
{
    uint64_t ns;
    int error = clock_read((int)regs->rdi, &ns);
    return error != 0 ? error : user_timespec_write(regs->rsi, ns);
}

long sys_clock_getres(struct registers *regs)
{
    uint64_t ns;
    int clock = (int)regs->rdi;
    int error = clock_read(clock, &ns);
    if (error != 0 || regs->rsi == 0)
        return error;
    bool coarse = clock == CLOCK_REALTIME_COARSE || clock == CLOCK_MONOTONIC_COARSE;
    return user_timespec_write(regs->rsi, coarse ? NS_PER_SECOND / TICK_HZ : 1);
}

static long realtime_set(uint64_t ns)
{
    if (process_current()->credentials.euid != 0)
        return -EPERM;
    time_set_realtime(ns);
    timerfd_clock_was_set();
    posix_timers_clock_was_set();
    return 0;
}

long sys_clock_settime(struct registers *regs)
{
    uint64_t ns;
    if ((int)regs->rdi != CLOCK_REALTIME)
        return -EINVAL;
    int error = user_timespec_read(regs->rsi, &ns);
    return error != 0 ? error : realtime_set(ns);
}

long sys_settimeofday(struct registers *regs)
{
    uint64_t ns;
    if (regs->rdi == 0)
        return 0;
    int error = user_timeval_read(regs->rdi, &ns);
    return error != 0 ? error : realtime_set(ns);
}

long sys_gettimeofday(struct registers *regs)
{
    const struct linux_timezone zone = {0, 0};
    if (regs->rdi != 0 && user_timeval_write(regs->rdi, time_realtime()) != 0)
        return -EFAULT;
    return regs->rsi != 0 ? copy_to_user(regs->rsi, &zone, sizeof(zone)) : 0;
}

long sys_time(struct registers *regs)
{
    int64_t seconds = (int64_t)(time_realtime() / NS_PER_SECOND);
    if (regs->rdi != 0 && copy_to_user(regs->rdi, &seconds, sizeof(seconds)) != 0)
        return -EFAULT;
    return seconds;
}

long sys_times(struct registers *regs)
{
    const uint64_t tick = NS_PER_SECOND / CLOCK_TICKS;
    struct process *process = process_current();
    struct usage usage;
    process_usage(process, &usage);
    struct linux_tms times = {
        .user = (int64_t)(usage.user_ns / tick),
        .system = (int64_t)(usage.system_ns / tick),
        .children_user = (int64_t)(process->children_usage.user_ns / tick),
        .children_system = (int64_t)(process->children_usage.system_ns / tick),
    };
    if (regs->rdi != 0 && copy_to_user(regs->rdi, &times, sizeof(times)) != 0)
        return -EFAULT;
    return (long)(time_now() / tick);
}

/*
 * Sleeps until the deadline. When a signal interrupts a relative sleep, what is left of it goes to `remaining` (null:
 * nobody asks).
 */
static long sleep_until(uint64_t deadline, vaddr_t remaining)
{
    deadline = restart_deadline(deadline);
    int error = thread_sleep_until(deadline, true);
    uint64_t now = time_now();
    if (error == 0 || remaining == 0)
        return error;
    return user_timespec_write(remaining, deadline > now ? deadline - now : 0) != 0 ? -EFAULT : error;
}

long sys_nanosleep(struct registers *regs)
{
    uint64_t ns;
    int error = user_timespec_read(regs->rdi, &ns);
    return error != 0 ? error : sleep_until(deadline_after(ns), regs->rsi);
}

/* Whether there is sleeping by a clock. */
static bool clock_can_sleep(int clock)
{
    return clock != CLOCK_THREAD_CPUTIME_ID && clock != CLOCK_MONOTONIC_RAW && clock != CLOCK_REALTIME_COARSE &&
           clock != CLOCK_MONOTONIC_COARSE;
}

long sys_clock_nanosleep(struct registers *regs)
{
    uint64_t ns, reading;
    int clock = (int)regs->rdi;
    if (clock_read(clock, &reading) != 0)
        return -EINVAL;
    if (!clock_can_sleep(clock))
        return -EOPNOTSUPP;
    int error = user_timespec_read(regs->rdx, &ns);
    if (error != 0)
        return error;
    if (((int)regs->rsi & TIMER_ABSTIME) != 0)
        return sleep_until(deadline_of_clock(clock, ns), 0);
    return sleep_until(deadline_after(ns), regs->r10);
}

/*
 * setitimer, getitimer, alarm: a signal after a time, once or again and again. The timers of CPU time are in
 * kernel/cputime.c; ITIMER_REAL and alarm are here, and mean time as such.
 *
 * Lock: itimer_lock (mutex, RANK_EXEC) is held by who sets a timer. The timer's own function runs in interrupt context,
 * without it: it sends the signal and, if there is an interval, starts itself again, after REST_NS at least, so that the
 * processor gets to do other work. Who stops a timer first takes the interval away; then one cancel may still find the
 * function at work, a second one cannot.
 */
#include "kernel/itimer.h"

#include "kernel/abi/errno.h"
#include "kernel/abi/time.h"
#include "kernel/cputime.h"
#include "kernel/process.h"
#include "kernel/rusage.h"
#include "kernel/signal.h"
#include "kernel/syscall_list.h"
#include "kernel/systime.h"
#include "mm/usercopy.h"

#define REST_NS ((uint64_t)100000)

static struct mutex itimer_lock = MUTEX_INIT(itimer_lock, RANK_EXEC);

static void alarm_rings(struct timer *timer)
{
    struct process *process = timer->argument;
    struct signal_info info = {.signal = SIGALRM, .code = SI_KERNEL};
    signal_send_process(process, &info);
    uint64_t interval = process->alarm_interval;
    if (interval != 0)
        timer_start(timer, max_u64(timer->deadline + interval, time_now() + REST_NS));
}

static void alarm_stop(struct process *process)
{
    process->alarm_interval = 0;
    (void)timer_cancel(&process->alarm);
    (void)timer_cancel(&process->alarm);
}

void itimer_end(struct process *process)
{
    if (process->alarm.function != NULL)
        alarm_stop(process);
}

/* What is left of the timer and its interval. */
static void alarm_get(const struct process *process, uint64_t *value, uint64_t *interval)
{
    uint64_t now = time_now(), deadline = process->alarm.deadline;
    *interval = process->alarm_interval;
    *value = process->alarm.armed ? (deadline > now ? deadline - now : 1000) : 0;
}

/* Sets the timer, `value` from now (0: off); the old state in *old_value and *old_interval. */
static void alarm_set(uint64_t value, uint64_t interval, uint64_t *old_value, uint64_t *old_interval)
{
    struct process *process = process_current();
    mutex_lock(&itimer_lock);
    alarm_get(process, old_value, old_interval);
    if (process->alarm.function == NULL)
        process->alarm = (struct timer){.function = alarm_rings, .argument = process};
    alarm_stop(process);
    if (value != 0) {
        process->alarm_interval = interval;
        timer_start(&process->alarm, deadline_after(value));
    }
    mutex_unlock(&itimer_lock);
}

static int itimerval_write(vaddr_t address, uint64_t value, uint64_t interval)
{
    struct linux_itimerval out = {timeval_from_ns(interval), timeval_from_ns(value)};
    return address != 0 ? copy_to_user(address, &out, sizeof(out)) : 0;
}

static enum cputime_kind cputime_kind(uint32_t which)
{
    return which == ITIMER_VIRTUAL ? CPUTIME_VIRTUAL : CPUTIME_PROFILE;
}

/* Reads, and with `set` sets, one of the three timers of the running process. */
static void itimer_exchange(uint32_t which, const struct cputime_timer *set, struct cputime_timer *old)
{
    if (which != ITIMER_REAL)
        cputime_timer_exchange(cputime_kind(which), set, old);
    else if (set != NULL)
        alarm_set(set->left, set->interval, &old->left, &old->interval);
    else
        alarm_get(process_current(), &old->left, &old->interval);
}

long sys_getitimer(struct registers *regs)
{
    struct cputime_timer old;
    if ((uint32_t)regs->rdi > ITIMER_PROF)
        return -EINVAL;
    itimer_exchange((uint32_t)regs->rdi, NULL, &old);
    return regs->rsi != 0 ? itimerval_write(regs->rsi, old.left, old.interval) : -EFAULT;
}

long sys_setitimer(struct registers *regs)
{
    struct cputime_timer set = {0, 0}, old;
    if ((uint32_t)regs->rdi > ITIMER_PROF)
        return -EINVAL;
    if (regs->rsi != 0) {
        int error = user_timeval_read(regs->rsi + offsetof(struct linux_itimerval, interval), &set.interval);
        if (error == 0)
            error = user_timeval_read(regs->rsi + offsetof(struct linux_itimerval, value), &set.left);
        if (error != 0)
            return error;
    }
    itimer_exchange((uint32_t)regs->rdi, &set, &old);
    return itimerval_write(regs->rdx, old.left, old.interval);
}

long sys_alarm(struct registers *regs)
{
    uint64_t old_value, old_interval;
    alarm_set((uint32_t)regs->rdi * NS_PER_SECOND, 0, &old_value, &old_interval);
    /* Rounded as Linux does: to the nearest second, but not to 0. */
    uint64_t seconds = (old_value + NS_PER_SECOND / 2) / NS_PER_SECOND;
    return (long)(old_value != 0 && seconds == 0 ? 1 : seconds);
}

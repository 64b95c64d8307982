/*
 * POSIX timers: a signal to the process, or to one of its threads, at a time, once or again and again: timer_create(2).
 *
 *     settime --> armed --> rings --> its last signal is still pending?   no: another one is sent
 *                   ^                                                     yes: that one counts an overrun
 *                   +-------------- an interval -----------------+
 *
 * A timer has at most one signal pending, however seldom that is taken; set anew or deleted it takes that back. After it has rung it rests
 * for REST_NS at least, and all the longer the more timers of short intervals are set in the machine: together they ring once in
 * REST_EACH_NS. What passes meanwhile are overruns, so that no interval is too short, and no number of timers too large, for a processor to
 * do other work. A fork does not inherit timers, exec and exit end them. Timers of CPU time do not exist: EOPNOTSUPP, as for Linux's
 * clocks that have none.
 *
 * Locks: posix_timer_lock (mutex, RANK_DEVICE) guards the lists of timers and is held by who sets one; what changes as time passes (next,
 * interval, waits, the overruns) is "signal" of the process. A timer's function, in interrupt context, takes process_lock and that. Who stops
 * a timer first says so in `waits`; then one cancel may still find the function at work, a second one cannot.
 */
#include "kernel/posix_timer.h"

#include "kernel/abi/errno.h"
#include "kernel/process.h"
#include "kernel/signal.h"
#include "kernel/syscall_list.h"
#include "kernel/systime.h"
#include "mm/slab.h"
#include "mm/usercopy.h"

#define REST_NS ((uint64_t)100000)
#define REST_EACH_NS ((uint64_t)50000)

enum { TIMERS_MOST = 1024 }; /* of one process */

struct posix_timer {
    struct timer timer;
    struct process *process;
    struct list link;     /* the process's, by their numbers */
    struct list day_link; /* timers_of_day, while it is set for a time of day */
    int id, clock, notify, signal;
    pid_t tid;      /* the thread that gets the signal; 0: the process */
    uint64_t value; /* sigev_value */
    uint64_t next;  /* when it rings: a time of day if it is on that list, otherwise of time_now() */
    uint64_t interval;
    bool is_quick;                     /* counted in quick_timers */
    bool waits;                        /* set, and not rung for the last time */
    uint64_t overrun, overrun_earlier; /* of the last signal sent, and of the one before */
};

static struct mutex posix_timer_lock = MUTEX_INIT(posix_timer_lock, RANK_DEVICE);
static struct list timers_of_day = LIST_INIT(timers_of_day);
static _Atomic uint32_t quick_timers; /* set for an interval of less than a second; changed under posix_timer_lock */

static inline int clock_of(const struct posix_timer *timer)
{
    return list_is_linked(&timer->day_link) ? CLOCK_REALTIME : CLOCK_MONOTONIC;
}

static inline uint64_t timer_clock_now(const struct posix_timer *timer)
{
    return list_is_linked(&timer->day_link) ? time_realtime() : time_now();
}

/* How often it rings up to now, at least once: `next` moves on, or it waits no more. "Signal" is held. */
static uint64_t timer_pass(struct posix_timer *timer, uint64_t now)
{
    if (timer->interval == 0) {
        timer->waits = false;
        return 1;
    }
    uint64_t passed = 1 + (now - timer->next) / timer->interval;
    timer->next += passed * timer->interval;
    return passed;
}

/* The signal for `passed` rings, or overruns of the one that is pending. "Signal" is held. */
static void timer_send_locked(struct posix_timer *timer, struct thread *thread, uint64_t passed)
{
    struct pending *pending = thread != NULL ? &thread->user->pending : &timer->process->pending;
    struct signal_info *earlier = pending_find_timer(pending, timer->signal, timer->id);
    if (earlier != NULL) {
        timer->overrun = min_u64(timer->overrun + passed, INT32_MAX);
        earlier->uid = (uint32_t)timer->overrun;
        return;
    }
    timer->overrun_earlier = timer->overrun;
    timer->overrun = min_u64(passed - 1, INT32_MAX);
    struct signal_info info = {
        .signal = timer->signal,
        .code = SI_TIMER,
        .pid = timer->id,
        .uid = (uint32_t)timer->overrun,
        .address = timer->value,
        .from_timer = true,
    };
    signal_generate_locked(timer->process, thread, &info);
}

static inline uint64_t rest_ns(void)
{
    return max_u64(REST_NS, atomic_load_explicit(&quick_timers, memory_order_relaxed) * REST_EACH_NS);
}

/* In interrupt context. Early, when the time of day has been set back. */
static void timer_rings(struct timer *hardware)
{
    struct posix_timer *timer = hardware->argument;
    spin_lock(&process_lock);
    struct thread *thread = timer->tid != 0 ? process_thread_find_locked(timer->tid) : NULL;
    struct sighand *sighand = sighand_lock_process(timer->process);
    uint64_t now = timer_clock_now(timer);
    if (timer->waits && timer->next <= now) {
        uint64_t passed = timer_pass(timer, now);
        if (timer->tid == 0 || (thread != NULL && thread->process == timer->process))
            timer_send_locked(timer, thread, passed);
    }
    if (timer->waits)
        timer_start(hardware, max_u64(deadline_of_clock(clock_of(timer), timer->next), time_now() + rest_ns()));
    spin_unlock(&sighand->lock);
    spin_unlock(&process_lock);
}

/* Takes back what the stopped timer has sent, from whichever thread: one that executes a program may have another number by now. */
static void timer_signal_discard(const struct posix_timer *timer)
{
    struct process *process = timer->process;
    struct sighand *sighand = sighand_lock_process(process);
    pending_discard_timer(&process->pending, timer->signal, timer->id);
    list_for_each(link, &process->threads)
    {
        const struct thread *thread = list_entry(link, struct thread, process_link);
        pending_discard_timer(&thread->user->pending, timer->signal, timer->id);
    }
    spin_unlock(&sighand->lock);
}

/* Under posix_timer_lock. */
static void timer_stop(struct posix_timer *timer)
{
    struct sighand *sighand = sighand_lock_process(timer->process);
    timer->waits = false;
    spin_unlock(&sighand->lock);
    (void)timer_cancel(&timer->timer);
    (void)timer_cancel(&timer->timer);
    if (list_is_linked(&timer->day_link))
        list_remove(&timer->day_link);
    if (timer->is_quick)
        quick_timers--;
    timer->is_quick = false;
    timer_signal_discard(timer);
}

/* Arms a stopped timer with a `next`, if it is to ring at all. Under posix_timer_lock. */
static void timer_go(struct posix_timer *timer)
{
    timer->is_quick = timer->notify != SIGEV_NONE && timer->interval != 0 && timer->interval < NS_PER_SECOND;
    if (timer->is_quick)
        quick_timers++;
    struct sighand *sighand = sighand_lock_process(timer->process);
    timer->waits = true;
    timer->overrun = timer->overrun_earlier = 0;
    if (timer->notify != SIGEV_NONE)
        timer_start(&timer->timer, deadline_of_clock(clock_of(timer), timer->next));
    spin_unlock(&sighand->lock);
}

/* What is left until it rings, 0 when it is not set, and the interval. */
static struct linux_itimerspec timer_state(const struct posix_timer *timer)
{
    struct sighand *sighand = sighand_lock_process(timer->process);
    uint64_t now = timer_clock_now(timer), left = timer->waits ? 1 : 0;
    if (timer->waits && timer->next > now)
        left = timer->next - now;
    else if (timer->waits && timer->interval != 0)
        left = timer->interval - (now - timer->next) % timer->interval;
    else if (timer->notify == SIGEV_NONE)
        left = 0;
    uint64_t interval = timer->interval;
    spin_unlock(&sighand->lock);
    return (struct linux_itimerspec){timespec_from_ns(interval), timespec_from_ns(left)};
}

static void timer_delete(struct posix_timer *timer)
{
    timer_stop(timer);
    list_remove(&timer->link);
    kfree(timer);
}

void posix_timers_end(struct process *process)
{
    if (list_is_empty(&process->posix_timers))
        return;
    mutex_lock(&posix_timer_lock);
    list_for_each_safe(link, after, &process->posix_timers) timer_delete(list_entry(link, struct posix_timer, link));
    mutex_unlock(&posix_timer_lock);
}

void posix_timers_clock_was_set(void)
{
    mutex_lock(&posix_timer_lock);
    list_for_each(link, &timers_of_day)
    {
        struct posix_timer *timer = list_entry(link, struct posix_timer, day_link);
        /* One that is just ringing may begin again by the old time behind the first look, not behind the second. */
        if (timer->notify != SIGEV_NONE && (timer_cancel(&timer->timer) || timer_cancel(&timer->timer)))
            timer_start(&timer->timer, deadline_of_clock(CLOCK_REALTIME, timer->next));
    }
    mutex_unlock(&posix_timer_lock);
}

/* The running process's timer with that number, or null. Under posix_timer_lock. */
static struct posix_timer *timer_find(int id)
{
    list_for_each(link, &process_current()->posix_timers)
    {
        struct posix_timer *timer = list_entry(link, struct posix_timer, link);
        if (timer->id == id)
            return timer;
    }
    return NULL;
}

/* --- system calls --- */

/* Which clocks have timers: 0, or the error. */
static int clock_check(int clock)
{
    uint64_t ns;
    if (clock == CLOCK_REALTIME_ALARM || clock == CLOCK_BOOTTIME_ALARM)
        return process_current()->credentials.euid == 0 ? 0 : -EPERM; /* CAP_WAKE_ALARM */
    if (clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC || clock == CLOCK_BOOTTIME || clock == CLOCK_TAI)
        return 0;
    return clock_read(clock, &ns) == 0 ? -EOPNOTSUPP : -EINVAL;
}

static bool is_own_thread(pid_t tid)
{
    spin_lock(&process_lock);
    const struct thread *thread = process_thread_find_locked(tid);
    bool own = thread != NULL && thread->process == process_current();
    spin_unlock(&process_lock);
    return own;
}

static int event_check(const struct linux_sigevent *event)
{
    int kind = event->notify;
    if (kind == (SIGEV_SIGNAL | SIGEV_THREAD_ID) && !is_own_thread(event->tid))
        return -EINVAL;
    if (kind == SIGEV_NONE)
        return 0;
    if (kind != SIGEV_SIGNAL && kind != SIGEV_THREAD && kind != (SIGEV_SIGNAL | SIGEV_THREAD_ID))
        return -EINVAL;
    return event->signal > 0 && event->signal <= SIGNALS ? 0 : -EINVAL;
}

/* Gives the timer a number behind those of the process's others: 0, or -EAGAIN when there are too many. Under posix_timer_lock. */
static int timer_enter(struct posix_timer *timer, struct process *process)
{
    int count = 0;
    list_for_each(link, &process->posix_timers)
    {
        timer->id = list_entry(link, struct posix_timer, link)->id + 1;
        count++;
    }
    if (count >= TIMERS_MOST || timer->id == INT32_MAX)
        return -EAGAIN;
    list_push_back(&process->posix_timers, &timer->link);
    return 0;
}

static int timer_make(int clock, const struct linux_sigevent *event, int *id)
{
    bool names_signal = event != NULL && event->notify != SIGEV_NONE; /* otherwise it may say anything */
    struct posix_timer *timer = kmalloc(sizeof *timer);
    if (timer == NULL)
        return -EAGAIN;
    *timer = (struct posix_timer){.timer = {.function = timer_rings, .argument = timer},
                                  .process = process_current(),
                                  .clock = clock,
                                  .notify = event != NULL ? event->notify : SIGEV_SIGNAL,
                                  .signal = names_signal ? event->signal : SIGALRM};
    mutex_lock(&posix_timer_lock);
    int error = timer_enter(timer, timer->process);
    *id = timer->id;
    timer->value = event != NULL ? event->value : (uint64_t)timer->id;
    timer->tid = event != NULL && (event->notify & SIGEV_THREAD_ID) != 0 ? event->tid : 0;
    mutex_unlock(&posix_timer_lock);
    if (error != 0)
        kfree(timer);
    return error;
}

static int timer_remove(int id)
{
    mutex_lock(&posix_timer_lock);
    struct posix_timer *timer = timer_find(id);
    if (timer != NULL)
        timer_delete(timer);
    mutex_unlock(&posix_timer_lock);
    return timer != NULL ? 0 : -EINVAL;
}

long sys_timer_create(struct registers *regs)
{
    struct linux_sigevent event;
    bool given = regs->rsi != 0;
    int id, clock = (int)regs->rdi;
    if (given && copy_from_user(&event, regs->rsi, sizeof event) != 0)
        return -EFAULT;
    int error = clock_check(clock);
    if (error == 0 && given)
        error = event_check(&event);
    if (error == 0)
        error = timer_make(clock, given ? &event : NULL, &id);
    if (error != 0)
        return error;
    error = copy_to_user(regs->rdx, &id, sizeof id);
    if (error != 0)
        (void)timer_remove(id);
    return error;
}

long sys_timer_delete(struct registers *regs)
{
    return timer_remove((int)regs->rdi);
}

/* Under posix_timer_lock. */
static void timer_set(struct posix_timer *timer, uint64_t value, uint64_t interval, bool absolute)
{
    timer_stop(timer);
    timer->interval = value != 0 ? interval : 0;
    timer->next = absolute ? value : deadline_after(value);
    if (value == 0)
        return;
    if (absolute &&
        (timer->clock == CLOCK_REALTIME || timer->clock == CLOCK_REALTIME_ALARM || timer->clock == CLOCK_TAI))
        list_push_back(&timers_of_day, &timer->day_link);
    timer_go(timer);
}

long sys_timer_settime(struct registers *regs)
{
    struct linux_itimerspec old = {0};
    uint64_t value, interval;
    if (regs->rdx == 0)
        return -EINVAL;
    int error = user_timespec_read(regs->rdx + offsetof(struct linux_itimerspec, interval), &interval);
    if (error == 0)
        error = user_timespec_read(regs->rdx + offsetof(struct linux_itimerspec, value), &value);
    if (error != 0)
        return error;
    mutex_lock(&posix_timer_lock);
    struct posix_timer *timer = timer_find((int)regs->rdi);
    if (timer != NULL) {
        old = timer_state(timer);
        timer_set(timer, value, interval, (regs->rsi & TIMER_ABSTIME) != 0);
    }
    mutex_unlock(&posix_timer_lock);
    if (timer == NULL)
        return -EINVAL;
    return regs->r10 != 0 ? copy_to_user(regs->r10, &old, sizeof old) : 0;
}

long sys_timer_gettime(struct registers *regs)
{
    struct linux_itimerspec state = {0};
    mutex_lock(&posix_timer_lock);
    const struct posix_timer *timer = timer_find((int)regs->rdi);
    if (timer != NULL)
        state = timer_state(timer);
    mutex_unlock(&posix_timer_lock);
    return timer != NULL ? copy_to_user(regs->rsi, &state, sizeof state) : -EINVAL;
}

/* Overruns of the signal taken last: the one before the last sent, while that is pending. */
static long timer_overrun(const struct posix_timer *timer)
{
    spin_lock(&process_lock);
    struct thread *thread = timer->tid != 0 ? process_thread_find_locked(timer->tid) : NULL;
    bool lives = thread != NULL && thread->process == timer->process;
    struct sighand *sighand = sighand_lock_process(timer->process);
    struct pending *pending = lives ? &thread->user->pending : &timer->process->pending;
    bool untaken = pending_find_timer(pending, timer->signal, timer->id) != NULL;
    long overrun = (long)(untaken ? timer->overrun_earlier : timer->overrun);
    spin_unlock(&sighand->lock);
    spin_unlock(&process_lock);
    return overrun;
}

long sys_timer_getoverrun(struct registers *regs)
{
    mutex_lock(&posix_timer_lock);
    const struct posix_timer *timer = timer_find((int)regs->rdi);
    long result = timer != NULL ? timer_overrun(timer) : -EINVAL;
    mutex_unlock(&posix_timer_lock);
    return result;
}

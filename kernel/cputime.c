/*
 * Timers and limits of CPU time; contracts in cputime.h.
 */
#include "kernel/cputime.h"

#include "kernel/abi/resource.h"
#include "kernel/cpu.h"
#include "kernel/signal.h"
#include "kernel/thread.h"
#include "kernel/time.h"

static const int timer_signals[CPUTIME_TIMERS] = {[CPUTIME_VIRTUAL] = SIGVTALRM, [CPUTIME_PROFILE] = SIGPROF};

static void send_locked(struct process *process, int signal)
{
    signal_generate_locked(process, NULL, &(const struct signal_info){.signal = signal, .code = SI_KERNEL});
}

static void timer_count_locked(struct process *process, enum cputime_kind kind)
{
    struct cputime_timer *timer = &process->cputime.timers[kind];
    if (timer->left == 0)
        return;
    if (timer->left > TICK_NS) {
        timer->left -= TICK_NS;
        return;
    }
    timer->left = timer->interval;
    send_locked(process, timer_signals[kind]);
}

/* The soft limit moves on by a second each time, as in Linux. */
static void limit_check_locked(struct process *process)
{
    struct rlimit64 *limit = &process->limits[RLIMIT_CPU];
    uint64_t seconds = process->cputime.ticks / TICK_HZ;
    if (seconds >= limit->hard) {
        send_locked(process, SIGKILL);
    } else if (seconds >= limit->soft) {
        limit->soft = seconds + 1;
        send_locked(process, SIGXCPU);
    }
}

void cputime_tick(bool user_mode)
{
    struct process *process = process_current();
    if (process == NULL)
        return;
    process->cputime.ticks++;
    if (!process->cputime.watched)
        return;
    struct sighand *sighand = sighand_lock_process(process);
    if (user_mode)
        timer_count_locked(process, CPUTIME_VIRTUAL);
    timer_count_locked(process, CPUTIME_PROFILE);
    limit_check_locked(process);
    spin_unlock(&sighand->lock);
}

void cputime_watch_limit(struct process *process)
{
    if (process->limits[RLIMIT_CPU].soft != RLIM_INFINITY)
        process->cputime.watched = true;
}

void cputime_timer_exchange(enum cputime_kind kind, const struct cputime_timer *set, struct cputime_timer *old)
{
    struct process *process = process_current();
    struct sighand *sighand = sighand_lock_process(process);
    *old = process->cputime.timers[kind];
    if (set != NULL) {
        process->cputime.timers[kind] = *set;
        process->cputime.watched = true;
    }
    spin_unlock(&sighand->lock);
}

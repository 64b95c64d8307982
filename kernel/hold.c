/*
 * Holding processes. See hold.h.
 *
 * Unlike a stop it wakes nobody: a thread that sleeps need not know. So only `signal_wanted` is set, and those that run in user mode on other CPUs are
 * interrupted; whoever is on the way there by itself looks at `signal_wanted` with interrupts off.
 */
#include "kernel/hold.h"

#include "kernel/cpu.h"
#include "kernel/process.h"
#include "kernel/signal.h"
#include "kernel/thread.h"
#include "kernel/time.h"

struct waitqueue hold_news = WAITQUEUE_INIT(hold_news);

static inline struct thread *thread_of_link(struct list *link)
{
    return list_entry(link, struct thread, process_link);
}

void hold_begin(struct process *process)
{
    struct sighand *sighand = sighand_lock_process(process);
    process->hold_wanted = !process->exiting && process->exec_thread == NULL;
    if (process->hold_wanted) {
        list_for_each(link, &process->threads)
        {
            struct thread *thread = thread_of_link(link);
            thread->signal_wanted = true;
            if (thread->state == THREAD_RUNNING && thread->cpu != cpu_this()->id)
                cpu_kick(thread->cpu);
        }
    }
    spin_unlock(&sighand->lock);
}

void hold_end_locked(struct process *process)
{
    process->hold_wanted = false;
    wait_wake_all(&process->hold_wait);
}

void hold_end(struct process *process)
{
    struct sighand *sighand = sighand_lock_process(process);
    hold_end_locked(process);
    spin_unlock(&sighand->lock);
}

/* Whether the thread is where it may stay while the process is held, and since when (time_now()). */
static bool thread_is_quiet(struct thread *thread, uint64_t *since)
{
    *since = thread->left_at;
    return thread->user->held || thread->user->stopped || thread_is_at_rest(thread, since);
}

bool hold_is_complete(struct process *process)
{
    uint64_t since;
    struct sighand *sighand = sighand_lock_process(process);
    bool complete = process->hold_wanted && !process->exiting && process->exec_thread == NULL;
    list_for_each(link, &process->threads) complete = complete && thread_is_quiet(thread_of_link(link), &since);
    spin_unlock(&sighand->lock);
    return complete;
}

bool hold_is_wanted(struct process *process)
{
    struct sighand *sighand = sighand_lock_process(process);
    bool wanted = process->hold_wanted;
    spin_unlock(&sighand->lock);
    return wanted;
}

uint64_t hold_asleep(struct process *process)
{
    uint64_t now = time_now(), latest = 0, since;
    struct sighand *sighand = sighand_lock_process(process);
    list_for_each(link, &process->threads)
    {
        struct thread *thread = thread_of_link(link);
        bool quiet = thread_is_quiet(thread, &since) && !thread->user->held;
        latest = max_u64(latest, quiet ? since : now);
    }
    spin_unlock(&sighand->lock);
    return now > latest ? now - latest : 0;
}

/*
 * The queue of ready threads; the rule is in ready.h.
 */
#include "kernel/ready.h"

#include "kernel/cpu.h"
#include "kernel/list.h"
#include "kernel/thread.h"

static struct list queue = LIST_INIT(queue);
static volatile unsigned count;

uint32_t ready_share(int nice)
{
    uint32_t share = SHARE_ONE;
    for (; nice > 0; nice--)
        share = share * 4 / 5;
    for (; nice < 0; nice++)
        share = share * 5 / 4;
    return share;
}

/* Its turn has come: whole shares of its credit become the slice. */
static void credit(struct thread *thread)
{
    thread->credit += thread->share;
    thread->slice = thread->credit / SHARE_ONE;
    thread->credit %= SHARE_ONE;
    if (thread->slice > SLICE_TICKS_MAX)
        thread->slice = SLICE_TICKS_MAX;
}

void ready_push_front(struct thread *thread)
{
    list_push_front(&queue, &thread->run_link);
    count++;
}

void ready_push_back(struct thread *thread)
{
    thread->slice = 0;
    list_push_back(&queue, &thread->run_link);
    count++;
}

static inline struct thread *thread_of(struct list *link)
{
    return list_entry(link, struct thread, run_link);
}

static inline bool may_run(const struct thread *thread, const struct cpu *cpu)
{
    return (thread->allowed_cpus >> cpu->id & 1) != 0;
}

/* Goes once round the queue, to the first whose turn gives it a slice; null if there is none. */
static struct thread *take_turn(const struct cpu *cpu)
{
    unsigned turns = count;
    list_for_each_safe(link, after, &queue)
    {
        struct thread *thread = thread_of(link);
        if (turns-- == 0)
            break;
        if (!may_run(thread, cpu))
            continue;
        if (thread->slice == 0)
            credit(thread);
        if (thread->slice > 0)
            return thread;
        list_remove(&thread->run_link);
        list_push_back(&queue, &thread->run_link);
    }
    return NULL;
}

/* After a round without result: what the rounds up to the one before the first slice would do. False if nobody may run. */
static bool skip_rounds(const struct cpu *cpu)
{
    uint32_t rounds = UINT32_MAX;
    list_for_each(link, &queue)
    {
        const struct thread *thread = thread_of(link);
        uint32_t needed = (SHARE_ONE - 1 - thread->credit) / thread->share;
        if (may_run(thread, cpu) && needed < rounds)
            rounds = needed;
    }
    if (rounds == UINT32_MAX)
        return false;
    list_for_each(link, &queue)
    {
        struct thread *thread = thread_of(link);
        if (may_run(thread, cpu))
            thread->credit += rounds * thread->share;
    }
    return true;
}

struct thread *ready_take(const struct cpu *cpu)
{
    if (list_is_empty(&queue))
        return NULL;
    struct thread *thread = take_turn(cpu);
    if (thread == NULL && skip_rounds(cpu))
        thread = take_turn(cpu);
    if (thread == NULL)
        return NULL;
    list_remove(&thread->run_link);
    count--;
    return thread;
}

bool ready_has_for(const struct cpu *cpu)
{
    list_for_each(link, &queue)
    {
        if (may_run(thread_of(link), cpu))
            return true;
    }
    return false;
}

unsigned ready_count(void)
{
    return count;
}

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

/* One turn has come: credit for it, and whole shares of that become the slice. */
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
    credit(thread);
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

/*
 * One round over the queue: who has no slice gets credit for it. When nobody comes to a slice by that, the one nearest to
 * it runs.
 */
static struct thread *choose_in_round(const struct cpu *cpu)
{
    struct thread *nearest = NULL;
    list_for_each(link, &queue)
    {
        struct thread *thread = thread_of(link);
        if (!may_run(thread, cpu))
            continue;
        if (thread->slice == 0)
            credit(thread);
        if (thread->slice > 0)
            return thread;
        if (nearest == NULL || thread->credit > nearest->credit)
            nearest = thread;
    }
    if (nearest != NULL) {
        nearest->slice = 1;
        nearest->credit = 0;
    }
    return nearest;
}

struct thread *ready_take(const struct cpu *cpu)
{
    if (list_is_empty(&queue))
        return NULL;
    struct thread *thread = thread_of(queue.next);
    if (thread->slice == 0 || !may_run(thread, cpu))
        thread = choose_in_round(cpu);
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

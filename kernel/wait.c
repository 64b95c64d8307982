/*
 * Wait queues; the contract and the picture are in wait.h.
 *
 * A wake-up takes the queue's lock, then the run queue's (through thread_wake). The sleeper takes them one after the other, never both: between
 * entering the queue and sleeping, a wake-up only sets thread->woken, which wait_sleep() consumes.
 */
#include "kernel/wait.h"

#include "kernel/abi/errno.h"
#include "kernel/cpu.h"
#include "kernel/signal.h"
#include "kernel/thread.h"
#include "kernel/time.h"

void waitqueue_init(struct waitqueue *queue)
{
    spin_init(&queue->lock, RANK_WAITQUEUE);
    list_init(&queue->waiters);
}

/* Whoever is in the queue looks at its condition next: the fence keeps that look behind the entry (nobody_waits). */
static void enter(struct waitqueue *queue, struct wait_entry *entry)
{
    spin_lock(&queue->lock);
    list_push_back(&queue->waiters, &entry->link);
    spin_unlock(&queue->lock);
    atomic_thread_fence(memory_order_seq_cst);
}

void wait_prepare(struct waitqueue *queue, struct wait_entry *entry, bool interruptible)
{
    struct thread *thread = thread_current();
    thread->wait_interruptible = interruptible;
    thread->waiting_for = queue;
    *entry = (struct wait_entry){.thread = thread, .queue = queue};
    enter(queue, entry);
}

void wait_listen(struct waitqueue *queue, struct wait_entry *entry, void (*woken)(struct wait_entry *entry))
{
    *entry = (struct wait_entry){.woken = woken, .queue = queue};
    enter(queue, entry);
}

void wait_unlisten(struct wait_entry *entry)
{
    spin_lock(&entry->queue->lock);
    list_remove(&entry->link);
    spin_unlock(&entry->queue->lock);
}

static void deadline_reached(struct timer *timer)
{
    thread_wake(timer->argument);
}

/* Sleeps until woken or until `deadline`. */
static int block_until(struct thread *thread, uint64_t deadline, bool interruptible)
{
    if (time_now() >= deadline)
        return -ETIMEDOUT;
    struct timer timer = {.function = deadline_reached, .argument = thread};
    timer_start(&timer, deadline);
    sched_block(&thread->woken, interruptible);
    bool was_armed = timer_cancel(&timer);
    return was_armed || time_now() < deadline ? 0 : -ETIMEDOUT;
}

int wait_sleep(uint64_t deadline)
{
    struct thread *thread = thread_current();
    might_sleep();
    if (thread->wait_interruptible && thread->signal_wanted && signal_is_pending())
        return -EINTR;
    if (deadline != 0)
        return block_until(thread, deadline, thread->wait_interruptible);
    sched_block(&thread->woken, thread->wait_interruptible);
    return 0;
}

void wait_finish(struct wait_entry *entry)
{
    struct waitqueue *queue = entry->queue;
    spin_lock(&queue->lock);
    if (list_is_linked(&entry->link))
        list_remove(&entry->link);
    spin_unlock(&queue->lock);
    entry->thread->waiting_for = NULL;
}

/*
 * The waiters stay in the queue until they leave by themselves. Looking for an empty queue without its lock is right: a sleeper
 * that enters later tests its condition afterwards, and the caller has made that true before. Each side has a fence between its
 * store and its load; with one of them missing, the sleeper could miss the condition and the waker the sleeper.
 */
static inline bool nobody_waits(const struct waitqueue *queue)
{
    atomic_thread_fence(memory_order_seq_cst);
    return list_is_empty(&queue->waiters);
}

static void entry_wake(struct wait_entry *entry)
{
    if (entry->woken != NULL)
        entry->woken(entry);
    else
        thread_wake(entry->thread);
}

void wait_wake_all(struct waitqueue *queue)
{
    if (nobody_waits(queue))
        return;
    spin_lock(&queue->lock);
    list_for_each(link, &queue->waiters) entry_wake(list_entry(link, struct wait_entry, link));
    spin_unlock(&queue->lock);
}

int thread_sleep_until(uint64_t deadline, bool interruptible)
{
    struct thread *thread = thread_current();
    int result = 0;
    thread->wait_interruptible = interruptible;
    while (result == 0 && time_now() < deadline)
        result = wait_sleep(deadline);
    return result == -EINTR ? -EINTR : 0;
}

/*
 * Wait queues: how a thread sleeps until something it names becomes true.
 *
 *     wait_event(&queue, condition)            the waker:  make the condition true; wait_wake_all(&queue)
 *
 * The sleeper enters the queue before it tests the condition, so a wake-up between the test and the sleep is not lost. The
 * condition is evaluated with no lock of this file held; it may be spurious-wakeup safe only because it is tested again. Once it was true it is not
 * evaluated any more, so it may take what is waited for: wait_event(&queue, (thing = thing_try_take()) != NULL).
 *
 * Who must not sleep listens instead: wait_listen() has a function called at each wake-up (epoll).
 *
 * Locks: each queue has a spin lock (RANK_WAITQUEUE). Wakers may be interrupt handlers and may hold spin locks of lower rank.
 */
#ifndef KERNEL_WAIT_H
#define KERNEL_WAIT_H

#include "kernel/list.h"
#include "kernel/lock.h"
#include "kernel/types.h"

struct thread;

struct waitqueue {
    struct spinlock lock;
    struct list waiters; /* struct wait_entry */
};

#define WAITQUEUE_INIT(queue)                                                                                          \
    {                                                                                                                  \
        .lock = SPINLOCK_INIT(RANK_WAITQUEUE), .waiters = LIST_INIT((queue).waiters)                                   \
    }

/*
 * One thread's place in one queue; on the sleeper's stack. A thread may wait on several queues at once (poll). Or a
 * listener's, with a function in place of the thread.
 */
struct wait_entry {
    struct list link;
    struct thread *thread;
    void (*woken)(struct wait_entry *entry); /* null: a thread's */
    struct waitqueue *queue;
};

void waitqueue_init(struct waitqueue *queue);

/* Makes the running thread a sleeper on `queue`; it still runs until wait_sleep(). May be called for several queues. */
void wait_prepare(struct waitqueue *queue, struct wait_entry *entry, bool interruptible);

/*
 * Sleeps until woken or until `deadline` (time_now() nanoseconds; 0: no limit). Returns 0 when woken, -ETIMEDOUT, or -EINTR when
 * the wait is interruptible and a signal is pending.
 */
int wait_sleep(uint64_t deadline);

/* Leaves `queue`; the thread is running again. */
void wait_finish(struct wait_entry *entry);

/*
 * Has `woken` called at each wake-up of `queue`, under the queue's lock, in the waker's context, until wait_unlisten(), after
 * which it does not run. It may take spin locks above RANK_WAITQUEUE.
 */
void wait_listen(struct waitqueue *queue, struct wait_entry *entry, void (*woken)(struct wait_entry *entry));
void wait_unlisten(struct wait_entry *entry);

void wait_wake_all(struct waitqueue *queue);

/* Sleeps until `condition`; not interruptible. */
#define wait_event(queue, condition)                                                                                   \
    do {                                                                                                               \
        bool wait_over_ = (condition);                                                                                 \
        while (!wait_over_) {                                                                                          \
            struct wait_entry wait_entry_;                                                                             \
            wait_prepare((queue), &wait_entry_, false);                                                                \
            wait_over_ = (condition);                                                                                  \
            if (!wait_over_)                                                                                           \
                (void)wait_sleep(0);                                                                                   \
            wait_finish(&wait_entry_);                                                                                 \
            wait_over_ = wait_over_ || (condition);                                                                    \
        }                                                                                                              \
    } while (0)

/* Sleeps until `condition`, a signal (-EINTR) or `deadline` (-ETIMEDOUT; 0: none). The value is 0 when the condition holds. */
#define wait_event_interruptible(queue, condition, deadline)                                                           \
    ({                                                                                                                 \
        int wait_result_ = 0;                                                                                          \
        bool wait_over_ = (condition);                                                                                 \
        while (wait_result_ == 0 && !wait_over_) {                                                                     \
            struct wait_entry wait_entry_;                                                                             \
            wait_prepare((queue), &wait_entry_, true);                                                                 \
            wait_over_ = (condition);                                                                                  \
            if (!wait_over_)                                                                                           \
                wait_result_ = wait_sleep(deadline);                                                                   \
            wait_finish(&wait_entry_);                                                                                 \
            wait_over_ = wait_over_ || (condition);                                                                    \
        }                                                                                                              \
        wait_over_ ? 0 : wait_result_;                                                                                 \
    })

#endif

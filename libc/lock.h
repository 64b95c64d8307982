/*
 * A lock for the library's own data.  It costs one comparison as long as there is only one thread.
 *
 *     state:  0 free   1 taken   2 taken, and somebody may be waiting (Drepper, Futexes are tricky, mutex 2)
 */
#ifndef CLOCKHAND_LIBC_LOCK_H
#define CLOCKHAND_LIBC_LOCK_H

#include <stdatomic.h>
#include <stdbool.h>

struct lock {
    atomic_int state;
};

/* Set by the first pthread_create, before the thread runs, and when the only thread is cancelled. */
extern bool threads_running;

/* The slow ways: wait until the lock is ours; wake one who waits. */
void lock_wait(struct lock *lock);
void lock_wake(struct lock *lock);

static inline void lock_take(struct lock *lock)
{
    int none = 0;

    if (threads_running && !atomic_compare_exchange_strong(&lock->state, &none, 1))
        lock_wait(lock);
}

/* Whether the lock is ours now. */
static inline bool lock_try(struct lock *lock)
{
    int none = 0;

    return !threads_running || atomic_compare_exchange_strong(&lock->state, &none, 1);
}

static inline void lock_give(struct lock *lock)
{
    if (threads_running && atomic_exchange(&lock->state, 0) == 2)
        lock_wake(lock);
}

#endif

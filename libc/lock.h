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

/* Whether the lock is ours now. The three with `always` also work with one thread, for what is held while the second starts. */
static inline bool lock_always_try(struct lock *lock)
{
    int none = 0;

    return atomic_compare_exchange_strong(&lock->state, &none, 1);
}

static inline void lock_always_take(struct lock *lock)
{
    if (!lock_always_try(lock))
        lock_wait(lock);
}

static inline void lock_always_give(struct lock *lock)
{
    if (atomic_exchange(&lock->state, 0) == 2)
        lock_wake(lock);
}

static inline void lock_take(struct lock *lock)
{
    if (threads_running)
        lock_always_take(lock);
}

static inline bool lock_try(struct lock *lock)
{
    return !threads_running || lock_always_try(lock);
}

static inline void lock_give(struct lock *lock)
{
    if (threads_running)
        lock_always_give(lock);
}

#endif

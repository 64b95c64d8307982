/* The library's lock when two threads meet at it. */
#include "libc/lock.h"

#include "libc/futex.h"

bool threads_running;

void lock_wait(struct lock *lock)
{
    while (atomic_exchange(&lock->state, 2))
        futex_wait(&lock->state, 2);
}

void lock_wake(struct lock *lock)
{
    futex_wake(&lock->state, 1);
}

/*
 * Mutexes on futexes. A mutex's state is that of libc/lock.h; a robust one's is in pthread_robust.c.
 */
#include <errno.h>
#include <pthread.h>
#include <unistd.h>

#include "libc/futex.h"
#include "libc/pthread_robust.h"
#include "libc/thread.h"

static atomic_int *word(pthread_mutex_t *mutex)
{
    return (atomic_int *)&mutex->state;
}

/* By what the running thread is told from others. A forked child's has the same address as its parent's: between processes, its number. */
static unsigned long self_for(const pthread_mutex_t *mutex)
{
    if (mutex->shared && mutex->type != PTHREAD_MUTEX_NORMAL)
        return (unsigned long)gettid();
    return (unsigned long)thread_self();
}

int pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attributes)
{
    *mutex = (pthread_mutex_t){0};
    if (attributes) {
        mutex->type = attributes->type;
        mutex->shared = attributes->shared;
        mutex->robust = attributes->robust;
    }
    return 0;
}

int pthread_mutex_destroy(pthread_mutex_t *mutex)
{
    return mutex->state && !mutex->robust ? EBUSY : 0;
}

/* What a mutex that its own thread takes again does, by its type: -1 to go on as usual. */
static int mutex_again(pthread_mutex_t *mutex, int otherwise)
{
    if (mutex->type == PTHREAD_MUTEX_NORMAL || mutex->owner != self_for(mutex))
        return -1;
    if (mutex->type == PTHREAD_MUTEX_ERRORCHECK)
        return otherwise;
    mutex->depth++;
    return 0;
}

int pthread_mutex_trylock(pthread_mutex_t *mutex)
{
    int none = 0, again;

    if (mutex->robust)
        return robust_lock(mutex, NULL, true);
    again = mutex_again(mutex, EBUSY);
    if (again >= 0)
        return again;
    if (!atomic_compare_exchange_strong(word(mutex), &none, 1))
        return EBUSY;
    mutex->owner = self_for(mutex);
    return 0;
}

int pthread_mutex_clocklock(pthread_mutex_t *mutex, clockid_t clock, const struct timespec *until)
{
    struct futex_terms terms = {.until = until, .clock = clock, .shared = mutex->shared};
    int none = 0, again;

    if (mutex->robust)
        return robust_lock(mutex, &terms, false);
    again = mutex_again(mutex, EDEADLK);
    if (again >= 0)
        return again;
    if (!atomic_compare_exchange_strong(word(mutex), &none, 1))
        while (atomic_exchange(word(mutex), 2)) {
            int error = futex_wait_on(word(mutex), 2, &terms);
            if (error == ETIMEDOUT || error == EINVAL)
                return error;
        }
    mutex->owner = self_for(mutex);
    return 0;
}

int pthread_mutex_timedlock(pthread_mutex_t *mutex, const struct timespec *until)
{
    return pthread_mutex_clocklock(mutex, CLOCK_REALTIME, until);
}

int pthread_mutex_lock(pthread_mutex_t *mutex)
{
    return pthread_mutex_timedlock(mutex, NULL);
}

int pthread_mutex_unlock(pthread_mutex_t *mutex)
{
    if (mutex->robust)
        return robust_unlock(mutex);
    if (mutex->type != PTHREAD_MUTEX_NORMAL && mutex->owner != self_for(mutex))
        return EPERM;
    if (mutex->depth) {
        mutex->depth--;
        return 0;
    }
    bool shared = mutex->shared;
    mutex->owner = 0;
    if (atomic_exchange(word(mutex), 0) == 2)
        futex_wake_on(word(mutex), 1, shared);
    return 0;
}

int pthread_mutexattr_init(pthread_mutexattr_t *attributes)
{
    *attributes = (pthread_mutexattr_t){.type = PTHREAD_MUTEX_DEFAULT};
    return 0;
}

int pthread_mutexattr_destroy(pthread_mutexattr_t *attributes)
{
    (void)attributes;
    return 0;
}

/* Sets *place to a value from 0 to `most`. */
static int attribute_set(int *place, int value, int most)
{
    if (value < 0 || value > most)
        return EINVAL;
    *place = value;
    return 0;
}

int pthread_mutexattr_settype(pthread_mutexattr_t *attributes, int type)
{
    return attribute_set(&attributes->type, type, PTHREAD_MUTEX_ERRORCHECK);
}

int pthread_mutexattr_gettype(const pthread_mutexattr_t *attributes, int *type)
{
    *type = attributes->type;
    return 0;
}

int pthread_mutexattr_setpshared(pthread_mutexattr_t *attributes, int shared)
{
    return attribute_set(&attributes->shared, shared, PTHREAD_PROCESS_SHARED);
}

int pthread_mutexattr_getpshared(const pthread_mutexattr_t *attributes, int *shared)
{
    *shared = attributes->shared;
    return 0;
}

int pthread_mutexattr_setrobust(pthread_mutexattr_t *attributes, int robust)
{
    return attribute_set(&attributes->robust, robust, PTHREAD_MUTEX_ROBUST);
}

int pthread_mutexattr_getrobust(const pthread_mutexattr_t *attributes, int *robust)
{
    *robust = attributes->robust;
    return 0;
}

/*
 * Condition variables. One counts its signals: who waits remembers the count while he still has the mutex, and sleeps only as long
 * as it has not moved.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>

#include "libc/futex.h"
#include "libc/pthread_cond.h"

static atomic_int *word(int *plain)
{
    return (atomic_int *)plain;
}

int pthread_cond_init(pthread_cond_t *condition, const pthread_condattr_t *attributes)
{
    *condition = (pthread_cond_t){0};
    if (attributes) {
        condition->clock = attributes->clock;
        condition->shared = attributes->shared;
    }
    return 0;
}

/* Those that were woken may not have left yet: their last access is to take themselves from the count. */
int pthread_cond_destroy(pthread_cond_t *condition)
{
    while (atomic_load(word(&condition->waiting)))
        sched_yield();
    return 0;
}

/* The end of waiting, also of a thread that is cancelled: its handlers find the mutex locked. */
struct wait {
    pthread_cond_t *condition;
    pthread_mutex_t *mutex;
    int error;
};

static void wait_end(void *argument)
{
    struct wait *wait = argument;

    atomic_fetch_sub(word(&wait->condition->waiting), 1);
    wait->error = pthread_mutex_lock(wait->mutex);
}

static int wait_on(pthread_cond_t *condition, pthread_mutex_t *mutex, const struct futex_terms *terms)
{
    int changes = atomic_load(word(&condition->changes)), error = 0;
    struct wait wait = {condition, mutex, 0};

    if (terms->point)
        pthread_testcancel();
    atomic_fetch_add(word(&condition->waiting), 1);
    error = pthread_mutex_unlock(mutex);
    if (error) {
        atomic_fetch_sub(word(&condition->waiting), 1);
        return error;
    }
    pthread_cleanup_push(wait_end, &wait);
    error = futex_wait_on(word(&condition->changes), changes, terms);
    pthread_cleanup_pop(1);
    if (wait.error)
        return wait.error;
    return error == ETIMEDOUT || error == EINVAL ? error : 0;
}

int pthread_cond_clockwait(pthread_cond_t *condition, pthread_mutex_t *mutex, clockid_t clock,
                           const struct timespec *until)
{
    struct futex_terms terms = {.until = until, .clock = clock, .shared = condition->shared, .point = true};

    return wait_on(condition, mutex, &terms);
}

int pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *until)
{
    return pthread_cond_clockwait(condition, mutex, condition->clock, until);
}

int pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex)
{
    return pthread_cond_timedwait(condition, mutex, NULL);
}

int condition_wait(pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *until)
{
    struct futex_terms terms = {.until = until, .clock = condition->clock, .shared = condition->shared};

    return wait_on(condition, mutex, &terms);
}

static int condition_wake(pthread_cond_t *condition, int count)
{
    if (!atomic_load(word(&condition->waiting)))
        return 0;
    atomic_fetch_add(word(&condition->changes), 1);
    futex_wake_on(word(&condition->changes), count, condition->shared);
    return 0;
}

int pthread_cond_signal(pthread_cond_t *condition)
{
    return condition_wake(condition, 1);
}

int pthread_cond_broadcast(pthread_cond_t *condition)
{
    return condition_wake(condition, INT_MAX);
}

int pthread_condattr_init(pthread_condattr_t *attributes)
{
    *attributes = (pthread_condattr_t){.clock = CLOCK_REALTIME};
    return 0;
}

int pthread_condattr_destroy(pthread_condattr_t *attributes)
{
    (void)attributes;
    return 0;
}

int pthread_condattr_setclock(pthread_condattr_t *attributes, clockid_t clock)
{
    if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC)
        return EINVAL;
    attributes->clock = clock;
    return 0;
}

int pthread_condattr_getclock(const pthread_condattr_t *attributes, clockid_t *clock)
{
    *clock = attributes->clock;
    return 0;
}

int pthread_condattr_setpshared(pthread_condattr_t *attributes, int shared)
{
    if (shared != PTHREAD_PROCESS_PRIVATE && shared != PTHREAD_PROCESS_SHARED)
        return EINVAL;
    attributes->shared = shared;
    return 0;
}

int pthread_condattr_getpshared(const pthread_condattr_t *attributes, int *shared)
{
    *shared = attributes->shared;
    return 0;
}

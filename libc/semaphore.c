/* Semaphores without a name, between threads or processes. */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>

#include "libc/futex.h"

static atomic_int *word(int *plain)
{
    return (atomic_int *)plain;
}

static int fail(int error)
{
    errno = error;
    return -1;
}

int sem_init(sem_t *semaphore, int shared, unsigned value)
{
    if (value > SEM_VALUE_MAX)
        return fail(EINVAL);
    *semaphore = (sem_t){.value = (int)value, .shared = shared != 0};
    return 0;
}

int sem_destroy(sem_t *semaphore)
{
    (void)semaphore;
    return 0;
}

int sem_trywait(sem_t *semaphore)
{
    int value = atomic_load(word(&semaphore->value));

    while (value > 0)
        if (atomic_compare_exchange_weak(word(&semaphore->value), &value, value - 1))
            return 0;
    return fail(EAGAIN);
}

/* What a waiter who is cancelled leaves as well. */
static void waiting_end(void *semaphore)
{
    atomic_fetch_sub(word(&((sem_t *)semaphore)->waiting), 1);
}

int sem_clockwait(sem_t *semaphore, clockid_t clock, const struct timespec *until)
{
    struct futex_terms terms = {.until = until, .clock = clock, .shared = semaphore->shared, .point = true};
    int error = 0;

    pthread_testcancel();
    while (sem_trywait(semaphore)) {
        if (error == ETIMEDOUT || error == EINTR || error == EINVAL)
            return fail(error);
        atomic_fetch_add(word(&semaphore->waiting), 1);
        pthread_cleanup_push(waiting_end, semaphore);
        error = futex_wait_on(word(&semaphore->value), 0, &terms);
        pthread_cleanup_pop(1);
    }
    return 0;
}

int sem_timedwait(sem_t *semaphore, const struct timespec *until)
{
    return sem_clockwait(semaphore, CLOCK_REALTIME, until);
}

int sem_wait(sem_t *semaphore)
{
    return sem_timedwait(semaphore, NULL);
}

int sem_post(sem_t *semaphore)
{
    int value = atomic_load(word(&semaphore->value));
    bool shared = semaphore->shared;

    do
        if (value == SEM_VALUE_MAX)
            return fail(EOVERFLOW);
    while (!atomic_compare_exchange_weak(word(&semaphore->value), &value, value + 1));
    if (atomic_load(word(&semaphore->waiting)))
        futex_wake_on(word(&semaphore->value), 1, shared);
    return 0;
}

int sem_getvalue(sem_t *semaphore, int *value)
{
    *value = atomic_load(word(&semaphore->value));
    return 0;
}

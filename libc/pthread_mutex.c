/*
 * Mutexes, condition variables and semaphores on futexes.
 *
 * A mutex's state is that of libc/lock.h.  A condition variable counts its signals: who waits remembers the count while he
 * still has the mutex, and sleeps only as long as it has not moved.
 */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>

#include "libc/futex.h"
#include "libc/thread.h"

static atomic_int *word(int *plain)
{
    return (atomic_int *)plain;
}

int pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attributes)
{
    *mutex = (pthread_mutex_t){.type = attributes ? attributes->type : PTHREAD_MUTEX_DEFAULT};
    return 0;
}

int pthread_mutex_destroy(pthread_mutex_t *mutex)
{
    return mutex->state ? EBUSY : 0;
}

/* What a mutex that its own thread takes again does, by its type: -1 to go on as usual. */
static int mutex_again(pthread_mutex_t *mutex, int otherwise)
{
    if (mutex->type == PTHREAD_MUTEX_NORMAL || mutex->owner != thread_self())
        return -1;
    if (mutex->type == PTHREAD_MUTEX_ERRORCHECK)
        return otherwise;
    mutex->depth++;
    return 0;
}

int pthread_mutex_trylock(pthread_mutex_t *mutex)
{
    int none = 0, again = mutex_again(mutex, EBUSY);

    if (again >= 0)
        return again;
    if (!atomic_compare_exchange_strong(word(&mutex->state), &none, 1))
        return EBUSY;
    mutex->owner = thread_self();
    return 0;
}

int pthread_mutex_timedlock(pthread_mutex_t *mutex, const struct timespec *until)
{
    int none = 0, again = mutex_again(mutex, EDEADLK);

    if (again >= 0)
        return again;
    if (!atomic_compare_exchange_strong(word(&mutex->state), &none, 1))
        while (atomic_exchange(word(&mutex->state), 2)) {
            if (!until)
                futex_wait(word(&mutex->state), 2);
            else if (futex_wait_until(word(&mutex->state), 2, until) == ETIMEDOUT)
                return ETIMEDOUT;
        }
    mutex->owner = thread_self();
    return 0;
}

int pthread_mutex_lock(pthread_mutex_t *mutex)
{
    return pthread_mutex_timedlock(mutex, NULL);
}

int pthread_mutex_unlock(pthread_mutex_t *mutex)
{
    if (mutex->type != PTHREAD_MUTEX_NORMAL && mutex->owner != thread_self())
        return EPERM;
    if (mutex->depth) {
        mutex->depth--;
        return 0;
    }
    mutex->owner = NULL;
    if (atomic_exchange(word(&mutex->state), 0) == 2)
        futex_wake(word(&mutex->state), 1);
    return 0;
}

int pthread_mutexattr_init(pthread_mutexattr_t *attributes)
{
    attributes->type = PTHREAD_MUTEX_DEFAULT;
    return 0;
}

int pthread_mutexattr_destroy(pthread_mutexattr_t *attributes)
{
    (void)attributes;
    return 0;
}

int pthread_mutexattr_settype(pthread_mutexattr_t *attributes, int type)
{
    if (type < PTHREAD_MUTEX_NORMAL || type > PTHREAD_MUTEX_ERRORCHECK)
        return EINVAL;
    attributes->type = type;
    return 0;
}

int pthread_mutexattr_gettype(const pthread_mutexattr_t *attributes, int *type)
{
    *type = attributes->type;
    return 0;
}

int pthread_cond_init(pthread_cond_t *condition, const pthread_condattr_t *attributes)
{
    (void)attributes;
    *condition = (pthread_cond_t){0};
    return 0;
}

int pthread_cond_destroy(pthread_cond_t *condition)
{
    (void)condition;
    return 0;
}

int pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *until)
{
    int changes = atomic_load(word(&condition->changes)), error = 0;

    atomic_fetch_add(word(&condition->waiting), 1);
    pthread_mutex_unlock(mutex);
    if (until)
        error = futex_wait_until(word(&condition->changes), changes, until);
    else
        futex_wait(word(&condition->changes), changes);
    atomic_fetch_sub(word(&condition->waiting), 1);
    pthread_mutex_lock(mutex);
    return error == ETIMEDOUT || error == EINVAL ? error : 0;
}

int pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex)
{
    return pthread_cond_timedwait(condition, mutex, NULL);
}

static int condition_wake(pthread_cond_t *condition, int count)
{
    if (!atomic_load(word(&condition->waiting)))
        return 0;
    atomic_fetch_add(word(&condition->changes), 1);
    futex_wake(word(&condition->changes), count);
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

int sem_init(sem_t *semaphore, int shared, unsigned value)
{
    if (shared || value > SEM_VALUE_MAX) {
        errno = shared ? ENOSYS : EINVAL;
        return -1;
    }
    *semaphore = (sem_t){.value = (int)value};
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
    errno = EAGAIN;
    return -1;
}

int sem_timedwait(sem_t *semaphore, const struct timespec *until)
{
    int error = 0;

    while (sem_trywait(semaphore)) {
        if (error == ETIMEDOUT) {
            errno = error;
            return -1;
        }
        atomic_fetch_add(word(&semaphore->waiting), 1);
        if (until)
            error = futex_wait_until(word(&semaphore->value), 0, until);
        else
            futex_wait(word(&semaphore->value), 0);
        atomic_fetch_sub(word(&semaphore->waiting), 1);
    }
    return 0;
}

int sem_wait(sem_t *semaphore)
{
    return sem_timedwait(semaphore, NULL);
}

int sem_post(sem_t *semaphore)
{
    atomic_fetch_add(word(&semaphore->value), 1);
    if (atomic_load(word(&semaphore->waiting)))
        futex_wake(word(&semaphore->value), 1);
    return 0;
}

int sem_getvalue(sem_t *semaphore, int *value)
{
    *value = atomic_load(word(&semaphore->value));
    return 0;
}

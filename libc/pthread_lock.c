/* Locks made of mutexes and condition variables: readers and writers, barriers. And spin locks. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "libc/pthread_cond.h"

static int shared_set(int *place, int shared)
{
    if (shared < 0 || shared > PTHREAD_PROCESS_SHARED)
        return EINVAL;
    *place = shared;
    return 0;
}

int pthread_rwlock_init(pthread_rwlock_t *lock, const pthread_rwlockattr_t *attributes)
{
    int shared = attributes ? attributes->shared : PTHREAD_PROCESS_PRIVATE;

    *lock = (pthread_rwlock_t){.mutex.shared = shared, .changed.shared = shared};
    return 0;
}

int pthread_rwlock_destroy(pthread_rwlock_t *lock)
{
    return lock->readers ? EBUSY : 0;
}

int pthread_rwlock_tryrdlock(pthread_rwlock_t *lock)
{
    pthread_mutex_lock(&lock->mutex);
    int busy = lock->readers < 0;
    lock->readers += !busy;
    pthread_mutex_unlock(&lock->mutex);
    return busy ? EBUSY : 0;
}

/* Writers that wait go first, or there might never be a moment without readers. */
int pthread_rwlock_timedrdlock(pthread_rwlock_t *lock, const struct timespec *until)
{
    int error = 0;

    pthread_mutex_lock(&lock->mutex);
    while (!error && (lock->readers < 0 || (lock->writers_waiting && !lock->readers)))
        error = condition_wait(&lock->changed, &lock->mutex, until);
    lock->readers += !error;
    pthread_mutex_unlock(&lock->mutex);
    return error;
}

int pthread_rwlock_rdlock(pthread_rwlock_t *lock)
{
    return pthread_rwlock_timedrdlock(lock, NULL);
}

int pthread_rwlock_trywrlock(pthread_rwlock_t *lock)
{
    pthread_mutex_lock(&lock->mutex);
    int busy = lock->readers != 0;
    if (!busy)
        lock->readers = -1;
    pthread_mutex_unlock(&lock->mutex);
    return busy ? EBUSY : 0;
}

/* A writer who gives up may have kept readers waiting. */
int pthread_rwlock_timedwrlock(pthread_rwlock_t *lock, const struct timespec *until)
{
    int error = 0;

    pthread_mutex_lock(&lock->mutex);
    lock->writers_waiting++;
    while (!error && lock->readers)
        error = condition_wait(&lock->changed, &lock->mutex, until);
    lock->writers_waiting--;
    if (!error)
        lock->readers = -1;
    else
        pthread_cond_broadcast(&lock->changed);
    pthread_mutex_unlock(&lock->mutex);
    return error;
}

int pthread_rwlock_wrlock(pthread_rwlock_t *lock)
{
    return pthread_rwlock_timedwrlock(lock, NULL);
}

int pthread_rwlock_unlock(pthread_rwlock_t *lock)
{
    pthread_mutex_lock(&lock->mutex);
    lock->readers = lock->readers < 0 ? 0 : lock->readers - 1;
    if (!lock->readers)
        pthread_cond_broadcast(&lock->changed);
    pthread_mutex_unlock(&lock->mutex);
    return 0;
}

int pthread_barrier_init(pthread_barrier_t *barrier, const pthread_barrierattr_t *attributes, unsigned count)
{
    int shared = attributes ? attributes->shared : PTHREAD_PROCESS_PRIVATE;

    if (!count)
        return EINVAL;
    *barrier = (pthread_barrier_t){.mutex.shared = shared, .full.shared = shared, .count = count};
    return 0;
}

/* The first to return may destroy it while others are still on their way out: waits for them. */
int pthread_barrier_destroy(pthread_barrier_t *barrier)
{
    if (barrier->waiting)
        return EBUSY;
    while (atomic_load((atomic_int *)&barrier->inside))
        sched_yield();
    return 0;
}

/* The round tells those of this time from early ones of the next. */
int pthread_barrier_wait(pthread_barrier_t *barrier)
{
    atomic_fetch_add((atomic_int *)&barrier->inside, 1);
    pthread_mutex_lock(&barrier->mutex);
    unsigned round = barrier->round;
    int last = ++barrier->waiting == barrier->count;
    if (last) {
        barrier->waiting = 0;
        barrier->round++;
        pthread_cond_broadcast(&barrier->full);
    }
    while (!last && barrier->round == round)
        condition_wait(&barrier->full, &barrier->mutex, NULL);
    pthread_mutex_unlock(&barrier->mutex);
    atomic_fetch_sub((atomic_int *)&barrier->inside, 1);
    return last ? PTHREAD_BARRIER_SERIAL_THREAD : 0;
}

int pthread_spin_init(pthread_spinlock_t *lock, int shared)
{
    (void)shared;
    *lock = 0;
    return 0;
}

int pthread_spin_destroy(pthread_spinlock_t *lock)
{
    (void)lock;
    return 0;
}

int pthread_spin_trylock(pthread_spinlock_t *lock)
{
    return atomic_exchange((atomic_int *)lock, 1) ? EBUSY : 0;
}

int pthread_spin_lock(pthread_spinlock_t *lock)
{
    while (pthread_spin_trylock(lock))
        __builtin_ia32_pause();
    return 0;
}

int pthread_spin_unlock(pthread_spinlock_t *lock)
{
    atomic_store((atomic_int *)lock, 0);
    return 0;
}

int pthread_rwlockattr_init(pthread_rwlockattr_t *attributes)
{
    *attributes = (pthread_rwlockattr_t){0};
    return 0;
}

int pthread_rwlockattr_destroy(pthread_rwlockattr_t *attributes)
{
    (void)attributes;
    return 0;
}

int pthread_rwlockattr_setpshared(pthread_rwlockattr_t *attributes, int shared)
{
    return shared_set(&attributes->shared, shared);
}

int pthread_rwlockattr_getpshared(const pthread_rwlockattr_t *attributes, int *shared)
{
    *shared = attributes->shared;
    return 0;
}

int pthread_barrierattr_init(pthread_barrierattr_t *attributes)
{
    *attributes = (pthread_barrierattr_t){0};
    return 0;
}

int pthread_barrierattr_destroy(pthread_barrierattr_t *attributes)
{
    (void)attributes;
    return 0;
}

int pthread_barrierattr_setpshared(pthread_barrierattr_t *attributes, int shared)
{
    return shared_set(&attributes->shared, shared);
}

int pthread_barrierattr_getpshared(const pthread_barrierattr_t *attributes, int *shared)
{
    *shared = attributes->shared;
    return 0;
}

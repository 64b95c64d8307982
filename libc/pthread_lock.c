/* Locks made of mutexes and condition variables: readers and writers, barriers. And spin locks. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

int pthread_rwlock_init(pthread_rwlock_t *lock, const pthread_rwlockattr_t *attributes)
{
    (void)attributes;
    *lock = (pthread_rwlock_t){.readers = 0};
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
int pthread_rwlock_rdlock(pthread_rwlock_t *lock)
{
    pthread_mutex_lock(&lock->mutex);
    while (lock->readers < 0 || (lock->writers_waiting && !lock->readers))
        pthread_cond_wait(&lock->changed, &lock->mutex);
    lock->readers++;
    pthread_mutex_unlock(&lock->mutex);
    return 0;
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

int pthread_rwlock_wrlock(pthread_rwlock_t *lock)
{
    pthread_mutex_lock(&lock->mutex);
    lock->writers_waiting++;
    while (lock->readers)
        pthread_cond_wait(&lock->changed, &lock->mutex);
    lock->writers_waiting--;
    lock->readers = -1;
    pthread_mutex_unlock(&lock->mutex);
    return 0;
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
    (void)attributes;
    if (!count)
        return EINVAL;
    *barrier = (pthread_barrier_t){.count = count};
    return 0;
}

int pthread_barrier_destroy(pthread_barrier_t *barrier)
{
    return barrier->waiting ? EBUSY : 0;
}

/* The round tells those of this time from early ones of the next. */
int pthread_barrier_wait(pthread_barrier_t *barrier)
{
    pthread_mutex_lock(&barrier->mutex);
    unsigned round = barrier->round;
    int last = ++barrier->waiting == barrier->count;
    if (last) {
        barrier->waiting = 0;
        barrier->round++;
        pthread_cond_broadcast(&barrier->full);
    }
    while (!last && barrier->round == round)
        pthread_cond_wait(&barrier->full, &barrier->mutex);
    pthread_mutex_unlock(&barrier->mutex);
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

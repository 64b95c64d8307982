/* The threads of C17 (7.26), over those of POSIX: what differs is the results, and that a thread returns an int. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <threads.h>

/* What a new thread is given; it frees it. */
struct beginning {
    thrd_start_t start;
    void *argument;
};

static int result_of(int error)
{
    switch (error) {
    case 0:
        return thrd_success;
    case EBUSY:
        return thrd_busy;
    case ENOMEM:
        return thrd_nomem;
    case ETIMEDOUT:
        return thrd_timedout;
    default:
        return thrd_error;
    }
}

static void *thread_begin(void *argument)
{
    struct beginning beginning = *(struct beginning *)argument;

    free(argument);
    return (void *)(intptr_t)beginning.start(beginning.argument);
}

int thrd_create(thrd_t *thread, thrd_start_t start, void *argument)
{
    struct beginning *beginning = malloc(sizeof *beginning);

    if (!beginning)
        return thrd_nomem;
    *beginning = (struct beginning){start, argument};
    int error = pthread_create(thread, NULL, thread_begin, beginning);
    if (error)
        free(beginning);
    return error == EAGAIN ? thrd_nomem : result_of(error);
}

thrd_t thrd_current(void)
{
    return pthread_self();
}

int thrd_detach(thrd_t thread)
{
    return result_of(pthread_detach(thread));
}

int thrd_equal(thrd_t left, thrd_t right)
{
    return pthread_equal(left, right);
}

void thrd_exit(int result)
{
    pthread_exit((void *)(intptr_t)result);
}

int thrd_join(thrd_t thread, int *result)
{
    void *value;
    int error = pthread_join(thread, &value);

    if (!error && result)
        *result = (int)(intptr_t)value;
    return result_of(error);
}

int thrd_sleep(const struct timespec *length, struct timespec *rest)
{
    int error = clock_nanosleep(CLOCK_REALTIME, 0, length, rest);

    return !error ? 0 : error == EINTR ? -1 : -2;
}

void thrd_yield(void)
{
    sched_yield();
}

void call_once(once_flag *flag, void (*function)(void))
{
    pthread_once(flag, function);
}

int mtx_init(mtx_t *mutex, int type)
{
    pthread_mutexattr_t attributes;

    pthread_mutexattr_init(&attributes);
    if (type & mtx_recursive)
        pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    int error = pthread_mutex_init(mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
    return result_of(error);
}

void mtx_destroy(mtx_t *mutex)
{
    pthread_mutex_destroy(mutex);
}

int mtx_lock(mtx_t *mutex)
{
    return result_of(pthread_mutex_lock(mutex));
}

int mtx_timedlock(mtx_t *restrict mutex, const struct timespec *restrict until)
{
    return result_of(pthread_mutex_timedlock(mutex, until));
}

int mtx_trylock(mtx_t *mutex)
{
    return result_of(pthread_mutex_trylock(mutex));
}

int mtx_unlock(mtx_t *mutex)
{
    return result_of(pthread_mutex_unlock(mutex));
}

int cnd_init(cnd_t *condition)
{
    return result_of(pthread_cond_init(condition, NULL));
}

void cnd_destroy(cnd_t *condition)
{
    pthread_cond_destroy(condition);
}

int cnd_wait(cnd_t *condition, mtx_t *mutex)
{
    return result_of(pthread_cond_wait(condition, mutex));
}

int cnd_timedwait(cnd_t *restrict condition, mtx_t *restrict mutex, const struct timespec *restrict until)
{
    return result_of(pthread_cond_timedwait(condition, mutex, until));
}

int cnd_signal(cnd_t *condition)
{
    return result_of(pthread_cond_signal(condition));
}

int cnd_broadcast(cnd_t *condition)
{
    return result_of(pthread_cond_broadcast(condition));
}

int tss_create(tss_t *key, tss_dtor_t destroy)
{
    return result_of(pthread_key_create(key, destroy));
}

void tss_delete(tss_t key)
{
    pthread_key_delete(key);
}

void *tss_get(tss_t key)
{
    return pthread_getspecific(key);
}

int tss_set(tss_t key, void *value)
{
    return result_of(pthread_setspecific(key, value));
}

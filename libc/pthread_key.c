/* What each thread has of its own by key, and what happens once in a process. */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>

#include "libc/futex.h"
#include "libc/lock.h"
#include "libc/thread.h"

typedef void (*destructor_t)(void *);

static struct lock lock;
static bool used[THREAD_KEYS];
static destructor_t destructors[THREAD_KEYS];

int pthread_key_create(pthread_key_t *key, void (*destructor)(void *))
{
    int error = EAGAIN;

    lock_take(&lock);
    for (pthread_key_t i = 0; i < THREAD_KEYS && error; i++)
        if (!used[i]) {
            used[i] = true;
            destructors[i] = destructor;
            *key = i;
            error = 0;
        }
    lock_give(&lock);
    return error;
}

int pthread_key_delete(pthread_key_t key)
{
    if (key >= THREAD_KEYS)
        return EINVAL;
    lock_take(&lock);
    used[key] = false;
    destructors[key] = NULL;
    lock_give(&lock);
    return 0;
}

void *pthread_getspecific(pthread_key_t key)
{
    return key < THREAD_KEYS ? (void *)thread_self()->values[key] : NULL;
}

int pthread_setspecific(pthread_key_t key, const void *value)
{
    if (key >= THREAD_KEYS)
        return EINVAL;
    thread_self()->values[key] = value;
    return 0;
}

/* A destructor may set values again; some rounds are allowed for that. */
void thread_values_destroy(void)
{
    struct thread *self = thread_self();
    bool again = true;

    for (int round = 0; again && round < PTHREAD_DESTRUCTOR_ITERATIONS; round++) {
        again = false;
        for (int i = 0; i < THREAD_KEYS; i++) {
            void *value = (void *)self->values[i];
            self->values[i] = NULL;
            if (value && destructors[i]) {
                destructors[i](value);
                again = true;
            }
        }
    }
}

/* Whoever was at it was cancelled: somebody else begins again. */
static void once_undo(void *state)
{
    atomic_store((atomic_int *)state, 0);
    futex_wake(state, INT_MAX);
}

/* 0: not begun; 1: somebody is at it; 2: done. */
int pthread_once(pthread_once_t *once, void (*function)(void))
{
    atomic_int *state = (atomic_int *)once;

    while (atomic_load(state) != 2) {
        int none = 0;
        if (!atomic_compare_exchange_strong(state, &none, 1)) {
            futex_wait(state, 1);
            continue;
        }
        pthread_cleanup_push(once_undo, state);
        function();
        pthread_cleanup_pop(0);
        atomic_store(state, 2);
        futex_wake(state, INT_MAX);
    }
    return 0;
}

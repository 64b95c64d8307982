/*
 * Robust mutexes: the kernel marks those that a thread still holds when it ends, by a list that the thread keeps for it.
 *
 *     state:  number of the owning thread | WAITERS | OWNER_DIED      NOT_RECOVERABLE: for ever
 *     thread->robust.first -> mutex.next_held -> mutex.next_held -> (back to thread->robust)
 *
 * Who sleeps is woken as between processes, whatever the attribute says: so does the kernel in the place of a dead owner, and
 * the mutex may lie in memory that several have.
 *
 * (Linux, Documentation/locking/robust-futex-ABI.rst)
 */
#include "libc/pthread_robust.h"

#include <errno.h>
#include <stddef.h>
#include <unistd.h>

#include "libc/futex.h"
#include "libc/thread.h"

enum { WAITERS = INT_MIN, OWNER_DIED = 1 << 30, OWNER = OWNER_DIED - 1, NOT_RECOVERABLE = OWNER };

static atomic_int *word(pthread_mutex_t *mutex)
{
    return (atomic_int *)&mutex->state;
}

/* The thread's list, which the kernel is told of when it is first used. */
static void list_begin(struct thread *self)
{
    if (self->robust.first)
        return;
    self->robust.first = &self->robust;
    self->robust.word_offset = (long)offsetof(pthread_mutex_t, state) - (long)offsetof(pthread_mutex_t, next_held);
    call_raw2(SYS_set_robust_list, (long)&self->robust, sizeof self->robust);
}

static void list_remove(struct thread *self, pthread_mutex_t *mutex)
{
    void **at = &self->robust.first;

    while (*at != &self->robust && *at != &mutex->next_held)
        at = *at;
    if (*at == &mutex->next_held)
        *at = mutex->next_held;
}

/* One attempt to make it `taken`, an owner and perhaps WAITERS: 0, EOWNERDEAD, ENOTRECOVERABLE, or EBUSY, with the state that it saw. */
static int mutex_try(pthread_mutex_t *mutex, int taken, int *seen)
{
    int state = atomic_load(word(mutex));

    while (!(state & OWNER)) {
        if (!atomic_compare_exchange_weak(word(mutex), &state, taken | (state & WAITERS)))
            continue;
        mutex->depth = 0;
        mutex->inconsistent = (state & OWNER_DIED) != 0;
        return mutex->inconsistent ? EOWNERDEAD : 0;
    }
    *seen = state;
    return (state & OWNER) == NOT_RECOVERABLE ? ENOTRECOVERABLE : EBUSY;
}

static int mutex_again(pthread_mutex_t *mutex, bool only_try)
{
    if (mutex->type == PTHREAD_MUTEX_RECURSIVE) {
        mutex->depth++;
        return 0;
    }
    return only_try ? EBUSY : EDEADLK;
}

/* Who has slept takes it with WAITERS: whether others still sleep, nobody knows, as unlocking wakes one of them and takes that mark away. */
int robust_lock(pthread_mutex_t *mutex, const struct futex_terms *terms, bool only_try)
{
    struct thread *self = thread_self();
    struct futex_terms shared = terms ? *terms : (struct futex_terms){0};
    int id = gettid(), seen = 0, waiters = 0, error;

    shared.shared = true;
    list_begin(self);
    self->robust.pending = &mutex->next_held;
    while ((error = mutex_try(mutex, id | waiters, &seen)) == EBUSY) {
        if ((seen & OWNER) == id) {
            error = mutex_again(mutex, only_try);
            self->robust.pending = NULL;
            return error;
        }
        if (only_try)
            break;
        if (!(seen & WAITERS) && !atomic_compare_exchange_strong(word(mutex), &seen, seen | WAITERS))
            continue;
        error = futex_wait_on(word(mutex), seen | WAITERS, &shared);
        if (error == ETIMEDOUT || error == EINVAL)
            break;
        waiters = WAITERS;
    }
    if (error == 0 || error == EOWNERDEAD) {
        mutex->next_held = self->robust.first;
        self->robust.first = &mutex->next_held;
    }
    self->robust.pending = NULL;
    return error;
}

int robust_unlock(pthread_mutex_t *mutex)
{
    struct thread *self = thread_self();
    bool lost = mutex->inconsistent;

    if ((atomic_load(word(mutex)) & OWNER) != gettid())
        return EPERM;
    if (mutex->depth) {
        mutex->depth--;
        return 0;
    }
    self->robust.pending = &mutex->next_held;
    list_remove(self, mutex);
    int state = atomic_exchange(word(mutex), lost ? NOT_RECOVERABLE : 0);
    if (state & WAITERS)
        futex_wake_on(word(mutex), lost ? INT_MAX : 1, true);
    self->robust.pending = NULL; /* only now: who is killed before it has woken anybody leaves that to the kernel */
    return 0;
}

void robust_list_end(void)
{
    struct thread *self = thread_self();

    if (!self->robust.first)
        return;
    for (void **at = self->robust.first, **next; at != &self->robust.first; at = next) {
        pthread_mutex_t *mutex = (pthread_mutex_t *)((char *)at - offsetof(pthread_mutex_t, next_held));
        next = *at; /* behind the release it may be anybody's memory */
        int state = atomic_load(word(mutex));
        while (!atomic_compare_exchange_weak(word(mutex), &state, (state & WAITERS) | OWNER_DIED))
            continue;
        if (state & WAITERS)
            futex_wake_on(word(mutex), 1, true);
    }
    call_raw2(SYS_set_robust_list, 0, sizeof self->robust);
}

int pthread_mutex_consistent(pthread_mutex_t *mutex)
{
    if (!mutex->robust || !mutex->inconsistent || (atomic_load(word(mutex)) & OWNER) != gettid())
        return EINVAL;
    mutex->inconsistent = 0;
    return 0;
}

/*
 * Mutexes: locks whose waiters sleep. See lock.h for their ranks.
 *
 *     lock                                     unlock
 *     owner: null -> me, or                    owner: me -> null
 *       join `waiters`, set `wanted`           if `wanted`: take the first of `waiters`, wake it
 *       try again, sleep, try again
 *
 * The waiter sets `wanted` before it tries again, the releaser clears `owner` before it looks at `wanted` (both sequentially consistent), so one of the two
 * sees the other. A released mutex is not handed over: a running thread may take it before the woken one, which then waits on.
 *
 * While the owner runs on another CPU a waiter spins for a moment: most mutexes are held for less than two switches.
 */
#include "kernel/cpu.h"
#include "kernel/lock_inner.h"
#include "kernel/panic.h"
#include "kernel/thread.h"

enum { SPINS = 200 };

void mutex_init(struct mutex *mutex, enum lock_rank rank)
{
    *mutex = (struct mutex){.lock = SPINLOCK_INIT(RANK_WAITQUEUE), .rank = (uint8_t)rank};
    list_init(&mutex->waiters);
}

static inline bool try_own(struct mutex *mutex, struct thread *thread)
{
    struct thread *nobody = NULL;
    return atomic_compare_exchange_strong(&mutex->owner, &nobody, thread);
}

bool mutex_is_held(const struct mutex *mutex)
{
    return atomic_load_explicit(&mutex->owner, memory_order_relaxed) == thread_current();
}

/* Waits while some owner runs on another CPU. The owner may end meanwhile, but thread structures are reused only for threads. */
static __attribute__((noinline)) bool spin_for(struct mutex *mutex, struct thread *thread)
{
    if (cpus_online() == 1)
        return false;
    for (unsigned i = 0; i < SPINS; i++) {
        if (atomic_load_explicit(&mutex->owner, memory_order_relaxed) == NULL && try_own(mutex, thread))
            return true;
        __builtin_ia32_pause();
    }
    return false;
}

static __attribute__((noinline)) void sleep_for(struct mutex *mutex, struct thread *thread)
{
    thread->waiting_for = mutex;
    for (;;) {
        spin_lock(&mutex->lock);
        if (!list_is_linked(&thread->mutex_link))
            list_push_back(&mutex->waiters, &thread->mutex_link);
        atomic_store(&mutex->wanted, 1);
        if (try_own(mutex, thread))
            break;
        spin_unlock(&mutex->lock);
        sched_block(&thread->mutex_woken, false);
    }
    list_remove(&thread->mutex_link);
    atomic_store(&mutex->wanted, !list_is_empty(&mutex->waiters));
    spin_unlock(&mutex->lock);
    thread->waiting_for = NULL;
}

void mutex_lock(struct mutex *mutex)
{
    mutex_lock_ranked(mutex, mutex->rank);
}

void mutex_lock_ranked(struct mutex *mutex, enum lock_rank rank)
{
    struct thread *thread = thread_current();
    might_sleep();
    assert(atomic_load_explicit(&mutex->owner, memory_order_relaxed) != thread);
    lock_note_ranked(thread, mutex, rank);
    if (__builtin_expect(!try_own(mutex, thread), 0) && !spin_for(mutex, thread))
        sleep_for(mutex, thread);
}

bool mutex_trylock(struct mutex *mutex)
{
    struct thread *thread = thread_current();
    if (!try_own(mutex, thread))
        return false;
    lock_note_any(thread, mutex, mutex->rank); /* whatever is held: who only tries waits for nobody */
    return true;
}

/* Wakes who has waited longest, to try again. */
static __attribute__((noinline)) void wake_first(struct mutex *mutex)
{
    spin_lock(&mutex->lock);
    struct list *first = list_pop_front(&mutex->waiters);
    atomic_store(&mutex->wanted, !list_is_empty(&mutex->waiters));
    if (first != NULL)
        thread_wake_mutex(list_entry(first, struct thread, mutex_link));
    spin_unlock(&mutex->lock);
}

void mutex_unlock(struct mutex *mutex)
{
    struct thread *thread = thread_current();
    assert(atomic_load_explicit(&mutex->owner, memory_order_relaxed) == thread);
    lock_forget(thread, mutex);
    atomic_store(&mutex->owner, NULL);
    if (__builtin_expect(atomic_load(&mutex->wanted), 0))
        wake_first(mutex);
}

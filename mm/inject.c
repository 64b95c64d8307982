/*
 * Fault injection. See inject.h.
 */
#include "mm/inject.h"

#include "kernel/cpu.h"
#include "kernel/thread.h"

struct injection injection_of_frames, injection_of_objects;
_Atomic bool injection_in_kernel;
static _Atomic uint64_t once_left; /* see injection_once_left(); any thread counts it down */

void injection_once(uint64_t n)
{
    uint64_t every = n > 0 ? INJECTION_ONCE : 0;
    atomic_store(&once_left, n);
    injection_set(&injection_of_frames, every);
    injection_set(&injection_of_objects, every);
}

uint64_t injection_once_left(void)
{
    return atomic_load(&once_left);
}

/* Counts an allocation; whether it is the one. */
static bool once_strikes(void)
{
    uint64_t left = atomic_load(&once_left);
    while (left > 0 && !atomic_compare_exchange_weak(&once_left, &left, left - 1))
        ;
    return left == 1;
}

static bool every_strikes(struct injection *injection, uint64_t every)
{
    return (atomic_fetch_add_explicit(&injection->asked, 1, memory_order_relaxed) + 1) % every == 0;
}

bool injection_strikes(struct injection *injection)
{
    uint64_t every = atomic_load_explicit(&injection->every, memory_order_relaxed);
    struct thread *thread = thread_current();
    if (every == 0 || thread->spared || (thread->process != NULL && atomic_load(&injection_in_kernel)))
        return false;
    bool strikes = every == INJECTION_ONCE ? once_strikes() : every_strikes(injection, every);
    thread->struck |= strikes;
    return strikes;
}

bool injection_has_struck(void)
{
    struct thread *thread = thread_current();
    bool struck = thread->struck;
    thread->struck = false;
    return struck;
}

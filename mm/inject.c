/*
 * Fault injection. See inject.h.
 */
#include "mm/inject.h"

#include "kernel/cpu.h"
#include "kernel/thread.h"

_Atomic bool injection_in_kernel;

bool injection_strikes(struct injection *injection)
{
    uint64_t every = atomic_load_explicit(&injection->every, memory_order_relaxed);
    struct thread *thread = thread_current();
    if (every == 0 || thread->spared || (thread->process != NULL && atomic_load(&injection_in_kernel)))
        return false;
    bool strikes = (atomic_fetch_add_explicit(&injection->asked, 1, memory_order_relaxed) + 1) % every == 0;
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

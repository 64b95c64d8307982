/*
 * Fault injection. See inject.h.
 */
#include "mm/inject.h"

#include "kernel/cpu.h"
#include "kernel/thread.h"

bool injection_strikes(struct injection *injection)
{
    uint64_t every = atomic_load_explicit(&injection->every, memory_order_relaxed);
    if (every == 0 || thread_current()->spared)
        return false;
    return (atomic_fetch_add_explicit(&injection->asked, 1, memory_order_relaxed) + 1) % every == 0;
}

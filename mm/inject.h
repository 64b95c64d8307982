/*
 * Fault injection: allocations that fail on purpose, every n-th of a kind, to see that each failure ends in ENOMEM or in the clean end of one program.
 *
 *     option fail_frame=n, fail_slab=n      from the first program on
 *     /proc/sys/vm/fail_frame, fail_slab    at run time; 0: none fails
 *     /proc/sys/vm/fail_in                  all; or kernel: only allocations of kernel threads, such as page-out's two and write-behind's
 *
 * Spared are the threads that must live for the test to mean anything: process 1, and whoever switched the injection on.
 */
#ifndef MM_INJECT_H
#define MM_INJECT_H

#include <stdatomic.h>

#include "kernel/types.h"

/* Of one kind of allocation. `every` is set by anyone at any time: one word, and no harm if seen late. */
struct injection {
    _Atomic uint64_t every; /* 0: none */
    _Atomic uint64_t asked; /* allocations since it was set */
};

static inline void injection_set(struct injection *injection, uint64_t every)
{
    atomic_store_explicit(&injection->asked, 0, memory_order_relaxed);
    atomic_store_explicit(&injection->every, every, memory_order_relaxed);
}

/* Whether only kernel threads' allocations fail. Set by anyone at any time. */
extern _Atomic bool injection_in_kernel;

bool injection_strikes(struct injection *injection);

/* Whether an allocation of the running thread failed on purpose since it last asked. */
bool injection_has_struck(void);

/* Whether this allocation is one of those that are to fail. */
static inline bool injection_due(struct injection *injection)
{
    if (__builtin_expect(atomic_load_explicit(&injection->every, memory_order_relaxed) == 0, 1))
        return false;
    return injection_strikes(injection);
}

#endif

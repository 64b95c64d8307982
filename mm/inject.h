/*
 * Fault injection: allocations that fail on purpose, every n-th of a kind, or just one, to see that each failure ends in ENOMEM or in the clean end of
 * one program.
 *
 *     option fail_frame=n, fail_slab=n      from the first program on
 *     /proc/sys/vm/fail_frame, fail_slab    at run time; 0: none fails
 *     /proc/sys/vm/fail_once                instead of both: the n-th allocation of either kind from now on fails, and no other
 *     /proc/sys/vm/fail_in                  all; or kernel: only allocations of kernel threads, such as page-out's two and write-behind's
 *
 * Work that is done again and again with n = 1, 2, 3, ... until none has failed has seen each of its allocations fail (tests/kernel/test_failures.c).
 *
 * Spared are the threads that must live for the test to mean anything: process 1, and whoever switched the injection on.
 */
#ifndef MM_INJECT_H
#define MM_INJECT_H

#include <stdatomic.h>

#include "kernel/types.h"

/* In place of `every`: the one that injection_once() has asked for. */
#define INJECTION_ONCE UINT64_MAX

/* Of one kind of allocation. `every` is set by anyone at any time: one word, and no harm if seen late. */
struct injection {
    _Atomic uint64_t every; /* 0: none; INJECTION_ONCE */
    _Atomic uint64_t asked; /* allocations since it was set */
};

static inline void injection_set(struct injection *injection, uint64_t every)
{
    atomic_store_explicit(&injection->asked, 0, memory_order_relaxed);
    atomic_store_explicit(&injection->every, every, memory_order_relaxed);
}

extern struct injection injection_of_frames, injection_of_objects; /* mm/frame.h, mm/slab.h */

/* Whether only kernel threads' allocations fail. Set by anyone at any time. */
extern _Atomic bool injection_in_kernel;

bool injection_strikes(struct injection *injection);

/* The n-th allocation of a frame or an object from now on fails, once, and none by fail_frame or fail_slab; 0: none. */
void injection_once(uint64_t n);

/* How many allocations from now it is; 0: there is none to come, since none was asked for, or it has failed. */
uint64_t injection_once_left(void);

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

/* Waiting for a word in memory to change. */
#ifndef CLOCKHAND_LIBC_FUTEX_H
#define CLOCKHAND_LIBC_FUTEX_H

#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "libc/cancel.h"

enum {
    FUTEX_WAIT = 0,
    FUTEX_WAKE = 1,
    FUTEX_WAIT_BITSET = 9,
    FUTEX_PRIVATE = 128,
    FUTEX_REALTIME = 256,
};

/* How to wait. */
struct futex_terms {
    const struct timespec *until; /* NULL: for ever */
    clockid_t clock;              /* of `until` */
    bool shared;                  /* with other processes */
    bool point;                   /* it is a cancellation point */
};

/* Sleeps if the word has that value; may return early. 0, or an error such as ETIMEDOUT, EINTR. */
static inline int futex_wait_on(atomic_int *word, int value, const struct futex_terms *terms)
{
    int operation = FUTEX_WAIT_BITSET | (terms->shared ? 0 : FUTEX_PRIVATE);

    if (terms->clock == CLOCK_REALTIME)
        operation |= FUTEX_REALTIME;
    if (terms->point)
        return (int)-call_blocking(SYS_futex, (long)word, operation, value, (long)terms->until, 0, -1);
    return (int)-call_raw6(SYS_futex, (long)word, operation, value, (long)terms->until, 0, -1);
}

/* The same, for ever, in this process. */
static inline void futex_wait(atomic_int *word, int value)
{
    call_raw4(SYS_futex, (long)word, FUTEX_WAIT | FUTEX_PRIVATE, value, 0);
}

static inline void futex_wake_on(atomic_int *word, int count, bool shared)
{
    call_raw3(SYS_futex, (long)word, shared ? FUTEX_WAKE : FUTEX_WAKE | FUTEX_PRIVATE, count);
}

static inline void futex_wake(atomic_int *word, int count)
{
    futex_wake_on(word, count, false);
}

#endif

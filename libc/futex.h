/* Waiting for a word in memory to change. */
#ifndef CLOCKHAND_LIBC_FUTEX_H
#define CLOCKHAND_LIBC_FUTEX_H

#include <limits.h>
#include <stdatomic.h>
#include <stddef.h>
#include <time.h>

#include "libc/syscall.h"

enum {
    FUTEX_WAIT = 0,
    FUTEX_WAKE = 1,
    FUTEX_WAIT_BITSET = 9,
    FUTEX_PRIVATE = 128,
    FUTEX_REALTIME = 256,
};

/* Sleeps if the word has that value; may return early. */
static inline void futex_wait(atomic_int *word, int value)
{
    call_raw4(SYS_futex, (long)word, FUTEX_WAIT | FUTEX_PRIVATE, value, 0);
}

/* The same until a time of day; 0, or an error such as ETIMEDOUT. */
static inline int futex_wait_until(atomic_int *word, int value, const struct timespec *until)
{
    return (int)-call_raw6(SYS_futex, (long)word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE | FUTEX_REALTIME, value,
                           (long)until, 0, -1);
}

static inline void futex_wake(atomic_int *word, int count)
{
    call_raw3(SYS_futex, (long)word, FUTEX_WAKE | FUTEX_PRIVATE, count);
}

#endif

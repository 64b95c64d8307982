/* Sets of signals. */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "libc/cancel.h"

/* Whether a set can have the signal; the library's own ones only as those that sigfillset() leaves out. */
static int number_check(int number, bool changed)
{
    if (number > 0 && number < NSIG && !(changed && signal_is_own(number)))
        return 0;
    errno = EINVAL;
    return -1;
}

int sigemptyset(sigset_t *set)
{
    memset(set, 0, sizeof *set);
    return 0;
}

int sigfillset(sigset_t *set)
{
    memset(set, 0xff, sizeof *set);
    set->bits[0] &= ~(3UL << 31); /* 32 and 33 are the library's (cancel.h) */
    return 0;
}

int sigaddset(sigset_t *set, int number)
{
    if (number_check(number, true))
        return -1;
    set->bits[0] |= 1UL << (number - 1);
    return 0;
}

int sigdelset(sigset_t *set, int number)
{
    if (number_check(number, true))
        return -1;
    set->bits[0] &= ~(1UL << (number - 1));
    return 0;
}

int sigismember(const sigset_t *set, int number)
{
    return number_check(number, false) ? -1 : (int)(set->bits[0] >> (number - 1) & 1);
}

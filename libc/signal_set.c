/* Sets of signals. */
#include <errno.h>
#include <signal.h>
#include <string.h>

static int number_check(int number)
{
    if (number > 0 && number < NSIG)
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
    if (number_check(number))
        return -1;
    set->bits[0] |= 1UL << (number - 1);
    return 0;
}

int sigdelset(sigset_t *set, int number)
{
    if (number_check(number))
        return -1;
    set->bits[0] &= ~(1UL << (number - 1));
    return 0;
}

int sigismember(const sigset_t *set, int number)
{
    return number_check(number) ? -1 : (int)(set->bits[0] >> (number - 1) & 1);
}

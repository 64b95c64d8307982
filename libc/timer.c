/*
 * Timers: timer_create and what goes with it.  The kernel sends signals; a timer that is to call a function (SIGEV_THREAD) has a thread that
 * waits for a signal of its own and calls it. It is the same thread each time: a function that ends it (pthread_exit) is not called again.
 *
 *     timer_t   an odd number: 2 * the kernel's number + 1      otherwise: a struct notifier
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "libc/futex.h"

struct notifier {
    void (*function)(union sigval);
    union sigval value;
    clockid_t clock;
    int number; /* the kernel's */
    pid_t thread;
    int error; /* of making it */
    atomic_int made, over;
};

enum { SET_SIZE = 8 }; /* of a signal set, for the kernel */

static const uint64_t own_signal = (uint64_t)1 << (SIGNAL_TIMER - 1);

static int number_of(timer_t timer)
{
    return (uintptr_t)timer & 1 ? (int)((uintptr_t)timer >> 1) : ((const struct notifier *)timer)->number;
}

static int fail(int error)
{
    errno = error;
    return -1;
}

/* All signals are blocked. */
static void *notifier_run(void *argument)
{
    struct notifier *notifier = argument;
    struct sigevent event = {.sigev_signo = SIGNAL_TIMER, .sigev_notify = SIGEV_THREAD_ID};

    event.sigev_notify_thread_id = notifier->thread = gettid();
    int error = (int)-call_raw3(SYS_timer_create, notifier->clock, (long)&event, (long)&notifier->number);
    notifier->error = error;
    atomic_store(&notifier->made, 1);
    futex_wake(&notifier->made, 1);
    if (error)
        return NULL;
    for (;;) {
        if (call_raw4(SYS_rt_sigtimedwait, (long)&own_signal, 0, 0, SET_SIZE) < 0)
            continue;
        if (atomic_load(&notifier->over))
            break;
        notifier->function(notifier->value);
    }
    free(notifier);
    return NULL;
}

static int notifier_create(struct notifier *notifier, const pthread_attr_t *attributes)
{
    const uint64_t all = UINT64_MAX;
    uint64_t before;
    pthread_t thread;

    call_raw4(SYS_rt_sigprocmask, SIG_SETMASK, (long)&all, (long)&before, SET_SIZE);
    int error = pthread_create(&thread, attributes, notifier_run, notifier);
    call_raw4(SYS_rt_sigprocmask, SIG_SETMASK, (long)&before, 0, SET_SIZE);
    if (error)
        return EAGAIN;
    while (!atomic_load(&notifier->made))
        futex_wait(&notifier->made, 0);
    error = notifier->error;
    int state = PTHREAD_CREATE_JOINABLE;
    if (attributes)
        pthread_attr_getdetachstate(attributes, &state);
    if (state == PTHREAD_CREATE_JOINABLE)
        pthread_detach(thread);
    return error;
}

int timer_create(clockid_t clock, struct sigevent *restrict event, timer_t *restrict timer)
{
    int number;

    if (!event || event->sigev_notify != SIGEV_THREAD) {
        long error = call_raw3(SYS_timer_create, clock, (long)event, (long)&number);
        if (error)
            return fail((int)-error);
        *timer = (timer_t)(2 * (uintptr_t)number + 1);
        return 0;
    }
    struct notifier *notifier = calloc(1, sizeof *notifier);
    if (!notifier)
        return fail(EAGAIN);
    notifier->function = event->sigev_notify_function;
    notifier->value = event->sigev_value;
    notifier->clock = clock;
    int error = notifier_create(notifier, event->sigev_notify_attributes);
    if (error) {
        free(notifier);
        return fail(error);
    }
    *timer = notifier;
    return 0;
}

/* A thread that calls functions frees the notifier, when it is back from one. */
int timer_delete(timer_t timer)
{
    long result = call_result(call_raw1(SYS_timer_delete, number_of(timer)));

    if (!result && !((uintptr_t)timer & 1)) {
        struct notifier *notifier = timer;
        pid_t thread = notifier->thread;
        atomic_store(&notifier->over, 1);
        call_raw3(SYS_tgkill, getpid(), thread, SIGNAL_TIMER);
    }
    return (int)result;
}

int timer_settime(timer_t timer, int flags, const struct itimerspec *restrict value, struct itimerspec *restrict old)
{
    return (int)call_result(call_raw4(SYS_timer_settime, number_of(timer), flags, (long)value, (long)old));
}

int timer_gettime(timer_t timer, struct itimerspec *value)
{
    return (int)call_result(call_raw2(SYS_timer_gettime, number_of(timer), (long)value));
}

int timer_getoverrun(timer_t timer)
{
    return (int)call_result(call_raw1(SYS_timer_getoverrun, number_of(timer)));
}

/* Cancelling threads, and what they run when they end early: the handlers pushed. See cancel.h. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>
#include <unistd.h>

#include "libc/cancel.h"

_Noreturn void thread_cancelled(void)
{
    pthread_exit(PTHREAD_CANCELED);
}

long cancel_call(long number, long a, long b, long c, long d, long e, long f)
{
    struct thread *self = thread_self();

    if (self->cancel_disabled)
        return call_raw6(number, a, b, c, d, e, f);
    long result = cancel_point(&self->cancelled, number, a, b, c, d, e, f);
    if (result == -EINTR && atomic_load(&self->cancelled))
        thread_cancelled();
    return result;
}

/* Runs in the thread that is cancelled. */
static void cancel_handler(int number, siginfo_t *info, void *context)
{
    ucontext_t *interrupted = context;
    struct thread *self = thread_self();
    const char *at = (const char *)interrupted->uc_mcontext.gregs[REG_RIP];

    (void)number, (void)info;
    if (!atomic_load(&self->cancelled) || self->cancel_disabled)
        return;
    if (self->cancel_asynchronous)
        thread_cancelled();
    if (at >= cancel_point_begin && at < cancel_point_end) {
        interrupted->uc_mcontext.gregs[REG_RIP] = (greg_t)(uintptr_t)cancel_point_taken;
        return;
    }
    interrupted->uc_sigmask.bits[0] |= 1UL << (SIGNAL_CANCEL - 1);
    call_raw3(SYS_tgkill, getpid(), gettid(), SIGNAL_CANCEL);
}

static void handler_set(void)
{
    struct sigaction action = {.sa_function.action = cancel_handler, .sa_flags = SA_SIGINFO | SA_RESTART};

    sigfillset(&action.sa_mask);
    signal_action(SIGNAL_CANCEL, &action, NULL);
}

int pthread_cancel(pthread_t thread)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, handler_set);
    atomic_store(&thread->cancelled, 1);
    if (thread != thread_self()) {
        int error = pthread_kill(thread, SIGNAL_CANCEL);
        return error == ESRCH ? 0 : error; /* it has ended meanwhile */
    }
    threads_begin(); /* or the only thread's cancellation points would be none */
    if (thread->cancel_asynchronous)
        pthread_testcancel();
    return 0;
}

void pthread_testcancel(void)
{
    struct thread *self = thread_self();

    if (!self->cancel_disabled && atomic_load(&self->cancelled))
        thread_cancelled();
}

int pthread_setcancelstate(int state, int *old)
{
    struct thread *self = thread_self();

    if (state != PTHREAD_CANCEL_ENABLE && state != PTHREAD_CANCEL_DISABLE)
        return EINVAL;
    if (old)
        *old = self->cancel_disabled ? PTHREAD_CANCEL_DISABLE : PTHREAD_CANCEL_ENABLE;
    self->cancel_disabled = state == PTHREAD_CANCEL_DISABLE;
    if (self->cancel_asynchronous)
        pthread_testcancel();
    return 0;
}

int pthread_setcanceltype(int type, int *old)
{
    struct thread *self = thread_self();

    if (type != PTHREAD_CANCEL_DEFERRED && type != PTHREAD_CANCEL_ASYNCHRONOUS)
        return EINVAL;
    if (old)
        *old = self->cancel_asynchronous ? PTHREAD_CANCEL_ASYNCHRONOUS : PTHREAD_CANCEL_DEFERRED;
    self->cancel_asynchronous = type == PTHREAD_CANCEL_ASYNCHRONOUS;
    if (self->cancel_asynchronous)
        pthread_testcancel();
    return 0;
}

void pthread_cleanup_enter(struct pthread_cleanup *cleanup, void (*function)(void *), void *argument)
{
    struct thread *self = thread_self();

    *cleanup = (struct pthread_cleanup){function, argument, self->cleanups};
    self->cleanups = cleanup;
}

void pthread_cleanup_leave(struct pthread_cleanup *cleanup, int execute)
{
    thread_self()->cleanups = cleanup->outer;
    if (execute)
        cleanup->function(cleanup->argument);
}

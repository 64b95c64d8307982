/* System calls on signals.  The kernel's set has 8 bytes, ours 128: what the kernel writes is copied out. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "libc/cancel.h"
#include "libc/syscall.h"

int kill(pid_t process, int number)
{
    return (int)call_result(call_raw2(SYS_kill, process, number));
}

int tgkill(pid_t process, pid_t thread, int number)
{
    return (int)call_result(call_raw3(SYS_tgkill, process, thread, number));
}

int sigaltstack(const stack_t *restrict stack, stack_t *restrict old)
{
    return (int)call_result(call_raw2(SYS_sigaltstack, (long)stack, (long)old));
}

extern void signal_return(void);

enum { SET_SIZE = 8 };

/* struct sigaction as the kernel has it. */
struct kernel_action {
    void (*handler)(int);
    unsigned long flags;
    void (*restorer)(void);
    unsigned long mask;
};

int signal_action(int number, const struct sigaction *restrict action, struct sigaction *restrict old)
{
    struct kernel_action new = {0}, previous = {0};

    if (action) {
        new.handler = action->sa_handler;
        new.flags = (unsigned)action->sa_flags | SA_RESTORER;
        new.restorer = signal_return;
        new.mask = action->sa_mask.bits[0];
    }
    long result = call_raw4(SYS_rt_sigaction, number, action ? (long)&new : 0, old ? (long)&previous : 0, SET_SIZE);
    if (!result && old) {
        memset(old, 0, sizeof *old);
        old->sa_handler = previous.handler;
        old->sa_flags = (int)(previous.flags & ~(unsigned long)SA_RESTORER);
        old->sa_restorer = previous.restorer;
        old->sa_mask.bits[0] = previous.mask;
    }
    return (int)call_result(result);
}

int sigaction(int number, const struct sigaction *restrict action, struct sigaction *restrict old)
{
    return signal_is_own(number) ? (int)call_result(-EINVAL) : signal_action(number, action, old);
}

/* As BSD has it: the handler stays, interrupted calls go on. */
sighandler_t signal(int number, sighandler_t handler)
{
    struct sigaction action = {.sa_function.handler = handler, .sa_flags = SA_RESTART}, old;

    return sigaction(number, &action, &old) ? SIG_ERR : old.sa_handler;
}

int siginterrupt(int number, int flag)
{
    struct sigaction action;

    if (sigaction(number, NULL, &action))
        return -1;
    action.sa_flags = flag ? action.sa_flags & ~SA_RESTART : action.sa_flags | SA_RESTART;
    return sigaction(number, &action, NULL);
}

static void set_store(sigset_t *to, unsigned long bits)
{
    memset(to, 0, sizeof *to);
    to->bits[0] = bits;
}

int sigprocmask(int how, const sigset_t *restrict set, sigset_t *restrict old)
{
    unsigned long previous = 0;
    long result = call_raw4(SYS_rt_sigprocmask, how, (long)set, old ? (long)&previous : 0, SET_SIZE);

    if (!result && old)
        set_store(old, previous);
    return (int)call_result(result);
}

int pthread_sigmask(int how, const sigset_t *restrict set, sigset_t *restrict old)
{
    return sigprocmask(how, set, old) ? errno : 0;
}

int sigpending(sigset_t *set)
{
    unsigned long pending = 0;
    long result = call_raw2(SYS_rt_sigpending, (long)&pending, SET_SIZE);

    if (!result)
        set_store(set, pending);
    return (int)call_result(result);
}

int sigsuspend(const sigset_t *mask)
{
    return (int)call_result(call_blocking4(SYS_rt_sigsuspend, (long)mask, SET_SIZE, 0, 0));
}

int sigtimedwait(const sigset_t *restrict set, siginfo_t *restrict info, const struct timespec *restrict timeout)
{
    return (int)call_result(call_blocking4(SYS_rt_sigtimedwait, (long)set, (long)info, (long)timeout, SET_SIZE));
}

int sigwaitinfo(const sigset_t *restrict set, siginfo_t *restrict info)
{
    return sigtimedwait(set, info, NULL);
}

int sigwait(const sigset_t *restrict set, int *restrict number)
{
    int result;

    do
        result = sigtimedwait(set, NULL, NULL);
    while (result < 0 && errno == EINTR);
    if (result < 0)
        return errno;
    *number = result;
    return 0;
}

int sigqueue(pid_t process, int number, union sigval value)
{
    siginfo_t info = {.si_signo = number, .si_code = SI_QUEUE};

    info.si_pid = getpid();
    info.si_uid = getuid();
    info.si_value = value;
    return (int)call_result(call_raw3(SYS_rt_sigqueueinfo, process, number, (long)&info));
}

int killpg(pid_t group, int number)
{
    if (group < 0) {
        errno = EINVAL;
        return -1;
    }
    return kill(-group, number);
}

int raise(int number)
{
    return tgkill(getpid(), gettid(), number);
}

int pause(void)
{
    return (int)call_result(call_blocking4(SYS_pause, 0, 0, 0, 0));
}

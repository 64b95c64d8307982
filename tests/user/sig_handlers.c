/* Handlers: masks, nesting, flags, alternate stacks, waiting for signals, order of delivery. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>

#include "tests/user/say.h"

static volatile int seen[128], seen_count;

static void note(int number)
{
    seen[seen_count++ % 128] = number;
}

static void say_seen(const char *what)
{
    char line[256];
    int length = 0;
    line[0] = 0;
    for (int i = 0; i < seen_count && length < 240; i++)
        length += snprintf(line + length, sizeof(line) - (size_t)length, " %d", seen[i]);
    say("%s:%s", what, line);
    seen_count = 0;
}

static void install(int number, void (*handler)(int), int flags)
{
    struct sigaction action;
    memset(&action, 0, sizeof(action));
    action.sa_handler = handler;
    action.sa_flags = flags;
    sigaction(number, &action, NULL);
}

static void block(int number)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, number);
    sigprocmask(SIG_BLOCK, &set, NULL);
}

static void unblock_all(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigprocmask(SIG_SETMASK, &set, NULL);
}

static void masks(void)
{
    sigset_t set;
    install(SIGUSR1, note, 0);
    install(SIGUSR2, note, 0);
    block(SIGUSR1);
    block(SIGUSR2);
    raise(SIGUSR2);
    raise(SIGUSR1);
    raise(SIGUSR1);
    say_seen("blocked");
    sigpending(&set);
    say("pending: %d %d %d", sigismember(&set, SIGUSR1), sigismember(&set, SIGUSR2), sigismember(&set, SIGINT));
    unblock_all();
    say_seen("unblocked: each once");
    block(SIGUSR1);
    raise(SIGUSR1);
    signal(SIGUSR1, SIG_IGN);
    sigpending(&set);
    say("ignoring throws the pending one away: %d", sigismember(&set, SIGUSR1));
    unblock_all();
    sigfillset(&set);
    sigprocmask(SIG_SETMASK, &set, NULL);
    sigprocmask(SIG_SETMASK, NULL, &set);
    say("kill and stop cannot be blocked: %d %d %d", sigismember(&set, SIGKILL), sigismember(&set, SIGSTOP),
        sigismember(&set, SIGTERM));
    unblock_all();
    say_result("bad how", sigprocmask(77, &set, NULL));
}

static volatile int depth;

static void nest(int number)
{
    note(number);
    if (depth++ < 3)
        raise(number);
    note(-number);
    depth--;
}

static void nest_other(int number)
{
    note(number);
    if (number == SIGUSR1)
        raise(SIGUSR2);
    note(-number);
}

static void nesting(void)
{
    depth = 0;
    install(SIGUSR1, nest, SA_NODEFER);
    raise(SIGUSR1);
    say_seen("not deferred");
    install(SIGUSR1, nest_other, 0);
    install(SIGUSR2, nest_other, 0);
    raise(SIGUSR1);
    say_seen("another one nests");
    struct sigaction action;
    memset(&action, 0, sizeof(action));
    action.sa_handler = nest_other;
    sigaddset(&action.sa_mask, SIGUSR2);
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    say_seen("unless the handler masks it");
    install(SIGUSR1, note, (int)SA_RESETHAND);
    raise(SIGUSR1);
    sigaction(SIGUSR1, NULL, &action);
    say_seen("reset");
    say("the action is the default again: %d", action.sa_handler == SIG_DFL);
}

static void real_time(void)
{
    union sigval value;
    for (int i = 0; i < 3; i++)
        install(SIGRTMIN + i, note, 0);
    for (int i = 0; i < 3; i++)
        block(SIGRTMIN + i);
    for (int i = 0; i < 6; i++) {
        value.sival_int = i;
        sigqueue(getpid(), SIGRTMIN + 2 - i % 3, value);
    }
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, SIGRTMIN + 2);
    siginfo_t info;
    for (int i = 0; i < 2; i++) {
        int number = sigwaitinfo(&one, &info);
        say("taken: first + %d, value %d, code %d", number - SIGRTMIN, info.si_int, info.si_code);
    }
    unblock_all();
    for (int i = 0; i < seen_count; i++)
        seen[i] -= SIGRTMIN;
    say_seen("real-time signals come as often as sent, lowest first or last");
}

static void waiting(void)
{
    sigset_t set, none;
    siginfo_t info;
    struct timespec little = {0, 20000000}, nothing = {0, 0}, wrong = {0, 1000000000};
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    say_result("none there", sigtimedwait(&set, &info, &nothing));
    say_result("none comes", sigtimedwait(&set, &info, &little));
    say_result("wrong time", sigtimedwait(&set, &info, &wrong));
    pid_t parent = getpid(), pid = fork();
    if (pid == 0) {
        usleep(30000);
        kill(parent, SIGUSR1);
        _exit(0);
    }
    int number = sigtimedwait(&set, &info, NULL);
    say("one comes: %d, code %d, from the child %d", number, info.si_code, info.si_pid == pid);
    waitpid(pid, NULL, 0);
    install(SIGUSR1, note, 0);
    pid = fork();
    if (pid == 0) {
        usleep(30000);
        kill(parent, SIGUSR1);
        _exit(0);
    }
    sigemptyset(&none);
    say_result("suspended", sigsuspend(&none));
    say_seen("by");
    sigprocmask(SIG_SETMASK, NULL, &none);
    say("the mask is back: %d", sigismember(&none, SIGUSR1));
    waitpid(pid, NULL, 0);
    unblock_all();
}

static char *alternate;
static sigjmp_buf back;
static volatile int was_inside;

static void on_alternate(int number)
{
    char here;
    stack_t stack;
    was_inside = &here >= alternate && &here < alternate + 65536;
    sigaltstack(NULL, &stack);
    note(number);
    note(stack.ss_flags);
}

static void overflow_handler(int number)
{
    char here;
    note(number);
    was_inside = &here >= alternate && &here < alternate + 65536;
    siglongjmp(back, 1);
}

static volatile int levels = 1 << 30;

static int overflow(int level)
{
    volatile char fill[4096];
    fill[0] = (char)level;
    return level < levels ? overflow(level + 1) + fill[0] : 0;
}

static void alternate_stack(void)
{
    stack_t stack = {0}, old;
    alternate = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    sigaltstack(NULL, &old);
    say("at first there is none: flags %d", old.ss_flags);
    stack.ss_sp = alternate;
    stack.ss_size = 1000;
    say_result("too small", sigaltstack(&stack, NULL));
    stack.ss_size = 65536;
    stack.ss_flags = 16;
    say_result("wrong flags", sigaltstack(&stack, NULL));
    stack.ss_flags = 0;
    say_result("good", sigaltstack(&stack, NULL));
    install(SIGUSR1, on_alternate, SA_ONSTACK);
    raise(SIGUSR1);
    say("the handler ran on it: %d", was_inside);
    say_seen("flags there");
    install(SIGUSR1, on_alternate, 0);
    raise(SIGUSR1);
    say("without SA_ONSTACK not: %d", was_inside);
    say_seen("flags there");
    install(SIGSEGV, overflow_handler, SA_ONSTACK);
    if (sigsetjmp(back, 1) == 0)
        say("never said: %d", overflow(0));
    say("after a stack overflow the handler ran on it: %d", was_inside);
    say_seen("signal");
    stack.ss_flags = SS_DISABLE;
    say_result("disabled", sigaltstack(&stack, NULL));
}

/* Overflow without an alternate stack: the frame cannot be written, the process ends. */
static void overflow_ends(void)
{
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        install(SIGSEGV, overflow_handler, 0);
        _exit(overflow(0));
    }
    waitpid(pid, &status, 0);
    say("without it the process ends: signal %d", WTERMSIG(status));
}

static void change_registers(int number, siginfo_t *info, void *context)
{
    ucontext_t *where = context;
    (void)info;
    note(number);
    where->uc_mcontext.gregs[REG_RIP] += 2; /* behind the ud2 */
    where->uc_mcontext.gregs[REG_RBX] = 4711;
    sigaddset((sigset_t *)&where->uc_sigmask, SIGUSR2);
}

static void changed_context(void)
{
    struct sigaction action;
    uint64_t value = 1;
    double before = 1.5, after;
    sigset_t set;
    memset(&action, 0, sizeof(action));
    action.sa_sigaction = change_registers;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGILL, &action, NULL);
    __asm__ volatile("movsd %2, %%xmm7; mov $1, %%ebx; ud2; mov %%rbx, %0; movsd %%xmm7, %1"
                     : "=&r"(value), "=m"(after)
                     : "m"(before)
                     : "rbx", "xmm7");
    say("a handler changed a register: %llu, the FPU's are kept: %d", (unsigned long long)value, after == 1.5);
    sigprocmask(SIG_SETMASK, NULL, &set);
    say("and the mask: %d", sigismember(&set, SIGUSR2));
    unblock_all();
    say_seen("signal");
}

static void timers(void)
{
    struct itimerval timer = {{0, 5000}, {0, 5000}}, old;
    install(SIGALRM, note, 0);
    setitimer(ITIMER_REAL, &timer, NULL);
    while (seen_count < 3)
        pause();
    memset(&timer, 0, sizeof(timer));
    setitimer(ITIMER_REAL, &timer, &old);
    say("the interval was %ld us", (long)old.it_interval.tv_usec);
    seen_count = 3;
    say_seen("timer");
    say_result("alarm", alarm(1000));
    unsigned left = alarm(0);
    say_true("alarm was", left > 900 && left <= 1000);
    timer.it_value.tv_usec = 1000000;
    say_result("wrong time", setitimer(ITIMER_REAL, &timer, NULL));
    say_result("wrong timer", setitimer(5, &timer, NULL));
}

static void wrong(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof(action));
    say_result("SIGKILL cannot be caught", sigaction(SIGKILL, &action, NULL));
    say_result("nor SIGSTOP", sigaction(SIGSTOP, &action, NULL));
    say_result("there is no signal 0", syscall(SYS_rt_sigaction, 0, NULL, NULL, 8));
    say_result("nor 65", syscall(SYS_rt_sigaction, 65, NULL, NULL, 8));
    say_result("a set has 8 bytes", syscall(SYS_rt_sigaction, SIGUSR1, NULL, NULL, 16));
    say_result("bad address", syscall(SYS_rt_sigaction, SIGUSR1, NULL, (void *)8, 8));
    say_result("kill with signal 65", kill(getpid(), 65));
    say_result("kill nobody", kill(99999999, SIGTERM));
    say_result("kill no group", kill(-99999999, SIGTERM));
    say_result("tgkill of no thread", syscall(SYS_tgkill, getpid(), 99999999, SIGTERM));
    say_result("tgkill of thread 0", syscall(SYS_tgkill, getpid(), 0, SIGTERM));
    say_result("sigqueue pretending to be the kernel",
               syscall(SYS_rt_sigqueueinfo, 1, SIGCHLD, &(siginfo_t){.si_code = 1}));
}

/* Those that are the C library's. */
static void reserved(void)
{
    struct sigaction action = {.sa_handler = note};
    sigset_t set;

    sigemptyset(&set);
    for (int number = 31; number <= 34; number++) {
        errno = 0;
        int result = sigaction(number, NULL, &action), error = errno;
        int added = sigaddset(&set, number), member = sigismember(&set, number), deleted = sigdelset(&set, number);
        say("signal %d: %d %d, add %d, member %d, delete %d", number, result, error, added, member, deleted);
        errno = 0;
        result = signal(number, SIG_DFL) == SIG_ERR;
        say("handler %d, error %d", result, errno);
    }
}

int main(void)
{
    reserved();
    masks();
    nesting();
    real_time();
    waiting();
    alternate_stack();
    overflow_ends();
    changed_context();
    timers();
    wrong();
    return 0;
}

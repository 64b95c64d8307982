/*
 * POSIX timers: arguments, once, again and again, overruns, several at a time, the thread that is told, functions; fork has none of them, exec ends them. Only
 * what cannot depend on how fast the machine is gets printed.
 */
#define _GNU_SOURCE
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/user/say.h"

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

enum { MILLISECOND = 1000000, SECOND = 1000 * MILLISECOND, MANY = 600 };

static struct itimerspec times(long value, long interval)
{
    return (struct itimerspec){{interval / SECOND, interval % SECOND}, {value / SECOND, value % SECOND}};
}

static int set(timer_t timer, long value, long interval)
{
    struct itimerspec wanted = times(value, interval);

    return timer_settime(timer, 0, &wanted, NULL);
}

static struct sigevent event_of(int kind, int signal)
{
    struct sigevent event = {.sigev_notify = kind, .sigev_signo = signal};

    event.sigev_value.sival_int = 4711;
    return event;
}

/* The bare calls: the C library's have a type of their own for timers. */
static void arguments(void)
{
    struct itimerspec good = times(SECOND, 0), bad = {{0, SECOND}, {0, 0}}, negative = {{0, 0}, {-1, 0}};
    struct sigevent event = event_of(SIGEV_SIGNAL, 0);
    int number = -1;

    say_result("no such clock", syscall(SYS_timer_create, 1000, NULL, &number));
    say_result("a clock without timers", syscall(SYS_timer_create, CLOCK_MONOTONIC_COARSE, NULL, &number));
    say_result("signal 0", syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &number));
    event = event_of(SIGEV_SIGNAL, 65);
    say_result("signal 65", syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &number));
    event = event_of(77, SIGUSR1);
    say_result("no such event", syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &number));
    event = event_of(SIGEV_THREAD_ID, SIGUSR1);
    event.sigev_notify_thread_id = 1;
    say_result("another process's thread", syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &number));
    say_result("an event nowhere", syscall(SYS_timer_create, CLOCK_MONOTONIC, 8, &number));
    say_result("an event nowhere, and no such clock", syscall(SYS_timer_create, 1000, 8, &number));
    say_result("nowhere to put it", syscall(SYS_timer_create, CLOCK_MONOTONIC, NULL, 8));
    event = event_of(SIGEV_NONE, -2); /* no signal at all: none is asked for */
    say_result("one that tells nobody", syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &number));
    say_result("set: no time", syscall(SYS_timer_settime, number, 0, NULL, NULL));
    say_result("set: a time nowhere", syscall(SYS_timer_settime, number, 0, 8, NULL));
    say_result("set: too many nanoseconds", syscall(SYS_timer_settime, number, 0, &bad, NULL));
    say_result("set: a negative time", syscall(SYS_timer_settime, number, 0, &negative, NULL));
    say_result("set: nowhere for the old one", syscall(SYS_timer_settime, number, 0, &good, 8));
    say_result("get: nowhere", syscall(SYS_timer_gettime, number, 8));
    say_result("overruns", syscall(SYS_timer_getoverrun, number));
    say_result("delete", syscall(SYS_timer_delete, number));
    say_result("delete again", syscall(SYS_timer_delete, number));
    say_result("set: no such timer", syscall(SYS_timer_settime, number, 0, &good, NULL));
    say_result("get: no such timer", syscall(SYS_timer_gettime, number, &good));
    say_result("overruns: no such timer", syscall(SYS_timer_getoverrun, number));
}

static void say_signal(const char *what, int signal)
{
    struct timespec patience = {60, 0};
    siginfo_t info = {0};
    sigset_t wanted;

    sigemptyset(&wanted);
    sigaddset(&wanted, signal);
    int taken = sigtimedwait(&wanted, &info, &patience);
    say("%s: %s, code %d, value %d", what, taken == signal ? "comes" : "DOES NOT COME", info.si_code,
        info.si_value.sival_int);
}

static long left(timer_t timer)
{
    struct itimerspec now;

    return timer_gettime(timer, &now) ? -1 : now.it_value.tv_sec * SECOND + now.it_value.tv_nsec;
}

static void once(clockid_t clock)
{
    struct sigevent event = event_of(SIGEV_SIGNAL, SIGUSR1);
    struct itimerspec old, absolute;
    struct timespec now;
    timer_t timer;

    say_result("create", timer_create(clock, &event, &timer));
    say_true("it is not set", left(timer) == 0);
    set(timer, 1000L * SECOND, 7L * SECOND);
    say_true("time is left, but not more", left(timer) > 900L * SECOND && left(timer) <= 1000L * SECOND);
    absolute = times(0, 0);
    timer_settime(timer, 0, &absolute, &old);
    say_true("what it was", old.it_interval.tv_sec == 7 && old.it_value.tv_sec >= 900);
    say_true("off", left(timer) == 0);
    set(timer, 5 * MILLISECOND, 0);
    say_signal("once", SIGUSR1);
    say("then nothing is left: %ld, overruns %d", left(timer), timer_getoverrun(timer));
    clock_gettime(clock, &now);
    absolute = (struct itimerspec){{0, 0}, {now.tv_sec + 1000, 0}};
    say_result("at a time", timer_settime(timer, TIMER_ABSTIME, &absolute, NULL));
    say_true("which comes", left(timer) > 900L * SECOND && left(timer) <= 1000L * SECOND);
    absolute.it_value.tv_sec = 1;
    timer_settime(timer, TIMER_ABSTIME, &absolute, NULL);
    say_signal("at a time that was", SIGUSR1);
    say_result("delete", timer_delete(timer));
}

static void again(int signal)
{
    struct sigevent event = event_of(SIGEV_SIGNAL, signal);
    struct timespec length = {0, 50 * MILLISECOND};
    sigset_t pending;
    timer_t timer;

    timer_create(CLOCK_MONOTONIC, &event, &timer);
    set(timer, MILLISECOND, MILLISECOND);
    for (int i = 0; i < 3; i++)
        say_signal("again", signal);
    nanosleep(&length, NULL);
    say_signal("after 50 intervals", signal);
    say_true("as many overruns, nearly", timer_getoverrun(timer) >= 40);
    set(timer, 0, 0);
    struct timespec none = {0, 0};
    sigemptyset(&pending);
    sigaddset(&pending, signal);
    sigtimedwait(&pending, NULL, &none); /* one may have come since */
    nanosleep(&length, NULL);
    sigpending(&pending);
    say("stopped, it sends nothing: %d", sigismember(&pending, signal));
    set(timer, 1, 1);
    say_signal("an interval of a nanosecond", signal);
    nanosleep(&length, NULL);
    say_signal("after many of those", signal);
    say_true("overruns by the thousand", timer_getoverrun(timer) > 1000000);
    timer_delete(timer);
    sigemptyset(&pending);
    sigaddset(&pending, signal);
    sigtimedwait(&pending, NULL, &none);
}

static void quiet(void)
{
    struct sigevent event = event_of(SIGEV_NONE, 0);
    struct timespec length = {0, 5 * MILLISECOND};
    timer_t timer;

    timer_create(CLOCK_REALTIME, &event, &timer);
    set(timer, MILLISECOND, 0);
    nanosleep(&length, NULL);
    say("one that tells nobody ends: %ld", left(timer));
    set(timer, MILLISECOND, 100L * SECOND);
    nanosleep(&length, NULL);
    say_true("or begins again", left(timer) > 50L * SECOND);
    timer_delete(timer);
    say_result("with no event", timer_create(CLOCK_MONOTONIC, NULL, &timer));
    set(timer, MILLISECOND, 0);
    sigset_t alarm;
    siginfo_t info = {0};
    sigemptyset(&alarm);
    sigaddset(&alarm, SIGALRM);
    int sent = sigwaitinfo(&alarm, &info);
    say("it sends %d, code %d", sent, info.si_code);
    timer_delete(timer);
}

/* Each timer's signal is kept; so is nothing of a timer that is gone, except by older Linux: there what it sent comes first. */
static void pending_ones(void)
{
    struct timespec length = {0, 10 * MILLISECOND}, patience = {60, 0};
    struct sigevent event = event_of(SIGEV_SIGNAL, SIGUSR1);
    siginfo_t info = {0};
    timer_t timer[2];
    sigset_t user;

    for (int i = 0; i < 2; i++) {
        event.sigev_value.sival_int = i + 1;
        timer_create(CLOCK_MONOTONIC, &event, &timer[i]);
    }
    for (int i = 0; i < 2; i++) {
        set(timer[i], 1, 0);
        while (left(timer[i]) != 0)
            nanosleep(&length, NULL);
    }
    say_signal("of two timers, the first", SIGUSR1);
    say_signal("and the second", SIGUSR1);
    set(timer[1], 1, 0);
    while (left(timer[1]) != 0)
        nanosleep(&length, NULL);
    timer_delete(timer[1]);
    event.sigev_value.sival_int = 3;
    timer_create(CLOCK_MONOTONIC, &event, &timer[1]);
    set(timer[1], 1, 0);
    sigemptyset(&user);
    sigaddset(&user, SIGUSR1);
    while (sigtimedwait(&user, &info, &patience) == SIGUSR1 && info.si_value.sival_int == 2)
        continue;
    say("behind one that was deleted: %d", info.si_value.sival_int);
    timer_delete(timer[0]);
    timer_delete(timer[1]);
}

/* So many that each as often as it wants would leave no time: the program goes on, and each has rung. */
static void many(void)
{
    struct sigevent event = event_of(SIGEV_SIGNAL, SIGRTMIN + 1);
    struct timespec patience = {60, 0};
    static timer_t timer[MANY];
    static bool rung[MANY];
    sigset_t wanted;
    siginfo_t info;

    for (int i = 0; i < MANY; i++) {
        event.sigev_value.sival_int = i;
        if (timer_create(CLOCK_MONOTONIC, &event, &timer[i]))
            say("timer %d: error %d", i, errno);
        set(timer[i], 1, 1);
    }
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGRTMIN + 1);
    for (int count = 0; count < MANY;) {
        if (sigtimedwait(&wanted, &info, &patience) != SIGRTMIN + 1)
            break;
        count += !rung[info.si_value.sival_int];
        rung[info.si_value.sival_int] = true;
    }
    int count = 0;
    for (int i = 0; i < MANY; i++) {
        count += rung[i];
        timer_delete(timer[i]);
    }
    say("of many, so many have rung: %d", count);
    while (sigtimedwait(&wanted, &info, &(struct timespec){0, 0}) > 0)
        continue;
}

static timer_t shared;
static int told[2];

static void *thread_tells(void *argument)
{
    struct sigevent event = event_of(SIGEV_THREAD_ID, SIGUSR2);

    (void)argument;
    event.sigev_notify_thread_id = (int)syscall(SYS_gettid);
    say_result("for this thread", timer_create(CLOCK_MONOTONIC, &event, &shared));
    set(shared, MILLISECOND, 0);
    say_signal("the thread is told", SIGUSR2);
    set(shared, MILLISECOND, MILLISECOND);
    return NULL;
}

static void function(union sigval value)
{
    if (write(told[1], &value, sizeof value) < 0)
        _exit(98);
}

static void threads(void)
{
    struct sigevent event = event_of(SIGEV_THREAD, 0);
    struct timespec length = {0, 5 * MILLISECOND};
    union sigval value = {0};
    pthread_t thread;
    sigset_t pending;
    timer_t timer;

    pthread_create(&thread, NULL, thread_tells, NULL);
    pthread_join(thread, NULL);
    nanosleep(&length, NULL);
    sigpending(&pending);
    say("the thread gone, nobody is: %d", sigismember(&pending, SIGUSR2));
    say_result("delete", timer_delete(shared));
    if (pipe(told))
        _exit(97);
    event.sigev_notify_function = function;
    say_result("a function", timer_create(CLOCK_MONOTONIC, &event, &timer));
    set(timer, MILLISECOND, MILLISECOND);
    for (int i = 0; i < 3; i++)
        say("it is called: %ld, %d", (long)read(told[0], &value, sizeof value), value.sival_int);
    say_result("delete", timer_delete(timer));
}

/* The second child executes this program, which looks for the timer that was. */
static void process_ends(const char *program)
{
    struct sigevent event = event_of(SIGEV_SIGNAL, SIGUSR1);
    int status, number = -1;
    char text[16];

    if (syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &number))
        _exit(96);
    snprintf(text, sizeof text, "%d", number);
    for (int run = 0; run < 2; run++) {
        pid_t child = fork();
        if (!child && !run) {
            say_result("a child has none", syscall(SYS_timer_delete, number));
            _exit(0);
        }
        if (!child) {
            struct itimerspec late = times(1000L * SECOND, 0);
            number = -1;
            while (number < atoi(text) && !syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &number))
                syscall(SYS_timer_settime, number, 0, &late, NULL);
            execl(program, program, text, NULL);
            _exit(95);
        }
        if (waitpid(child, &status, 0) == child)
            say("the child: %x", status);
    }
    syscall(SYS_timer_delete, number);
}

int main(int count, char **arguments_given)
{
    static const int used[] = {SIGUSR1, SIGUSR2, SIGALRM};
    sigset_t blocked;

    sigemptyset(&blocked);
    for (size_t i = 0; i < sizeof used / sizeof used[0]; i++)
        sigaddset(&blocked, used[i]);
    sigaddset(&blocked, SIGRTMIN + 1);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    if (count > 1) {
        say_result("a program executed has none", syscall(SYS_timer_delete, atoi(arguments_given[1])));
        return 5;
    }
    arguments();
    once(CLOCK_MONOTONIC);
    once(CLOCK_REALTIME);
    again(SIGUSR1);
    once(CLOCK_TAI);
    again(SIGRTMIN + 1);
    quiet();
    pending_ones();
    many();
    threads();
    process_ends(arguments_given[0]);
    return 0;
}

/* Clocks and sleeping: they go forward, they agree, sleep is long enough, a signal ends it and tells what was left. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/user/say.h"

static long nanoseconds(clockid_t clock)
{
    struct timespec now;

    return clock_gettime(clock, &now) ? -1 : now.tv_sec * 1000000000 + now.tv_nsec;
}

static void clocks(void)
{
    static const clockid_t kinds[] = {CLOCK_REALTIME,          CLOCK_MONOTONIC,     CLOCK_PROCESS_CPUTIME_ID,
                                      CLOCK_THREAD_CPUTIME_ID, CLOCK_MONOTONIC_RAW, CLOCK_REALTIME_COARSE,
                                      CLOCK_MONOTONIC_COARSE,  CLOCK_BOOTTIME};
    struct timeval now;

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        long first = nanoseconds(kinds[i]), backwards = 0;
        for (int j = 0; j < 1000; j++) {
            long next = nanoseconds(kinds[i]);
            backwards += next < first;
            first = next;
        }
        say("clock %d: %s, backwards %ld", kinds[i], first >= 0 ? "there" : "missing", backwards);
    }
    say_result("no such clock", clock_gettime(1000, &(struct timespec){0}));
    gettimeofday(&now, NULL);
    long difference = nanoseconds(CLOCK_REALTIME) / 1000 - (now.tv_sec * 1000000 + now.tv_usec);
    say_true("gettimeofday agrees", difference >= 0 && difference < 60000000);
    say_true("time agrees", time(NULL) - now.tv_sec <= 60);
    say_true("it is later than 2024", now.tv_sec > 1704067200);
}

static void stay_on_first_cpu(void)
{
    cpu_set_t first;

    CPU_ZERO(&first);
    CPU_SET(0, &first);
    sched_setaffinity(0, sizeof first, &first);
}

static volatile int yielding;

static void *yield_always(void *argument)
{
    (void)argument;
    stay_on_first_cpu();
    while (yielding)
        sched_yield();
    return NULL;
}

/* A process's CPU time, read while one of its threads takes turns with another process: in the middle of switches, too. */
static void cpu_time_in_turns(void)
{
    pthread_t thread;
    long first = 0, backwards = 0;
    pid_t rival = fork();

    yielding = 1;
    if (rival == 0)
        yield_always(NULL);
    pthread_create(&thread, NULL, yield_always, NULL);
    for (int i = 0; i < 50000; i++) {
        long next = nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
        backwards += next < first;
        first = next;
    }
    yielding = 0;
    pthread_join(thread, NULL);
    kill(rival, SIGKILL);
    waitpid(rival, NULL, 0);
    say("CPU time in turns: backwards %ld", backwards);
}

static void sleeping(void)
{
    struct timespec length = {0, 150000000}, bad = {0, 1000000000}, negative = {-1, 0}, until;
    long start = nanoseconds(CLOCK_MONOTONIC);

    say_result("nanosleep", nanosleep(&length, NULL));
    long slept = nanoseconds(CLOCK_MONOTONIC) - start;
    say_true("long enough", slept >= 150000000);
    say_true("not for ever", slept < 60000000000);
    say_result("a second of nanoseconds", nanosleep(&bad, NULL));
    say_result("negative", nanosleep(&negative, NULL));
    say("no such clock: %d", clock_nanosleep(1000, 0, &length, NULL));
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += 100000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    say("until a time: %d", clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL));
    say_true("it has come", nanoseconds(CLOCK_MONOTONIC) >= until.tv_sec * 1000000000 + until.tv_nsec);
    say("until one that is past: %d", clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &(struct timespec){1, 0}, NULL));
}

static void nothing(int number)
{
    (void)number;
}

static void interrupted(void)
{
    struct sigaction action = {.sa_handler = nothing, .sa_flags = SA_RESTART};
    struct timespec length = {1000, 0}, rest = {0};

    sigaction(SIGALRM, &action, NULL);
    /* Again and again: the first may come before the sleep. */
    struct itimerval timer = {.it_value = {0, 100000}, .it_interval = {0, 100000}}, none = {0};
    say_result("a timer", setitimer(ITIMER_REAL, &timer, NULL));
    say_result("nanosleep, though calls restart", nanosleep(&length, &rest));
    setitimer(ITIMER_REAL, &none, NULL);
    say_true("what was left", rest.tv_sec >= 900 && rest.tv_sec < 1000);
    say("alarm: %u", alarm(1000));
    unsigned left = alarm(0);
    say_true("alarm again", left > 900 && left <= 1000);
    say("no alarm: %u", alarm(0));
}

/*
 * Whether a sleep costs less than half of the time it takes. Tried again, as a host that takes the CPU away before or behind the sleep adds to the
 * cost; would the sleep itself count, no try could succeed.
 */
static int sleep_is_cheap(void)
{
    enum { TRIES = 100 };

    for (int i = 0; i < TRIES; i++) {
        long start = nanoseconds(CLOCK_MONOTONIC), cost = nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
        usleep(100000);
        cost = nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - cost;
        if (cost < (nanoseconds(CLOCK_MONOTONIC) - start) / 2)
            return 1;
    }
    return 0;
}

/* Time used while computing shows up; while sleeping it does not. */
static void used(void)
{
    volatile unsigned long work = 0;
    struct tms ticks;

    say_true("sleeping costs little", sleep_is_cheap());
    long start = nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
    while (nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - start < 50000000)
        work++;
    say_true("computing counts", work > 0);
    say_true("times", times(&ticks) > 0);
    say_true("our ticks", ticks.tms_utime + ticks.tms_stime >= 3);
}

int main(void)
{
    clocks();
    cpu_time_in_turns();
    sleeping();
    interrupted();
    used();
    return 0;
}

/*
 * The vDSO: the time it gives agrees with the system call's, in order, on every clock, in the program, in a child and in a
 * thread; what it cannot answer goes on to the kernel.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/user/say.h"

static const char *where = "here";

static int64_t ns_of(const struct timespec *time)
{
    return (int64_t)time->tv_sec * 1000000000 + time->tv_nsec;
}

/* Readings in turn, by the library and by the kernel: none is before the one before it. */
static void clock_agrees(const char *name, clockid_t clock)
{
    int64_t last = 0;
    int backward = 0, errors = 0;
    for (int i = 0; i < 2000; i++) {
        struct timespec now = {-1, -1};
        long result = i % 2 ? syscall(SYS_clock_gettime, clock, &now) : clock_gettime(clock, &now);
        errors += result != 0 || now.tv_nsec < 0 || now.tv_nsec >= 1000000000;
        backward += ns_of(&now) < last;
        last = ns_of(&now);
        if (i % 500 == 0)
            sched_yield();
    }
    say("%s, %s: %d errors, %d steps backward", where, name, errors, backward);
}

static void all_clocks(void)
{
    clock_agrees("real time", CLOCK_REALTIME);
    clock_agrees("monotonic", CLOCK_MONOTONIC);
    clock_agrees("raw", 4);
    clock_agrees("boot time", 7);
    clock_agrees("process", CLOCK_PROCESS_CPUTIME_ID);
    clock_agrees("thread", 3);
}

static void other_calls(void)
{
    struct timespec before, after, none;
    struct timeval middle;
    struct timezone zone = {77, 77};
    clock_gettime(CLOCK_REALTIME, &before);
    say_result("gettimeofday", gettimeofday(&middle, (void *)&zone));
    clock_gettime(CLOCK_REALTIME, &after);
    int64_t between = (int64_t)middle.tv_sec * 1000000000 + (int64_t)middle.tv_usec * 1000;
    say_true("it lies in between", between + 1000 > ns_of(&before) && between <= ns_of(&after));
    say("zone %d %d", zone.tz_minuteswest, zone.tz_dsttime);
    time_t seconds = time(NULL), again;
    say_true("time", seconds >= before.tv_sec - 1 && seconds <= after.tv_sec + 60);
    say_true("time, both ways", time(&again) == again);
    say_result("no such clock", clock_gettime(1234, &none));
    say_true("it is mapped", getauxval(AT_SYSINFO_EHDR) != 0);
}

static void *in_thread(void *unused)
{
    where = "in a thread";
    clock_agrees("monotonic", CLOCK_MONOTONIC);
    return unused;
}

/* It is the kernel's: nobody writes it, and who unmaps it does without. */
static void protection(void)
{
    char *image = (char *)getauxval(AT_SYSINFO_EHDR);
    say_true("an ELF header", image != NULL && memcmp(image, "\177ELF", 4) == 0);
    pid_t pid = fork();
    if (pid == 0) {
        *(volatile char *)image = 1;
        _exit(0);
    }
    int status = 0;
    waitpid(pid, &status, 0);
    say("a write to it: signal %d", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    say_true("it is still there", memcmp(image, "\177ELF", 4) == 0);
}

int main(void)
{
    pthread_t thread;
    all_clocks();
    other_calls();
    pid_t pid = fork();
    if (pid == 0) {
        where = "in a child";
        all_clocks();
        _exit(0);
    }
    waitpid(pid, NULL, 0);
    pthread_create(&thread, NULL, in_thread, NULL);
    pthread_join(thread, NULL);
    protection();
    return 0;
}

/* Interrupted system calls: which are repeated, which fail, and how stops leave them alone. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/user/say.h"

static volatile int alarms;

static void count(int number)
{
    (void)number;
    alarms++;
}

static void install(int flags)
{
    struct sigaction action;
    memset(&action, 0, sizeof(action));
    action.sa_handler = count;
    action.sa_flags = flags;
    sigaction(SIGALRM, &action, NULL);
}

static void alarm_soon(void)
{
    struct itimerval timer = {{0, 0}, {0, 30000}};
    setitimer(ITIMER_REAL, &timer, NULL);
}

/* A child that writes a byte after a while. */
static pid_t writer_start(int descriptor, useconds_t delay)
{
    pid_t pid = fork();
    if (pid == 0) {
        usleep(delay);
        _exit(write(descriptor, "x", 1) != 1);
    }
    return pid;
}

static void reading(const char *what, int flags)
{
    int ends[2];
    char byte;
    if (pipe(ends) < 0)
        _exit(98);
    install(flags);
    pid_t pid = writer_start(ends[1], 100000);
    alarm_soon();
    say_result(what, read(ends[0], &byte, 1));
    waitpid(pid, NULL, 0);
    close(ends[0]);
    close(ends[1]);
}

static void waiting(const char *what, int flags)
{
    int status = 0;
    install(flags);
    pid_t pid = fork();
    if (pid == 0) {
        usleep(100000);
        _exit(3);
    }
    alarm_soon();
    pid_t got = waitpid(pid, &status, 0);
    say("%s: %s, status %d", what, got == pid ? "the child" : "interrupted", status);
    if (got != pid)
        waitpid(pid, NULL, 0);
}

static void sleeping(int flags)
{
    struct timespec time = {0, 200000000}, left = {9, 9};
    install(flags);
    alarm_soon();
    say_result("nanosleep", nanosleep(&time, &left));
    say_true("some is left, less than all", left.tv_sec == 0 && left.tv_nsec > 0 && left.tv_nsec < 200000000);
    struct pollfd none = {-1, 0, 0};
    alarm_soon();
    say_result("poll", poll(&none, 1, 1000));
    alarm_soon();
    struct timeval second = {1, 0};
    say_result("select", select(0, NULL, NULL, NULL, &second));
    alarm_soon();
    say_result("pause", pause());
}

/* Stops and continues a child that does `what`, then lets it end by itself. */
static void through_a_stop(const char *name, int (*what)(void))
{
    int status;
    pid_t pid = fork();
    if (pid == 0)
        _exit(what());
    usleep(50000);
    kill(pid, SIGSTOP);
    waitpid(pid, &status, WUNTRACED);
    kill(pid, SIGCONT);
    waitpid(pid, &status, 0);
    say("%s through a stop: %d", name, WEXITSTATUS(status));
}

static long long milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000ll + now.tv_nsec / 1000000;
}

static int sleep_whole(void)
{
    struct timespec time = {0, 200000000};
    long long start = milliseconds();
    int result = nanosleep(&time, NULL);
    long long took = milliseconds() - start;
    return result == 0 && took >= 199 ? 0 : 1;
}

static int poll_whole(void)
{
    struct pollfd none = {-1, 0, 0};
    long long start = milliseconds();
    int result = poll(&none, 1, 200);
    long long took = milliseconds() - start;
    return result == 0 && took >= 199 ? 0 : 1;
}

static int futex_whole(void)
{
    static int word;
    struct timespec time = {0, 200000000};
    long long start = milliseconds();
    long result = syscall(SYS_futex, &word, 0, 0, &time, NULL, 0);
    long long took = milliseconds() - start;
    return result == -1 && errno == ETIMEDOUT && took >= 199 ? 0 : 1;
}

static int read_whole(void)
{
    int ends[2];
    char byte;
    if (pipe(ends) < 0 || writer_start(ends[1], 200000) < 0)
        return 98;
    return read(ends[0], &byte, 1) == 1 ? 0 : 1;
}

static void futexes(void)
{
    static int word;
    struct timespec second = {1, 0};
    install(SA_RESTART);
    alarm_soon();
    say_result("futex with a timeout", syscall(SYS_futex, &word, 0, 0, &second, NULL, 0));
    install(0);
    alarm_soon();
    say_result("futex without one", syscall(SYS_futex, &word, 0, 0, NULL, NULL, 0));
}

int main(void)
{
    reading("read", 0);
    reading("read with SA_RESTART", SA_RESTART);
    waiting("waitpid", 0);
    waiting("waitpid with SA_RESTART", SA_RESTART);
    sleeping(0);
    sleeping(SA_RESTART);
    futexes();
    say("%d alarms", alarms);
    through_a_stop("nanosleep", sleep_whole);
    through_a_stop("poll", poll_whole);
    through_a_stop("futex", futex_whole);
    through_a_stop("read", read_whole);
    return 0;
}

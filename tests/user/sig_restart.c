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

#include "tests/user/asleep.h"
#include "tests/user/say.h"

static volatile int alarms, alarms_of_call, go_at_third = -1;

static void count(int number)
{
    (void)number;
    alarms++;
    if (++alarms_of_call == 3 && go_at_third >= 0 && write(go_at_third, "x", 1) != 1)
        _exit(97);
}

static void install(int flags)
{
    struct sigaction action;
    memset(&action, 0, sizeof(action));
    action.sa_handler = count;
    action.sa_flags = flags;
    sigaction(SIGALRM, &action, NULL);
}

/* Alarms until alarm_stop(): the first may come before the call that it is to interrupt. */
static void alarm_soon(void)
{
    struct itimerval timer = {{0, 30000}, {0, 30000}};
    alarms_of_call = 0;
    setitimer(ITIMER_REAL, &timer, NULL);
}

static void alarm_stop(void)
{
    struct itimerval none = {{0, 0}, {0, 0}};
    int error = errno;
    setitimer(ITIMER_REAL, &none, NULL);
    errno = error;
}

/* A child that waits for a byte, writes one where that is wanted, and ends. */
static pid_t child_waits(const int *go, int descriptor, int status)
{
    char byte;
    pid_t pid = fork();
    if (pid == 0) {
        if (read(go[0], &byte, 1) != 1 || (descriptor >= 0 && write(descriptor, "x", 1) != 1))
            _exit(96);
        _exit(status);
    }
    return pid;
}

/* With a call that is repeated, the child goes on at the third alarm; otherwise when the call has failed. */
static void go_open(int *go, int flags)
{
    if (pipe(go) < 0)
        _exit(98);
    go_at_third = flags & SA_RESTART ? go[1] : -1;
}

static void go_close(const int *go)
{
    close(go[0]);
    close(go[1]);
    go_at_third = -1;
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
    int ends[2], go[2];
    char byte;
    if (pipe(ends) < 0)
        _exit(98);
    go_open(go, flags);
    install(flags);
    pid_t pid = child_waits(go, ends[1], 0);
    alarm_soon();
    long result = read(ends[0], &byte, 1);
    alarm_stop();
    say_result(what, result);
    if (result < 0 && write(go[1], "x", 1) != 1)
        _exit(97);
    waitpid(pid, NULL, 0);
    go_close(go);
    close(ends[0]);
    close(ends[1]);
}

static void waiting(const char *what, int flags)
{
    int status = 0, go[2];
    go_open(go, flags);
    install(flags);
    pid_t pid = child_waits(go, -1, 3);
    alarm_soon();
    pid_t got = waitpid(pid, &status, 0);
    alarm_stop();
    say("%s: %s, status %d", what, got == pid ? "the child" : "interrupted", status);
    if (got != pid) {
        if (write(go[1], "x", 1) != 1)
            _exit(97);
        waitpid(pid, NULL, 0);
    }
    go_close(go);
}

static void sleeping(int flags)
{
    struct timespec time = {20, 0}, left = {99, 9};
    install(flags);
    alarm_soon();
    long result = nanosleep(&time, &left);
    alarm_stop();
    say_result("nanosleep", result);
    say_true("some is left, less than all", left.tv_sec < 20 && (left.tv_sec > 0 || left.tv_nsec > 0));
    struct pollfd none = {-1, 0, 0};
    alarm_soon();
    result = poll(&none, 1, 20000);
    alarm_stop();
    say_result("poll", result);
    struct timeval seconds = {20, 0};
    alarm_soon();
    result = select(0, NULL, NULL, NULL, &seconds);
    alarm_stop();
    say_result("select", result);
    alarm_soon();
    result = pause();
    alarm_stop();
    say_result("pause", result);
}

/* Stops and continues a child that does `what`, while it sleeps, then lets it end by itself. Where it ended before, there is a next one. */
static void through_a_stop(const char *name, int (*what)(void))
{
    int status;
    pid_t pid;

    do {
        pid = fork();
        if (pid == 0)
            _exit(what());
        asleep_await(pid);
        kill(pid, SIGSTOP);
        waitpid(pid, &status, WUNTRACED);
    } while (!WIFSTOPPED(status));
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
    struct timespec seconds = {20, 0};
    install(SA_RESTART);
    alarm_soon();
    long result = syscall(SYS_futex, &word, 0, 0, &seconds, NULL, 0);
    alarm_stop();
    say_result("futex with a timeout", result);
    install(0);
    alarm_soon();
    result = syscall(SYS_futex, &word, 0, 0, NULL, NULL, 0);
    alarm_stop();
    say_result("futex without one", result);
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
    say_true("an alarm for each call, three for one that is repeated", alarms >= 18);
    through_a_stop("nanosleep", sleep_whole);
    through_a_stop("poll", poll_whole);
    through_a_stop("futex", futex_whole);
    through_a_stop("read", read_whole);
    return 0;
}

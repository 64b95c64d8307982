/*
 * signalfd and timerfd: signals and the expirations of timers, read from descriptors, polled, and watched by epoll.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/user/say.h"

enum { REAL_TIME_SIGNAL = 40 };

static void poll_say(const char *what, int descriptor)
{
    struct pollfd file = {.fd = descriptor, .events = POLLIN | POLLOUT};
    int count = poll(&file, 1, 0);
    say("%s: poll %d, events %#x", what, count, file.revents);
}

static void kind_say(int descriptor)
{
    char path[40], target[80];
    snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(path, target, sizeof target - 1);
    target[length > 0 ? length : 0] = 0;
    say("kind: %s", target);
}

static void kinds(void)
{
    sigset_t set;
    sigemptyset(&set);
    int files[] = {eventfd(0, 0), epoll_create1(0), signalfd(-1, &set, 0), timerfd_create(CLOCK_MONOTONIC, 0)};
    for (int i = 0; i < 4; i++) {
        kind_say(files[i]);
        close(files[i]);
    }
}

/* --- signalfd ----------------------------------------------------------------------------------------------------- */

/* Reads up to `most` signals at once and says which. */
static void signals_say(const char *what, int file, int most)
{
    struct signalfd_siginfo info[4];
    ssize_t size = read(file, info, (size_t)most * sizeof info[0]);
    say("%s: %ld", what, size < 0 ? -(long)errno : (long)size);
    for (int i = 0; i < (int)(size / (ssize_t)sizeof info[0]); i++)
        say("  signal %u, code %d, from me %d, user %u, value %d, status %d", info[i].ssi_signo, info[i].ssi_code,
            (pid_t)info[i].ssi_pid == getpid(), info[i].ssi_uid, info[i].ssi_int, info[i].ssi_status);
}

static int is_pending(int number)
{
    sigset_t set;
    sigpending(&set);
    return sigismember(&set, number);
}

static void signals(void)
{
    sigset_t set;
    char byte;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGUSR2);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, REAL_TIME_SIGNAL);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int file = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    say("flags %#x, close on exec %d", fcntl(file, F_GETFL), fcntl(file, F_GETFD));
    poll_say("none", file);
    signals_say("none", file, 1);
    kill(getpid(), SIGUSR2);
    kill(getpid(), SIGUSR1);
    kill(getpid(), SIGUSR1);
    poll_say("two", file);
    signals_say("one of two", file, 1);
    say("pending: %d %d", is_pending(SIGUSR1), is_pending(SIGUSR2));
    signals_say("the other", file, 4);
    say("pending: %d %d", is_pending(SIGUSR1), is_pending(SIGUSR2));
    for (int i = 0; i < 3; i++)
        sigqueue(getpid(), REAL_TIME_SIGNAL, (union sigval){.sival_int = 100 + i});
    raise(SIGUSR1);
    signals_say("queued", file, 3);
    signals_say("the last", file, 4);
    pid_t child = fork();
    if (child == 0)
        _exit(5);
    waitid(P_PID, (id_t)child, &(siginfo_t){0}, WEXITED | WNOWAIT);
    signals_say("a child ended", file, 4);
    waitpid(child, NULL, 0);
    say_result("a little", read(file, &byte, 1));
    say_result("write", write(file, &byte, 1));
    close(file);
}

/* Codes of all kinds, as a program may send them to itself: which field says what depends on the code. */
static void signals_by_code(void)
{
    static const int codes[] = {SI_QUEUE, SI_TIMER, SI_MESGQ, SI_ASYNCIO, SI_SIGIO, SI_TKILL, SI_USER, -60};
    struct signalfd_siginfo info;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, REAL_TIME_SIGNAL);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int file = signalfd(-1, &set, SFD_NONBLOCK);
    for (unsigned i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        siginfo_t sent = {.si_code = codes[i], .si_errno = 3};
        sent.si_pid = 1234567;
        sent.si_uid = 89;
        sent.si_value.sival_ptr = (void *)0x123456789abcdef0;
        long error = syscall(SYS_rt_sigqueueinfo, getpid(), REAL_TIME_SIGNAL, &sent);
        memset(&info, 0xff, sizeof info);
        if (error != 0 || read(file, &info, sizeof info) != (ssize_t)sizeof info) {
            say("code %d: error %d", codes[i], errno);
            continue;
        }
        say("code %d, error %d: pid %u, uid %u, timer %u, overrun %u, band %u, file %d, value %d %#llx", info.ssi_code,
            info.ssi_errno, info.ssi_pid, info.ssi_uid, info.ssi_tid, info.ssi_overrun, info.ssi_band, info.ssi_fd,
            info.ssi_int, (unsigned long long)info.ssi_ptr);
    }
    close(file);
}

static void signals_watched(void)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = 5};
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    int file = signalfd(-1, &set, 0), watch = epoll_create1(0);
    say_result("watch", epoll_ctl(watch, EPOLL_CTL_ADD, file, &event));
    say_result("nothing", epoll_wait(watch, &event, 1, 0));
    pid_t child = fork();
    if (child == 0) {
        signals_say("a child has signals of its own", signalfd(-1, &set, SFD_NONBLOCK), 1);
        _exit(kill(getppid(), SIGUSR1));
    }
    say_result("until the child sends", epoll_wait(watch, &event, 1, -1));
    waitpid(child, NULL, 0);
    signals_say("from the child", file, 4);
    say_result("nothing more", epoll_wait(watch, &event, 1, 0));
    child = fork();
    if (child == 0)
        _exit(kill(getppid(), SIGUSR1));
    signals_say("read until the child sends", file, 4);
    waitpid(child, NULL, 0);
    raise(SIGUSR2);
    poll_say("not in the set", file);
    sigaddset(&set, SIGUSR2);
    say_true("another set", signalfd(file, &set, 0) == file);
    poll_say("now it is", file);
    signals_say("and read", file, 1);
    close(file);
    close(watch);
}

static void signals_refused(void)
{
    sigset_t set;
    sigemptyset(&set);
    int null = open("/dev/null", O_RDWR);
    say_result("unknown flag", syscall(SYS_signalfd4, -1, &set, 8, 1));
    say_result("a set of another size", syscall(SYS_signalfd4, -1, &set, 16, 0));
    say_result("no set", syscall(SYS_signalfd4, -1, NULL, 8, 0));
    say_result("not open", syscall(SYS_signalfd4, 99, &set, 8, 0));
    say_result("no signalfd", syscall(SYS_signalfd4, null, &set, 8, 0));
    sigaddset(&set, SIGKILL);
    int file = (int)syscall(SYS_signalfd, -1, &set, 8);
    say_true("SIGKILL is left out", file >= 0);
    close(file);
    close(null);
}

/* --- timerfd ------------------------------------------------------------------------------------------------------ */

static struct itimerspec spec(long first_ms, long interval_ms)
{
    return (struct itimerspec){.it_interval = {interval_ms / 1000, interval_ms % 1000 * 1000000},
                               .it_value = {first_ms / 1000, first_ms % 1000 * 1000000}};
}

static long left_ms(int file)
{
    struct itimerspec left;
    timerfd_gettime(file, &left);
    return left.it_value.tv_sec * 1000 + left.it_value.tv_nsec / 1000000;
}

static long expirations(int file)
{
    uint64_t count;
    return read(file, &count, sizeof count) == (ssize_t)sizeof count ? (long)count : -(long)errno;
}

static void timers(void)
{
    struct itimerspec set = spec(20, 0), old;
    int file = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    say("close on exec %d", fcntl(file, F_GETFD));
    poll_say("not set", file);
    say("left: %ld", left_ms(file));
    say_result("once", timerfd_settime(file, 0, &set, NULL));
    say("expired: %ld", expirations(file));
    poll_say("read", file);
    say("left: %ld", left_ms(file));
    set = spec(3600000, 0);
    say_result("in an hour", timerfd_settime(file, 0, &set, NULL));
    say_true("which is not over", left_ms(file) > 3500000 && left_ms(file) <= 3600000);
    set = spec(5, 5);
    say_result("every 5 ms", timerfd_settime(file, 0, &set, &old));
    say_true("the hour was not over", old.it_value.tv_sec >= 3500 && old.it_value.tv_sec <= 3600);
    usleep(60000);
    say_true("ten at least in 60 ms", expirations(file) >= 10);
    say_true("and it goes on", expirations(file) >= 1);
    say_true("the next within the interval", left_ms(file) <= 5);
    fcntl(file, F_SETFL, O_NONBLOCK);
    set = spec(0, 7);
    say_result("off", timerfd_settime(file, 0, &set, &old));
    say("interval was %ld", old.it_interval.tv_nsec);
    say("expired: %ld, left %ld", expirations(file), left_ms(file));
    close(file);
}

static void timers_absolute(void)
{
    struct timespec now;
    struct itimerspec set = spec(1, 0);
    int file = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    struct pollfd ready = {.fd = file, .events = POLLIN};
    say_result("long ago", timerfd_settime(file, TFD_TIMER_ABSTIME, &set, NULL));
    say_result("poll", poll(&ready, 1, -1));
    say("expired: %ld", expirations(file));
    clock_gettime(CLOCK_MONOTONIC, &now);
    long past = now.tv_sec * 1000 + now.tv_nsec / 1000000 - 100;
    set = spec(past, 10);
    say_result("100 ms ago, every 10 ms", timerfd_settime(file, TFD_TIMER_ABSTIME, &set, NULL));
    say_result("poll", poll(&ready, 1, -1));
    long count = expirations(file);
    say_true("eleven are over", count >= 11);
    close(file);
    file = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);
    clock_gettime(CLOCK_REALTIME, &now);
    set = (struct itimerspec){.it_value = {now.tv_sec + 1000, 0}};
    say_result("the time of day", timerfd_settime(file, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &set, NULL));
    say_true("is to come", left_ms(file) > 900000 && left_ms(file) <= 1000000);
    say("expired: %ld", expirations(file));
    close(file);
}

static void timers_watched(void)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.u64 = 3};
    struct itimerspec set = spec(10, 10);
    int file = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK), watch = epoll_create1(0);
    epoll_ctl(watch, EPOLL_CTL_ADD, file, &event);
    say_result("nothing", epoll_wait(watch, &event, 1, 0));
    timerfd_settime(file, 0, &set, NULL);
    for (int i = 0; i < 3; i++) {
        say_result("an expiration", epoll_wait(watch, &event, 1, -1));
        say_true("at least one", expirations(file) >= 1);
    }
    close(file);
    say_result("closed", epoll_wait(watch, &event, 1, 20));
    close(watch);
}

static void timers_refused(void)
{
    struct itimerspec set = spec(10, 0), bad = {.it_value = {0, 1000000000}};
    int file = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK), null = open("/dev/null", O_RDWR);
    char byte;
    say_result("unknown clock", timerfd_create(77, 0));
    say_result("a clock of CPU time", timerfd_create(CLOCK_PROCESS_CPUTIME_ID, 0));
    say_result("unknown flag", timerfd_create(CLOCK_MONOTONIC, 1));
    if (fork() == 0) {
        int error = setuid(1000);
        say_result("to wake the machine, without rights", error != 0 ? error : timerfd_create(CLOCK_BOOTTIME_ALARM, 0));
        _exit(0);
    }
    wait(NULL);
    say_result("unknown flag", timerfd_settime(file, 8, &set, NULL));
    say_result("too many nanoseconds", timerfd_settime(file, 0, &bad, NULL));
    say_result("nowhere", syscall(SYS_timerfd_settime, file, 0, 8, 0));
    say_result("not open", timerfd_settime(99, 0, &set, NULL));
    say_result("no timer", timerfd_settime(null, 0, &set, NULL));
    say_result("no timer", timerfd_gettime(null, &set));
    say_result("to nowhere", syscall(SYS_timerfd_gettime, file, 8));
    say_result("a little", read(file, &byte, 1));
    say_result("not set", read(file, &set, sizeof set));
    say_result("write", write(file, &set, sizeof set));
    close(file);
    close(null);
}

int main(void)
{
    kinds();
    signals();
    signals_by_code();
    signals_watched();
    signals_refused();
    timers();
    timers_absolute();
    timers_watched();
    timers_refused();
    return 0;
}

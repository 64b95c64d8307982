/*
 * CPU time and processes as what may run out: RLIMIT_CPU, RLIMIT_NPROC, the timers of CPU time; and who gets the CPUs: nice
 * values and affinity.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/user/say.h"

/* A user with no processes yet, also where two runs of this are on one host. */
static uid_t somebody(void)
{
    return 100000 + (uid_t)getpid();
}

static volatile int caught;

static void count_signal(int number)
{
    (void)number;
    caught++;
}

static long cpu_ms(void)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return used.tv_sec * 1000 + used.tv_nsec / 1000000;
}

static void spin_until_caught(int times)
{
    while (caught < times)
        ;
}

/* How a child ended. */
static void say_end(const char *what, pid_t pid)
{
    int status = 0;
    waitpid(pid, &status, 0);
    say("%s: %s %d", what, WIFSIGNALED(status) ? "signal" : "exit",
        WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

/* --- limits --- */

static void cpu_limit(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        struct rlimit limit = {1, 2};
        signal(SIGXCPU, count_signal);
        say_result("set", setrlimit(RLIMIT_CPU, &limit));
        spin_until_caught(1);
        say_true("SIGXCPU after some time", cpu_ms() >= 100);
        getrlimit(RLIMIT_CPU, &limit);
        say("the limit is now %ld", (long)limit.rlim_cur);
        spin_until_caught(100);
        _exit(0);
    }
    say_end("after another second", pid);
}

static void cpu_limit_default(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        struct rlimit limit = {0, RLIM_INFINITY};
        setrlimit(RLIMIT_CPU, &limit);
        spin_until_caught(1);
    }
    say_end("a limit of no time", pid);
}

static int fork_until_error(void)
{
    int count = 0;
    for (; count < 20; count++) {
        pid_t pid = fork();
        if (pid < 0)
            break;
        if (pid == 0) {
            pause();
            _exit(0);
        }
    }
    return count;
}

static void process_limit(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        struct rlimit limit = {4, 4};
        setpgid(0, 0);
        setrlimit(RLIMIT_NPROC, &limit);
        say_result("become somebody", setuid(somebody()));
        int count = fork_until_error();
        say("%d processes more, then error %d", count, errno);
        kill(0, SIGKILL);
    }
    say_end("they end", pid);
    if ((pid = fork()) == 0) {
        struct rlimit limit = {1, 1};
        setrlimit(RLIMIT_NPROC, &limit);
        pid_t child = fork();
        if (child == 0)
            _exit(0);
        say_true("user 0 is not bound", child > 0);
        _exit(0);
    }
    say_end("user 0", pid);
}

/* A process of `user` that waits to be killed; it is his when this returns. */
static pid_t somebody_waiting(uid_t user)
{
    char byte;
    int ready[2];
    if (pipe(ready))
        return -1;
    pid_t pid = fork();
    if (pid == 0)
        _exit(setuid(user) || write(ready[1], "x", 1) != 1 || pause());
    close(ready[1]);
    if (read(ready[0], &byte, 1) != 1)
        say("nobody is ready");
    close(ready[0]);
    return pid;
}

static void end(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

/* setuid() to a user with too many processes succeeds; then it is execve() that fails. */
static void process_limit_of_exec(void)
{
    char *const arguments[] = {"proc_limits", "executed", NULL};
    uid_t user = somebody();
    pid_t others[3];
    for (int i = 0; i < 3; i++)
        others[i] = somebody_waiting(user);
    pid_t pid = fork();
    if (pid == 0) {
        const struct rlimit limit = {2, 2};
        setrlimit(RLIMIT_NPROC, &limit);
        say_result("become one of three, two are allowed", setuid(user));
        say_result("execute", execv("/proc/self/exe", arguments));
        _exit(0);
    }
    say_end("not executed", pid);
    end(others[0]);
    pid = fork();
    if (pid == 0) {
        const struct rlimit limit = {2, 2};
        setrlimit(RLIMIT_NPROC, &limit);
        say_result("become the third of two", setuid(user));
        say_result("execute", execv("/proc/self/exe", arguments));
        _exit(1);
    }
    say_end("executed", pid);
    pid = fork();
    if (pid == 0) {
        struct rlimit limit = {1, 3};
        setrlimit(RLIMIT_NPROC, &limit);
        say_result("become the third, one is allowed", setuid(user));
        say_result("execute", execv("/proc/self/exe", arguments));
        limit.rlim_cur = 3;
        setrlimit(RLIMIT_NPROC, &limit);
        say_result("execute, three are allowed", execv("/proc/self/exe", arguments));
        _exit(1);
    }
    say_end("executed", pid);
    end(others[1]);
    end(others[2]);
}

/* Those that have ended and were not waited for count, too. */
static void process_limit_of_zombies(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        struct rlimit limit = {4, 4};
        int count = 0;
        setrlimit(RLIMIT_NPROC, &limit);
        setuid(somebody());
        for (pid_t child; count < 20 && (child = fork()) >= 0; count++) {
            if (child == 0)
                _exit(0);
            waitid(P_PID, (id_t)child, &(siginfo_t){0}, WEXITED | WNOWAIT);
        }
        say("%d zombies, then error %d", count, errno);
        wait(NULL);
        pid_t next = fork();
        if (next != 0)
            say_true("one may follow another", next > 0);
        _exit(0);
    }
    waitpid(pid, NULL, 0);
}

/* --- timers of CPU time --- */

/*
 * Sleeps longer than the timer is set to; returns how often it has gone off. Tried again when it has: a host that takes the CPU away on the way into or
 * out of the sleep lets that time count.
 */
static int timer_in_sleep(int which, const struct itimerval *set)
{
    enum { TRIES = 100 };
    struct timespec nap = {0, 100000000};
    for (int i = 0; i < TRIES && (i == 0 || caught > 0); i++) {
        caught = 0;
        setitimer(which, set, NULL);
        nanosleep(&nap, NULL);
    }
    return caught;
}

static void timer(const char *name, int which, int number)
{
    struct itimerval set = {{0, 20000}, {0, 30000}}, now, none = {{0, 0}, {0, 0}};
    say("%s", name);
    signal(number, count_signal);
    say_result("set", setitimer(which, &set, &now));
    say("was %ld %ld", (long)now.it_value.tv_usec, (long)now.it_interval.tv_usec);
    long start = cpu_ms();
    say("caught in a sleep: %d", timer_in_sleep(which, &set));
    if (fork() == 0) {
        getitimer(which, &now);
        say("in a child: %ld %ld", (long)now.it_value.tv_usec, (long)now.it_interval.tv_usec);
        _exit(0);
    }
    wait(NULL);
    spin_until_caught(4);
    say_true("it took its time", cpu_ms() - start >= 20);
    getitimer(which, &now);
    say_true("what is left", now.it_value.tv_usec > 0 && now.it_value.tv_usec <= 20000 + 10000);
    say_result("stop", setitimer(which, &none, &now));
    say("interval was %ld", (long)now.it_interval.tv_usec);
    caught = 0;
    for (start = cpu_ms(); cpu_ms() - start < 60;)
        ;
    say("caught after the stop: %d", caught);
}

/* --- shares --- */

static void pin(pid_t pid, unsigned cpu)
{
    unsigned long mask = 1ul << cpu;
    if (syscall(SYS_sched_setaffinity, pid, sizeof(mask), &mask) != 0)
        say("pin: error %d", errno);
}

enum { NICER = 0, OTHER = 8, NICER_THEN = 16 };

/*
 * Counts up in shared memory: CPU time would also count what a busy host takes from an emulated CPU. Whoever gets there
 * notes how far the nicer one has come since he began himself.
 */
static pid_t counter(int nice_value, volatile unsigned long *counts, int mine, unsigned long until, const int *ready,
                     int start)
{
    pid_t pid = fork();
    char byte;
    if (pid == 0) {
        pin(0, 0);
        setpriority(PRIO_PROCESS, 0, nice_value);
        if (write(ready[1], "r", 1) < 0 || read(start, &byte, 1) < 0)
            _exit(1);
        unsigned long nicer_first = counts[NICER];
        while (counts[mine] < until)
            ++counts[mine];
        counts[NICER_THEN] = counts[NICER] - nicer_first;
        _exit(0);
    }
    if (read(ready[0], &byte, 1) < 0)
        return -1;
    return pid;
}

/* Two processes on one CPU: when the one is ready, the nicer one has done much less. */
static void nice_values(void)
{
    enum { ENOUGH = 80000000 };
    int start[2], ready[2];
    volatile unsigned long *counts = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (pipe(start) != 0 || pipe(ready) != 0 || counts == MAP_FAILED)
        return;
    pid_t nicer = counter(19, counts, NICER, 100ul * ENOUGH, ready, start[0]);
    pid_t other = counter(0, counts, OTHER, ENOUGH, ready, start[0]);
    if (write(start[1], "go", 2) != 2)
        return;
    waitpid(other, NULL, 0);
    kill(nicer, SIGKILL);
    waitpid(nicer, NULL, 0);
    for (int i = 0; i < 2; i++) {
        close(start[i]);
        close(ready[i]);
    }
    say_true("nice 19 gets less than a quarter of what nice 0 gets", counts[NICER_THEN] < ENOUGH / 4);
}

/* --- affinity --- */

static int stays_on(unsigned cpu)
{
    int good = 1;
    pin(0, cpu);
    for (int i = 0; i < 1000; i++) {
        unsigned now = 99;
        syscall(SYS_getcpu, &now, NULL, NULL);
        good &= now == cpu;
        if (i % 10 == 0)
            sched_yield();
    }
    return good;
}

static void affinity(void)
{
    unsigned long all = 0, mask = 0, none = 0;
    long size = syscall(SYS_sched_getaffinity, 0, sizeof(all), &all);
    say_result("size of the mask", size);
    int good = 1;
    for (unsigned cpu = 0; cpu < 64; cpu++)
        good &= (all >> cpu & 1) == 0 || stays_on(cpu);
    say_true("a thread stays on the CPU it was told", good);
    pin(0, 0);
    pid_t pid = fork();
    if (pid == 0) {
        syscall(SYS_sched_getaffinity, 0, sizeof(mask), &mask);
        say("in a child: %lx", mask);
        _exit(setuid(somebody()) == 0 && syscall(SYS_sched_setaffinity, getppid(), sizeof(all), &all) == -1 &&
              errno == EPERM);
    }
    say_end("somebody else's thread", pid);
    say_result("no CPU", syscall(SYS_sched_setaffinity, 0, sizeof(none), &none));
    say_result("no thread", syscall(SYS_sched_setaffinity, 999999, sizeof(all), &all));
    say_result("bad pointer", syscall(SYS_sched_setaffinity, 0, sizeof(all), 8));
    say_result("too small", syscall(SYS_sched_getaffinity, 0, 4, &mask));
    say_result("back", syscall(SYS_sched_setaffinity, 0, sizeof(all), &all));
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        say("this was %s", argv[1]);
        return 0;
    }
    cpu_limit();
    cpu_limit_default();
    process_limit();
    process_limit_of_exec();
    process_limit_of_zombies();
    timer("virtual", ITIMER_VIRTUAL, SIGVTALRM);
    timer("profiling", ITIMER_PROF, SIGPROF);
    nice_values();
    affinity();
    return 0;
}

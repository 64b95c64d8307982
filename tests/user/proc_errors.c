/*
 * Wrong arguments to the calls about processes, time, limits and scheduling: each must fail as on Linux. Bad addresses
 * are null, an unmapped page, a page that may not be written, kernel memory and an address that is none.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "tests/user/say.h"

static long good[512]; /* writable memory */
static void *bad[5];

static void attempt(const char *what, long number, long a, long b, long c, long d, long e)
{
    errno = 0;
    long result = syscall(number, a, b, c, d, e);
    if (result == -1)
        say("%s: error %d", what, errno);
    else
        say("%s: %ld", what, result);
}

/* The call with each bad address in place of its argument number `which`. */
static void attempt_bad(const char *what, long number, int which, long a, long b, long c, long d)
{
    char line[64];
    long arguments[4] = {a, b, c, d};
    for (int i = 0; i < 5; i++) {
        arguments[which] = (long)bad[i];
        snprintf(line, sizeof(line), "%s, bad address %d", what, i);
        attempt(line, number, arguments[0], arguments[1], arguments[2], arguments[3], 0);
    }
}

#define GOOD ((long)good)

static void bad_addresses(void)
{
    attempt_bad("clock_gettime", SYS_clock_gettime, 1, 0, 0, 0, 0);
    attempt_bad("clock_getres", SYS_clock_getres, 1, 0, 0, 0, 0);
    attempt_bad("clock_settime", SYS_clock_settime, 1, 0, 0, 0, 0);
    attempt_bad("nanosleep", SYS_nanosleep, 0, 0, 0, 0, 0);
    attempt_bad("clock_nanosleep", SYS_clock_nanosleep, 2, 1, 0, 0, 0);
    attempt_bad("gettimeofday", SYS_gettimeofday, 0, 0, 0, 0, 0);
    attempt_bad("getitimer", SYS_getitimer, 1, 0, 0, 0, 0);
    attempt_bad("setitimer", SYS_setitimer, 1, 0, 0, 0, 0);
    attempt_bad("getrlimit", SYS_getrlimit, 1, 3, 0, 0, 0);
    attempt_bad("setrlimit", SYS_setrlimit, 1, 3, 0, 0, 0);
    attempt_bad("prlimit64 old", SYS_prlimit64, 3, 0, 3, 0, 0);
    attempt_bad("prlimit64 new", SYS_prlimit64, 2, 0, 3, 0, 0);
    attempt_bad("getrusage", SYS_getrusage, 1, 0, 0, 0, 0);
    attempt_bad("uname", SYS_uname, 0, 0, 0, 0, 0);
    attempt_bad("sysinfo", SYS_sysinfo, 0, 0, 0, 0, 0);
    attempt_bad("getcpu", SYS_getcpu, 1, 0, 0, 0, 0);
    attempt_bad("sched_getaffinity", SYS_sched_getaffinity, 2, 0, 128, 0, 0);
    attempt_bad("sched_setaffinity", SYS_sched_setaffinity, 2, 0, 8, 0, 0);
    attempt_bad("sched_getparam", SYS_sched_getparam, 1, 0, 0, 0, 0);
    attempt_bad("sched_rr_get_interval", SYS_sched_rr_get_interval, 1, 0, 0, 0, 0);
    attempt_bad("getresuid", SYS_getresuid, 1, GOOD, 0, GOOD, 0);
    attempt_bad("getgroups", SYS_getgroups, 1, 0, 0, 0, 0);
    attempt_bad("getrandom", SYS_getrandom, 0, 0, 16, 0, 0);
    attempt_bad("rt_sigaction new", SYS_rt_sigaction, 1, SIGUSR1, 0, 0, 8);
    attempt_bad("rt_sigaction old", SYS_rt_sigaction, 2, SIGUSR1, 0, 0, 8);
    attempt_bad("rt_sigprocmask new", SYS_rt_sigprocmask, 1, 0, 0, 0, 8);
    attempt_bad("rt_sigprocmask old", SYS_rt_sigprocmask, 2, 0, 0, 0, 8);
    attempt_bad("rt_sigpending", SYS_rt_sigpending, 0, 0, 8, 0, 0);
    attempt_bad("rt_sigtimedwait", SYS_rt_sigtimedwait, 0, 0, 0, GOOD, 8);
    attempt_bad("rt_sigsuspend", SYS_rt_sigsuspend, 0, 0, 7, 0, 0);
    attempt_bad("sigaltstack new", SYS_sigaltstack, 0, 0, 0, 0, 0);
    attempt_bad("sigaltstack old", SYS_sigaltstack, 1, 0, 0, 0, 0);
    attempt_bad("prctl name", SYS_prctl, 1, 15, 0, 0, 0);
    attempt_bad("prctl get name", SYS_prctl, 1, 16, 0, 0, 0);
    attempt_bad("arch_prctl get", SYS_arch_prctl, 1, 0x1003, 0, 0, 0);
    attempt_bad("futex wait", SYS_futex, 0, 0, 0, 1, 0);
    attempt_bad("capget", SYS_capget, 0, 0, 0, 0, 0);
    attempt_bad("get_robust_list", SYS_get_robust_list, 1, 0, 0, GOOD, 0);
    attempt_bad("waitid", SYS_waitid, 2, 0, 0, 0, 4);
}

static void time_calls(void)
{
    attempt("no clock 77", SYS_clock_gettime, 77, GOOD, 0, 0, 0);
    attempt("no clock -1", SYS_clock_gettime, -1, GOOD, 0, 0, 0);
    attempt("clock 1 cannot be set", SYS_clock_settime, 1, GOOD, 0, 0, 0);
    good[0] = -1;
    attempt("negative seconds", SYS_nanosleep, GOOD, 0, 0, 0, 0);
    good[0] = 0;
    good[1] = -1;
    attempt("negative nanoseconds", SYS_nanosleep, GOOD, 0, 0, 0, 0);
    good[1] = 1000000000;
    attempt("too many nanoseconds", SYS_nanosleep, GOOD, 0, 0, 0, 0);
    attempt("too many, with a clock", SYS_clock_nanosleep, 1, 0, GOOD, 0, 0);
    good[1] = 1;
    attempt("a little", SYS_nanosleep, GOOD, 0, 0, 0, 0);
    attempt("the thread's own time", SYS_clock_nanosleep, 3, 0, GOOD, 0, 0);
    attempt("no clock to sleep by", SYS_clock_nanosleep, 77, 0, GOOD, 0, 0);
    attempt("long ago", SYS_clock_nanosleep, 1, 1, GOOD, 0, 0);
    attempt("no timer 3", SYS_getitimer, 3, GOOD, 0, 0, 0);
    memset(good, 0, sizeof(good));
    good[3] = 1000000;
    attempt("too many microseconds", SYS_setitimer, 0, GOOD, 0, 0, 0);
    memset(good, 0, sizeof(good));
    attempt("nothing", SYS_setitimer, 0, GOOD, 0, 0, 0);
}

static void limits(void)
{
    attempt("no limit 16", SYS_getrlimit, 16, GOOD, 0, 0, 0);
    good[0] = 2;
    good[1] = 1;
    attempt("soft above hard", SYS_setrlimit, 4, GOOD, 0, 0, 0);
    attempt("no limit 16 to set", SYS_prlimit64, 0, 16, GOOD, 0, 0);
    attempt("of no process", SYS_prlimit64, 99999999, 3, 0, GOOD, 0);
    attempt("usage of whom", SYS_getrusage, 2, GOOD, 0, 0, 0);
}

static void scheduling(void)
{
    attempt("too small a mask", SYS_sched_getaffinity, 0, 4, GOOD, 0, 0);
    attempt("a mask of 9 bytes", SYS_sched_getaffinity, 0, 9, GOOD, 0, 0);
    attempt("of no process", SYS_sched_getaffinity, 99999999, 128, GOOD, 0, 0);
    memset(good, 0, sizeof(good));
    attempt("no processor", SYS_sched_setaffinity, 0, 8, GOOD, 0, 0);
    attempt("own policy", SYS_sched_getscheduler, 0, 0, 0, 0, 0);
    attempt("policy of nobody", SYS_sched_getscheduler, 99999999, 0, 0, 0, 0);
    attempt("policy of a negative", SYS_sched_getscheduler, -1, 0, 0, 0, 0);
    attempt("highest of policy 1", SYS_sched_get_priority_max, 1, 0, 0, 0, 0);
    attempt("lowest of policy 1", SYS_sched_get_priority_min, 1, 0, 0, 0, 0);
    attempt("highest of policy 0", SYS_sched_get_priority_max, 0, 0, 0, 0, 0);
    attempt("highest of policy 99", SYS_sched_get_priority_max, 99, 0, 0, 0, 0);
    good[0] = 0;
    attempt("policy 0", SYS_sched_setscheduler, 0, 0, GOOD, 0, 0);
    attempt("policy 99", SYS_sched_setscheduler, 0, 99, GOOD, 0, 0);
    attempt("policy 1 without a priority", SYS_sched_setscheduler, 0, 1, GOOD, 0, 0);
    attempt("priority of nothing", SYS_getpriority, 3, 0, 0, 0, 0);
    attempt("priority of nobody", SYS_getpriority, 0, 99999999, 0, 0, 0);
    attempt("the usual one", SYS_setpriority, 0, 0, 0, 0, 0);
    attempt("own priority", SYS_getpriority, 0, 0, 0, 0, 0);
}

static void process_calls(void)
{
    attempt("group of nobody", SYS_getpgid, 99999999, 0, 0, 0, 0);
    attempt("session of nobody", SYS_getsid, 99999999, 0, 0, 0, 0);
    attempt("negative group", SYS_setpgid, 0, -1, 0, 0, 0);
    attempt("group for nobody", SYS_setpgid, 99999999, 0, 0, 0, 0);
    attempt("group that is none", SYS_setpgid, 0, 99999999, 0, 0, 0);
    attempt("kill signal -1", SYS_kill, getpid(), -1, 0, 0, 0);
    attempt("kill with nothing", SYS_kill, getpid(), 0, 0, 0, 0);
    attempt("tkill nobody", SYS_tkill, 99999999, 0, 0, 0, 0);
    attempt("tkill 0", SYS_tkill, 0, 0, 0, 0, 0);
    attempt("robust list of nobody", SYS_get_robust_list, 99999999, GOOD, GOOD, 0, 0);
    attempt("robust list of a wrong size", SYS_set_robust_list, GOOD, 23, 0, 0, 0);
    attempt("prctl what", SYS_prctl, 9999, 0, 0, 0, 0);
    attempt("death by signal 65", SYS_prctl, 1, 65, 0, 0, 0);
    attempt("arch_prctl what", SYS_arch_prctl, 0x9999, 0, 0, 0, 0);
    attempt("FS in the kernel", SYS_arch_prctl, 0x1002, (long)0xffff800000000000, 0, 0, 0);
    attempt("random flags", SYS_getrandom, GOOD, 8, 0x100, 0, 0);
    attempt("nothing random", SYS_getrandom, GOOD, 0, 0, 0, 0);
    attempt("reboot magic", SYS_reboot, 1, 2, 3, 0, 0);
    attempt("negative groups", SYS_getgroups, -1, GOOD, 0, 0, 0);
    attempt("personality", SYS_personality, 0xffffffff, 0, 0, 0, 0);
    attempt("a name", SYS_prctl, 15, (long)"proc_errors", 0, 0, 0); /* a bad address may have cleared it */
    attempt("a call that does not exist", 100000, 0, 0, 0, 0, 0);
    attempt("again", 100000, 0, 0, 0, 0, 0);
    attempt("a negative one", -5, 0, 0, 0, 0, 0);
    attempt("one that has only a name", SYS_getpmsg, 0, 0, 0, 0, 0);
    attempt("again", SYS_getpmsg, 0, 0, 0, 0, 0);
    attempt("membarrier with flags", SYS_membarrier, 0, 1, 0, 0, 0);
}

int main(void)
{
    char *page = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(page + 4096, 4096);
    bad[0] = NULL;
    bad[1] = page + 4096 - 4; /* begins in a page that can be read, ends in none */
    bad[2] = (void *)4096;
    bad[3] = (void *)0xffffffff80000000;
    bad[4] = (void *)0x900000000000;
    bad_addresses();
    time_calls();
    limits();
    scheduling();
    process_calls();
    return 0;
}

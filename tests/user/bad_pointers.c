/*
 * Bad pointers to every call that takes one: null, small, unmapped, the kernel's, not canonical, one that runs from a mapped
 * page into an unmapped one, and read-only memory.  Each gives an error number or 0; none may give anything else.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/user/say.h"

enum { PAGE = 4096, MARK = -77 }; /* MARK: where the bad pointer goes */

struct call {
    const char *name;
    long number;
    long arguments[6];
};

static char *mapped; /* one page, the next one is unmapped */
static char *readonly;
static int file, directory, null_device, pipe_ends[2], epoll, event, timer, terminal;
static long no_time[2], no_timer[4];

static char file_name[] = "bad_pointers.file", directory_name[] = "/";

struct pointer {
    const char *name;
    long value;
};

static void line_add(char *line, size_t size, const char *name, long result)
{
    size_t used = strlen(line);

    if (result < 0 && result > -4096)
        snprintf(line + used, size - used, " %s=%ld", name, -result);
    else
        snprintf(line + used, size - used, " %s=ok", name);
}

/* The call itself, without the library's help: -errno for an error. */
static long call_do(const struct call *call, long pointer)
{
    long a[6];

    for (int i = 0; i < 6; i++)
        a[i] = call->arguments[i] == MARK ? pointer : call->arguments[i];
    errno = 0;
    long result = syscall(call->number, a[0], a[1], a[2], a[3], a[4], a[5]);
    return result == -1 ? -errno : result;
}

static void call_try(const struct call *call, const struct pointer *pointers)
{
    char line[400];

    snprintf(line, sizeof line, "%s:", call->name);
    for (; pointers->name; pointers++)
        line_add(line, sizeof line, pointers->name, call_do(call, pointers->value));
    say("%s", line);
}

/* Calls that read what the pointer leads to. */
static void reading_calls(const struct pointer *pointers)
{
    const struct call calls[] = {
        {"write to a file", SYS_write, {file, MARK, 100}},
        {"write nothing", SYS_write, {file, MARK, 0}},
        {"write far too much", SYS_write, {file, MARK, -1}},
        {"pwrite64", SYS_pwrite64, {file, MARK, 100, 0}},
        {"writev", SYS_writev, {file, MARK, 1}},
        {"readv's list", SYS_readv, {file, MARK, 1}},
        {"open", SYS_open, {MARK, O_RDONLY}},
        {"openat", SYS_openat, {AT_FDCWD, MARK, O_RDONLY}},
        {"creat", SYS_creat, {MARK, 0600}},
        {"stat", SYS_stat, {MARK, (long)mapped}},
        {"lstat", SYS_lstat, {MARK, (long)mapped}},
        {"newfstatat", SYS_newfstatat, {AT_FDCWD, MARK, (long)mapped, 0}},
        {"access", SYS_access, {MARK, 0}},
        {"chdir", SYS_chdir, {MARK}},
        {"mkdir", SYS_mkdir, {MARK, 0700}},
        {"rmdir", SYS_rmdir, {MARK}},
        {"unlink", SYS_unlink, {MARK}},
        {"rename from", SYS_rename, {MARK, (long)file_name}},
        {"rename to", SYS_rename, {(long)file_name, MARK}},
        {"link from", SYS_link, {MARK, (long)file_name}},
        {"symlink", SYS_symlink, {(long)file_name, MARK}},
        {"readlink's path", SYS_readlink, {MARK, (long)mapped, 100}},
        {"chmod", SYS_chmod, {MARK, 0600}},
        {"chown", SYS_chown, {MARK, 0, 0}},
        {"truncate", SYS_truncate, {MARK, 0}},
        {"execve", SYS_execve, {MARK, 0, 0}},
        {"rt_sigaction's new", SYS_rt_sigaction, {SIGUSR1, MARK, 0, 8}},
        {"rt_sigprocmask's new", SYS_rt_sigprocmask, {SIG_BLOCK, MARK, 0, 8}},
        {"nanosleep", SYS_nanosleep, {MARK, 0}},
        {"poll", SYS_poll, {MARK, 1, 0}},
        {"setrlimit", SYS_setrlimit, {RLIMIT_CORE, MARK}},
    };

    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        call_try(&calls[i], pointers);
}

/* Paths, names and what is given with them. */
static void more_names(const struct pointer *pointers)
{
    const struct call calls[] = {
        {"execveat", SYS_execveat, {AT_FDCWD, MARK, 0, 0, 0}},
        {"faccessat2", SYS_faccessat2, {AT_FDCWD, MARK, 0, 0}},
        {"fchmodat", SYS_fchmodat, {AT_FDCWD, MARK, 0600}},
        {"fchownat", SYS_fchownat, {AT_FDCWD, MARK, 0, 0, 0}},
        {"lchown", SYS_lchown, {MARK, 0, 0}},
        {"unlinkat", SYS_unlinkat, {AT_FDCWD, MARK, 0}},
        {"mkdirat", SYS_mkdirat, {AT_FDCWD, MARK, 0700}},
        {"mknodat", SYS_mknodat, {AT_FDCWD, MARK, S_IFIFO | 0600, 0}},
        {"renameat2 from", SYS_renameat2, {AT_FDCWD, MARK, AT_FDCWD, (long)file_name, 0}},
        {"renameat2 to", SYS_renameat2, {AT_FDCWD, (long)file_name, AT_FDCWD, MARK, 0}},
        {"linkat from", SYS_linkat, {AT_FDCWD, MARK, AT_FDCWD, (long)file_name, 0}},
        {"linkat to", SYS_linkat, {AT_FDCWD, (long)file_name, AT_FDCWD, MARK, 0}},
        {"symlinkat's target", SYS_symlinkat, {MARK, AT_FDCWD, (long)"bad_pointers.link"}},
        {"symlinkat", SYS_symlinkat, {(long)file_name, AT_FDCWD, MARK}},
        {"readlinkat's path", SYS_readlinkat, {directory, MARK, (long)mapped, 100}},
        {"utimensat's times", SYS_utimensat, {AT_FDCWD, (long)file_name, MARK, 0}},
        {"utimes", SYS_utimes, {MARK, 0}},
        {"utime", SYS_utime, {MARK, 0}},
        {"statfs", SYS_statfs, {MARK, (long)mapped}},
        {"statx", SYS_statx, {AT_FDCWD, MARK, 0, 0x7ff, (long)mapped}},
        {"setxattr", SYS_setxattr, {MARK, (long)"user.x", (long)mapped, 1, 0}},
        {"getxattr", SYS_getxattr, {MARK, (long)"user.x", (long)mapped, 10}},
        {"chroot", SYS_chroot, {MARK}},
        {"swapon", SYS_swapon, {MARK, 0}},
        {"swapoff", SYS_swapoff, {MARK}},
        {"memfd_create", SYS_memfd_create, {MARK, 0}},
    };

    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        call_try(&calls[i], pointers);
}

/* Extended attributes, and what is left. The file is there, so that the name or the value is what fails. */
static void attribute_calls(const struct pointer *pointers)
{
    const struct call calls[] = {
        {"setxattr's name", SYS_setxattr, {(long)file_name, MARK, (long)mapped, 1, 0}},
        {"setxattr's value", SYS_setxattr, {(long)file_name, (long)"user.x", MARK, 10, 0}},
        {"lsetxattr", SYS_lsetxattr, {MARK, (long)"user.x", (long)mapped, 1, 0}},
        {"fsetxattr's name", SYS_fsetxattr, {file, MARK, (long)mapped, 1, 0}},
        {"getxattr's name", SYS_getxattr, {(long)file_name, MARK, (long)mapped, 10}},
        {"lgetxattr", SYS_lgetxattr, {MARK, (long)"user.x", (long)mapped, 10}},
        {"fgetxattr's name", SYS_fgetxattr, {file, MARK, (long)mapped, 10}},
        {"listxattr", SYS_listxattr, {MARK, (long)mapped, 10}},
        {"llistxattr", SYS_llistxattr, {MARK, (long)mapped, 10}},
        {"removexattr", SYS_removexattr, {MARK, (long)"user.x"}},
        {"removexattr's name", SYS_removexattr, {(long)file_name, MARK}},
        {"lremovexattr", SYS_lremovexattr, {MARK, (long)"user.x"}},
        {"fremovexattr", SYS_fremovexattr, {file, MARK}},
        {"futimesat", SYS_futimesat, {AT_FDCWD, (long)file_name, MARK}},
        {"settimeofday", SYS_settimeofday, {MARK, 0}},
        {"rt_tgsigqueueinfo", SYS_rt_tgsigqueueinfo, {1, 1, 0, MARK}},
        {"pwritev2's list", SYS_pwritev2, {file, MARK, 1, 0, 0, 0}},
        {"mount's type", SYS_mount, {(long)"none", (long)file_name, MARK, 0, 0}},
        {"mount's target", SYS_mount, {(long)"none", MARK, (long)"tmpfs", 0, 0}},
        {"umount2", SYS_umount2, {MARK, 0}},
        {"capset", SYS_capset, {MARK, (long)mapped}},
    };

    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        call_try(&calls[i], pointers);
}

/* Structures that are read. */
static void more_reading_calls(const struct pointer *pointers)
{
    const struct call calls[] = {
        {"clock_nanosleep", SYS_clock_nanosleep, {CLOCK_MONOTONIC, 0, MARK, 0}},
        {"rt_sigtimedwait's set", SYS_rt_sigtimedwait, {MARK, 0, (long)no_time, 8}},
        {"rt_sigsuspend", SYS_rt_sigsuspend, {MARK, 8}},
        {"rt_sigqueueinfo", SYS_rt_sigqueueinfo, {1, 0, MARK}},
        {"sigaltstack's new", SYS_sigaltstack, {MARK, 0}},
        {"setitimer's new", SYS_setitimer, {0, MARK, 0}},
        {"prlimit64's new", SYS_prlimit64, {0, RLIMIT_CORE, MARK, 0}},
        {"setgroups", SYS_setgroups, {4, MARK}},
        {"capget", SYS_capget, {MARK, (long)mapped}},
        {"prctl's name", SYS_prctl, {15, MARK}},
        {"sendfile's offset", SYS_sendfile, {null_device, file, MARK, 10}},
        {"copy_file_range's offset", SYS_copy_file_range, {file, MARK, file, 0, 1, 0}},
        {"pwritev", SYS_pwritev, {file, MARK, 1, 0, 0}},
        {"preadv2's list", SYS_preadv2, {file, MARK, 1, 0, 0, 0}},
        {"process_vm_readv's list", SYS_process_vm_readv, {getpid(), MARK, 1, (long)no_time, 1, 0}},
        {"futex wait", SYS_futex, {MARK, 128, 5, 0, 0, 0}},
        {"sched_setaffinity", SYS_sched_setaffinity, {0, 8, MARK}},
        {"sched_setscheduler", SYS_sched_setscheduler, {0, 0, MARK}},
        {"sched_setparam", SYS_sched_setparam, {0, MARK}},
        {"clone3", SYS_clone3, {MARK, 64}},
        {"epoll_ctl", SYS_epoll_ctl, {epoll, 1, pipe_ends[0], MARK}},
        {"epoll_pwait's mask", SYS_epoll_pwait, {epoll, (long)mapped, 1, 0, MARK, 8}},
        {"signalfd4", SYS_signalfd4, {-1, MARK, 8, 0}},
        {"timerfd_settime", SYS_timerfd_settime, {timer, 0, MARK, 0}},
        {"write to an eventfd", SYS_write, {event, MARK, 8}},
        {"fcntl's lock", SYS_fcntl, {file, F_SETLK, MARK}},
        {"ioctl FIONBIO", SYS_ioctl, {pipe_ends[0], 0x5421, MARK}},
        {"TIOCSPTLCK", SYS_ioctl, {terminal, 0x40045431, MARK}},
        {"TIOCSWINSZ", SYS_ioctl, {terminal, 0x5414, MARK}},
        {"TCSETS", SYS_ioctl, {terminal, 0x5402, MARK}},
    };

    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        call_try(&calls[i], pointers);
}

/* What may be null, which means no limit. */
static void limits_read(const struct pointer *pointers)
{
    const struct call calls[] = {
        {"ppoll's timeout", SYS_ppoll, {(long)mapped, 0, MARK, 0, 8}},
        {"ppoll's mask", SYS_ppoll, {(long)mapped, 0, (long)no_time, MARK, 8}},
        {"select's readers", SYS_select, {64, MARK, 0, 0, (long)no_time}},
        {"select's timeout", SYS_select, {0, 0, 0, 0, MARK}},
        {"pselect6's writers", SYS_pselect6, {64, 0, MARK, 0, (long)no_time, 0}},
        {"pselect6's timeout", SYS_pselect6, {0, 0, 0, 0, MARK, 0}},
        {"pselect6's mask", SYS_pselect6, {0, 0, 0, 0, (long)no_time, MARK}},
        {"rt_sigtimedwait's timeout", SYS_rt_sigtimedwait, {(long)no_time, 0, MARK, 8}},
        {"futex's timeout", SYS_futex, {(long)no_time, 128, 0, MARK, 0, 0}},
        {"epoll_pwait2's timeout", SYS_epoll_pwait2, {epoll, (long)mapped, 1, MARK, 0, 8}},
    };

    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        call_try(&calls[i], pointers);
}

/* Calls that write to it. */
static void writing_calls(const struct pointer *pointers)
{
    const struct call calls[] = {
        {"read from a file", SYS_read, {file, MARK, 100}},
        {"read from a device", SYS_read, {null_device, MARK, 100}},
        {"pread64", SYS_pread64, {file, MARK, 100, 0}},
        {"fstat", SYS_fstat, {file, MARK}},
        {"stat's result", SYS_stat, {(long)directory_name, MARK}},
        {"getdents64", SYS_getdents64, {directory, MARK, 1000}},
        {"getcwd", SYS_getcwd, {MARK, 4096}},
        {"pipe", SYS_pipe, {MARK}},
        {"pipe2", SYS_pipe2, {MARK, 0}},
        {"uname", SYS_uname, {MARK}},
        {"gettimeofday", SYS_gettimeofday, {MARK, 0}},
        {"clock_gettime", SYS_clock_gettime, {CLOCK_MONOTONIC, MARK}},
        {"clock_getres", SYS_clock_getres, {CLOCK_MONOTONIC, MARK}},
        {"getrlimit", SYS_getrlimit, {RLIMIT_STACK, MARK}},
        {"prlimit64's result", SYS_prlimit64, {0, RLIMIT_STACK, 0, MARK}},
        {"getrusage", SYS_getrusage, {RUSAGE_SELF, MARK}},
        {"sysinfo", SYS_sysinfo, {MARK}},
        {"times", SYS_times, {MARK}},
        {"rt_sigaction's old", SYS_rt_sigaction, {SIGUSR1, 0, MARK, 8}},
        {"rt_sigprocmask's old", SYS_rt_sigprocmask, {SIG_BLOCK, 0, MARK, 8}},
        {"rt_sigpending", SYS_rt_sigpending, {MARK, 8}},
        {"sigaltstack's old", SYS_sigaltstack, {0, MARK}},
        {"getrandom", SYS_getrandom, {MARK, 3, 0}},
        {"sched_getaffinity", SYS_sched_getaffinity, {0, 128, MARK}},
    };

    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        call_try(&calls[i], pointers);
}

static void more_writing_calls(const struct pointer *pointers)
{
    const struct call calls[] = {
        {"readlink's result", SYS_readlink, {(long)"/proc/self/exe", MARK, 100}},
        {"readlinkat's result", SYS_readlinkat, {AT_FDCWD, (long)"/proc/self/exe", MARK, 100}},
        {"getdents", SYS_getdents, {directory, MARK, 1000}},
        {"lstat's result", SYS_lstat, {(long)directory_name, MARK}},
        {"newfstatat's result", SYS_newfstatat, {AT_FDCWD, (long)directory_name, MARK, 0}},
        {"statx's result", SYS_statx, {AT_FDCWD, (long)directory_name, 0, 0x7ff, MARK}},
        {"statfs's result", SYS_statfs, {(long)directory_name, MARK}},
        {"fstatfs", SYS_fstatfs, {file, MARK}},
        {"preadv's list", SYS_preadv, {file, MARK, 1, 0, 0}},
        {"read from an eventfd", SYS_read, {event, MARK, 8}},
        {"mincore", SYS_mincore, {(long)mapped, PAGE, MARK}},
        {"wait4's usage", SYS_wait4, {-1, 0, WNOHANG, MARK}},
        {"waitid", SYS_waitid, {P_ALL, 0, MARK, WEXITED | WNOHANG, 0}},
        {"getresuid 1", SYS_getresuid, {MARK, (long)mapped, (long)mapped}},
        {"getresuid 3", SYS_getresuid, {(long)mapped, (long)mapped, MARK}},
        {"getresgid 2", SYS_getresgid, {(long)mapped, MARK, (long)mapped}},
        {"getcpu", SYS_getcpu, {MARK, 0, 0}},
        {"getcpu's node", SYS_getcpu, {0, MARK, 0}},
        {"getitimer", SYS_getitimer, {0, MARK}},
        {"time", SYS_time, {MARK}},
        {"gettimeofday's zone", SYS_gettimeofday, {0, MARK}},
        {"sched_getparam", SYS_sched_getparam, {0, MARK}},
        {"sched_rr_get_interval", SYS_sched_rr_get_interval, {0, MARK}},
        {"get_robust_list", SYS_get_robust_list, {0, MARK, (long)mapped}},
        {"get_robust_list's size", SYS_get_robust_list, {0, (long)mapped, MARK}},
        {"arch_prctl GET_FS", SYS_arch_prctl, {0x1003, MARK}},
        {"prctl GET_NAME", SYS_prctl, {16, MARK}},
        {"prctl GET_PDEATHSIG", SYS_prctl, {2, MARK}},
        {"setitimer's old", SYS_setitimer, {0, (long)no_timer, MARK}},
        {"timerfd_gettime", SYS_timerfd_gettime, {timer, MARK}},
        {"timerfd_settime's old", SYS_timerfd_settime, {timer, 0, (long)no_timer, MARK}},
        {"epoll_wait", SYS_epoll_wait, {epoll, MARK, 1, 0}},
        {"fcntl F_GETLK", SYS_fcntl, {file, F_GETLK, MARK}},
        {"FIONREAD of a pipe", SYS_ioctl, {pipe_ends[0], 0x541b, MARK}},
        {"FIONREAD of a file", SYS_ioctl, {file, 0x541b, MARK}},
        {"TIOCGPTN", SYS_ioctl, {terminal, 0x80045430, MARK}},
        {"TIOCGWINSZ", SYS_ioctl, {terminal, 0x5413, MARK}},
        {"TCGETS", SYS_ioctl, {terminal, 0x5401, MARK}},
    };

    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        call_try(&calls[i], pointers);
}

/* A status that wait cannot store: the child is gone all the same. */
static void wait_for_bad(const struct pointer *pointers)
{
    for (; pointers->name; pointers++) {
        pid_t child = fork();
        if (!child)
            _exit(7);
        long result = syscall(SYS_wait4, child, pointers->value, 0, 0);
        int error = result < 0 ? errno : 0;
        say("wait4 %s: %s %d, then %s", pointers->name, result == child ? "the child" : "error", error,
            waitpid(child, NULL, 0) < 0 && errno == ECHILD ? "no child" : "a child");
    }
}

/* One good piece and one bad: what was moved before the bad one counts. */
static void half_good(void)
{
    char good[10] = "123456789";
    volatile int minus_one = -1, too_many = 1025; /* so that the compiler does not warn of what is meant */
    struct iovec parts[] = {{good, 9}, {mapped + PAGE, 10}};

    say_result("writev, the second part bad", writev(file, parts, 2));
    lseek(file, 0, SEEK_SET);
    say_result("readv, the second part bad", readv(file, parts, 2));
    parts[0].iov_len = (size_t)-1;
    say_result("writev, a part too long", writev(file, parts, 1));
    say_result("writev, no parts", writev(file, parts, 0));
    say_result("writev, -1 parts", writev(file, parts, minus_one));
    say_result("writev, too many parts", writev(file, parts, too_many));
    memcpy(mapped + PAGE - 9, "half good", 9);
    long done = write(pipe_ends[1], mapped + PAGE - 9, 100);
    say_true("write of which nine bytes are good", done == 9 || (done < 0 && errno == EFAULT));
}

int main(void)
{
    mapped = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    readonly = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    file = open(file_name, O_RDWR | O_CREAT | O_TRUNC, 0600);
    directory = open("/", O_RDONLY | O_DIRECTORY);
    null_device = open("/dev/zero", O_RDONLY);
    epoll = epoll_create1(0);
    event = eventfd(3, EFD_NONBLOCK);
    timer = timerfd_create(CLOCK_MONOTONIC, 0);
    terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY);
    if (pipe(pipe_ends) || ftruncate(file, 3 * PAGE))
        return 1;

    struct epoll_event ready = {.events = EPOLLOUT};
    epoll_ctl(epoll, EPOLL_CTL_ADD, pipe_ends[1], &ready);
    munmap(mapped + PAGE, PAGE); /* after everything that might be mapped into the hole */
    /* A path that never ends within the page: the bytes must not be zero. */
    memset(mapped, 'x', PAGE);
    const struct pointer reading[] = {
        {"null", 0},
        {"small", 8},
        {"unmapped", (long)(mapped + PAGE)},
        {"kernel", (long)0xffff888000000000},
        {"top", -8},
        {"hole", 0x0000900000000000},
        {"crossing", (long)(mapped + PAGE - 3)},
        {NULL, 0},
    };
    reading_calls(reading);
    more_names(reading);
    attribute_calls(reading + 1);
    more_reading_calls(reading);
    limits_read(reading + 1);
    const struct pointer writing[] = {
        {"small", 8},
        {"unmapped", (long)(mapped + PAGE)},
        {"kernel", (long)0xffff888000000000},
        {"top", -8},
        {"hole", 0x0000900000000000},
        {"crossing", (long)(mapped + PAGE - 3)},
        {"readonly", (long)readonly},
        {NULL, 0},
    };
    writing_calls(writing);
    more_writing_calls(writing);
    wait_for_bad(writing);
    half_good();
    unlink(file_name);
    return 0;
}

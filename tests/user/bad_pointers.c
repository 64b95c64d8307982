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
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
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
static int file, directory, null_device, pipe_ends[2];

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
    if (pipe(pipe_ends) || ftruncate(file, 3 * PAGE))
        return 1;

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
    wait_for_bad(writing);
    half_good();
    unlink(file_name);
    return 0;
}

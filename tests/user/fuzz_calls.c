/*
 * System calls with random numbers and arguments, from seeds, in children that may die of it: the kernel must survive and
 * every child must end.  Only our own kernel is treated so; elsewhere the program just says what it would say there.
 * `fuzz_calls FIRST COUNT` takes other seeds, and as many children.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include "tests/user/say.h"

enum { CHILDREN = 120, CALLS = 600, PATIENCE_MS = 1000, KILLED_MS = 60000, CALLS_END = 470 };

static uint64_t seed;

static uint64_t random_word(void)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return seed >> 20 ^ seed << 13;
}

static unsigned random_below(unsigned limit)
{
    return (unsigned)(random_word() >> 7) % limit;
}

/* Calls that would end the test rather than test anything: the machine off, other processes killed, no end of new ones, the
   clock moved, sleeping for ever. */
static bool call_excluded(long number)
{
    static const short excluded[] = {
        SYS_reboot,
        SYS_kill,
        SYS_tkill,
        SYS_tgkill,
        SYS_rt_sigqueueinfo,
        SYS_rt_tgsigqueueinfo,
        SYS_fork,
        SYS_vfork,
        SYS_clone,
        SYS_clone3,
        SYS_settimeofday,
        SYS_clock_settime,
        SYS_pause,
        SYS_rt_sigsuspend,
        SYS_nanosleep,
        SYS_futex,
        SYS_sethostname,
        SYS_setdomainname,
        SYS_mount,
        SYS_umount2,
        SYS_pivot_root,
        SYS_chroot,
        SYS_swapon,
        SYS_swapoff,
        SYS_clock_nanosleep,
        SYS_exit,
        SYS_exit_group,
        SYS_execve,
        SYS_execveat,
        SYS_rt_sigreturn,
        SYS_rt_sigtimedwait,
        SYS_poll,
        SYS_ppoll,
        SYS_select,
        SYS_pselect6,
        SYS_kexec_load,
        SYS_pidfd_send_signal,
        SYS_sync,
        SYS_sched_setaffinity,
        SYS_vhangup,
        SYS_settimeofday,
    };

    for (size_t i = 0; i < sizeof excluded / sizeof excluded[0]; i++)
        if (excluded[i] == number)
            return true;
    return false;
}

/* Those that take the program's own memory away: rarely. */
static bool call_rare(long number)
{
    return number == SYS_munmap || number == SYS_mremap || number == SYS_mprotect || number == SYS_brk ||
           number == SYS_mmap || number == SYS_madvise || number == SYS_arch_prctl || number == SYS_remap_file_pages;
}

static char page[8192] __attribute__((aligned(4096)));
static char *hole_before; /* the last bytes before unmapped memory */

static long random_pointer(void)
{
    switch (random_below(9)) {
    case 0:
        return 0;
    case 1:
        return (long)(hole_before + 4096 - random_below(20));
    case 2:
        return (long)0xffff800000000000 + (long)(random_word() >> 20);
    case 3:
        return (long)(0x0000800000000000 + random_word() % 8192 - 4096);
    case 4:
        return (long)random_word();
    default:
        return (long)page + random_below(4096);
    }
}

static long random_argument(void)
{
    static const long numbers[] = {0,     1,       -1,        2,         3,         4,         5,       6,
                                   7,     8,       16,        64,        255,       4095,      4096,    4097,
                                   65536, 1 << 20, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN, AT_FDCWD};

    switch (random_below(4)) {
    case 0:
        return numbers[random_below(sizeof numbers / sizeof numbers[0])];
    case 1:
        return (long)random_below(12);
    case 2:
        return 1L << random_below(64);
    default:
        return random_pointer();
    }
}

/* What pointers lead to: now and then a path, a small structure, or noise. */
static void page_fill(void)
{
    static const char *const paths[] = {"/tmp/fuzz/file",    "/tmp/fuzz", "fuzz", "..",
                                        "/proc/self/status", "/dev/null", "/",    "/proc/self/fd/3"};

    for (int i = 0; i < 64; i++)
        ((long *)page)[random_below(1024)] = random_argument();
    for (int i = 0; i < 16; i++)
        strcpy(page + random_below(7000), paths[random_below(sizeof paths / sizeof paths[0])]);
}

static void descriptors_open(void)
{
    sigset_t all;
    int ends[2];

    for (int i = 0; i < 20; i++)
        close(i);
    open("/dev/null", O_RDWR);
    open("/dev/zero", O_RDWR);
    open("/tmp/fuzz/file", O_RDWR | O_CREAT, 0600);
    open("/tmp/fuzz", O_RDONLY | O_DIRECTORY);
    if (pipe2(ends, O_NONBLOCK))
        _exit(1);
    open("/proc/self/status", O_RDONLY);
    memfd_create("fuzz", 0);
    sigfillset(&all);
    epoll_create1(0);
    eventfd(1, EFD_NONBLOCK);
    signalfd(-1, &all, SFD_NONBLOCK);
    timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
}

static _Noreturn void child_run(unsigned number)
{
    struct rlimit memory = {64 << 20, 64 << 20}, file = {1 << 20, 1 << 20}, none = {0, 0};

    seed = number * 7919u + 1;
    setsid();
    setrlimit(RLIMIT_AS, &memory);
    setrlimit(RLIMIT_FSIZE, &file);
    setrlimit(RLIMIT_CORE, &none);
    if (chdir("/tmp/fuzz"))
        _exit(1);
    hole_before = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(hole_before + 4096, 4096);
    descriptors_open();
    for (int i = 0; i < CALLS; i++) {
        long call = random_below(50) ? (long)random_below(CALLS_END) : (long)random_word();
        if (call_excluded(call) || (call_rare(call) && random_below(8)))
            continue;
        if (i % 8 == 0)
            page_fill();
        if (i % 100 == 99)
            descriptors_open();
        syscall(call, random_argument(), random_argument(), random_argument(), random_argument(), random_argument(),
                random_argument());
    }
    _exit(0);
}

/* Waits a while, then kills; false if even that does not end it. */
static bool child_ends(pid_t child)
{
    for (int waited = 0; waited < PATIENCE_MS + KILLED_MS; waited += 10) {
        if (waitpid(child, NULL, WNOHANG | __WALL) == child)
            return true;
        if (waited == PATIENCE_MS)
            kill(child, SIGKILL);
        usleep(10000);
    }
    return false;
}

static unsigned children_run(unsigned first, unsigned count)
{
    unsigned ended = 0;

    mkdir("/tmp/fuzz", 0700);
    for (unsigned i = first; i < first + count; i += 2) {
        pid_t pair[2];
        for (unsigned j = 0; j < 2; j++) {
            pair[j] = fork();
            if (!pair[j])
                child_run(i + j);
        }
        for (unsigned j = 0; j < 2; j++)
            ended += pair[j] > 0 && child_ends(pair[j]);
    }
    return ended;
}

int main(int count, char **arguments)
{
    unsigned first = count > 1 ? (unsigned)atoi(arguments[1]) : 0,
             children = count > 2 ? (unsigned)atoi(arguments[2]) : CHILDREN;
    struct utsname system;

    uname(&system);
    unsigned ended = strstr(system.version, "Clockhand") ? children_run(first, children) : children;
    say("%u children ended", ended);
    pid_t child = fork();
    if (!child)
        _exit(3);
    int status = 0;
    waitpid(child, &status, 0);
    say("and processes still work: %d", WEXITSTATUS(status));
    return 0;
}

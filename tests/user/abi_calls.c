/*
 * What start-up code and tools of real programs ask for and no other test does: calls that libraries make before main(),
 * flags that are accepted and mean nothing, and small neighbours of well-known calls.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/vfs.h>
#include <sys/wait.h>

#include "tests/user/say.h"

enum { PAGE = 4096, DENYWRITE = 0x800, NORESERVE = 0x4000, STACK = 0x20000, LARGEFILE = 0100000, DETACHED = 0x400000 };

static void start_up(void)
{
    static int cleared;
    long robust[3] = {(long)robust, 0, 0};
    say_true("set_tid_address gives the thread's id", syscall(SYS_set_tid_address, &cleared) == getpid());
    say_result("set_robust_list", syscall(SYS_set_robust_list, robust, 24));
    say_result("set_robust_list of another size", syscall(SYS_set_robust_list, robust, 25));
    say_result("arch_prctl of an unknown code", syscall(SYS_arch_prctl, 0x9999, 0));
    say_true("gettid", syscall(SYS_gettid) == getpid());
}

/* musl puts a page without access beside the heap. */
static void guard_page(void)
{
    char *end = (char *)syscall(SYS_brk, 0);
    char *after = (char *)(((uintptr_t)end + PAGE - 1) & -(uintptr_t)PAGE);
    say_true("the heap grows by two pages", syscall(SYS_brk, after + 2 * PAGE) == (long)(after + 2 * PAGE));
    void *guard = mmap(after, PAGE, PROT_NONE, MAP_ANONYMOUS | MAP_PRIVATE | MAP_FIXED, -1, 0);
    say_true("a page of it becomes a guard", guard == after);
    after[PAGE] = 1;
    pid_t child = fork();
    if (child == 0) {
        *(volatile char *)after = 1;
        _exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    say("touched: signal %d", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    say_true("and the heap shrinks over it", syscall(SYS_brk, end) == (long)end);
}

static void ignored_flags(void)
{
    int file = open("abi.file", O_RDWR | O_CREAT | O_TRUNC | LARGEFILE, 0600);
    say_result("write", write(file, "text", 4));
    char *map = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | DENYWRITE, file, 0);
    say("mapped with MAP_DENYWRITE: %.4s", map != MAP_FAILED ? map : "no");
    munmap(map, PAGE);
    map = mmap(NULL, 1ul << 36, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | NORESERVE, -1, 0);
    say_true("64 GB reserved", map != MAP_FAILED);
    say_result("some of it in use", mprotect(map, 2 * PAGE, PROT_READ | PROT_WRITE));
    map[PAGE] = 1;
    munmap(map, 1ul << 36);
    map = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | STACK, -1, 0);
    say_true("a stack", map != MAP_FAILED);
    int child = (int)syscall(SYS_clone, SIGCHLD | DETACHED, 0, 0, 0, 0);
    if (child == 0)
        _exit(3);
    int status = 0;
    waitpid(child, &status, 0);
    say("clone with the flag musl adds: %d", WEXITSTATUS(status));
    munmap(map, 8 * PAGE);
    close(file);
}

static void names(void)
{
    struct stat status;
    struct statfs space;
    int file = open("abi.file", O_RDWR), directory = open(".", O_RDONLY | O_DIRECTORY);
    say_result("a fifo by mknodat", mknodat(directory, "abi.fifo", S_IFIFO | 0640, 0));
    say_result("a device by mknodat", mknodat(directory, "abi.null", S_IFCHR | 0600, makedev(1, 3)));
    if (fstatat(directory, "abi.fifo", &status, 0) == 0)
        say("mode %o", status.st_mode);
    if (fstatat(directory, "abi.null", &status, 0) == 0)
        say("mode %o, device %u %u", status.st_mode, major(status.st_rdev), minor(status.st_rdev));
    say_result("again", mknodat(directory, "abi.fifo", S_IFIFO | 0640, 0));
    say_result("a directory by mknodat", mknodat(directory, "abi.dir", S_IFDIR | 0700, 0));
    say_result("symlinkat", symlinkat("abi.file", directory, "abi.link"));
    say_result("again", symlinkat("abi.file", directory, "abi.link"));
    say_result("an empty one", symlinkat("", directory, "abi.empty"));
    say_result("fstatfs", fstatfs(file, &space));
    say_true("with room", space.f_bsize > 0 && space.f_blocks >= space.f_bfree);
    say_result("fadvise64", syscall(SYS_fadvise64, file, 0, 0, 4));
    say_result("unknown advice", syscall(SYS_fadvise64, file, 0, 0, 99));
    int ends[2];
    say_result("pipe", pipe(ends));
    say_result("advice for a pipe", syscall(SYS_fadvise64, ends[0], 0, 0, 0));
    say_result("fchdir", fchdir(directory));
    say_result("fchdir to a file", fchdir(file));
    const char *const made[] = {"abi.fifo", "abi.null", "abi.link"};
    for (int i = 0; i < 3; i++)
        say_result("unlinkat", unlinkat(directory, made[i], 0));
    close(ends[0]);
    close(ends[1]);
    close(file);
    close(directory);
}

static void copies(void)
{
    char text[16] = "";
    int file = open("abi.file", O_RDWR | O_TRUNC), add = open("abi.file", O_RDWR | O_APPEND);
    off_t from = 0, to = 2;
    say_result("write", write(file, "abcdef", 6));
    say_result("over itself", copy_file_range(file, &from, file, &to, 4, 0));
    to = 6;
    say_result("behind itself", copy_file_range(file, &from, file, &to, 6, 0));
    say("from %ld to %ld", (long)from, (long)to);
    say_result("read", pread(file, text, 15, 0));
    say("%s", text);
    from = 0;
    say_result("appended", copy_file_range(file, &from, add, NULL, 4, 0));
    say_result("with a flag", copy_file_range(file, &from, file, &to, 1, 1));
    close(add);
    close(file);
    unlink("abi.file");
}

static volatile sig_atomic_t alarms;

static void alarmed(int number)
{
    alarms += number == SIGALRM;
}

static void times_and_signals(void)
{
    struct tms used;
    sigset_t alarm_only, none;
    signal(SIGALRM, alarmed);
    sigemptyset(&none);
    sigemptyset(&alarm_only);
    sigaddset(&alarm_only, SIGALRM);
    sigprocmask(SIG_BLOCK, &alarm_only, NULL);
    say("no alarm before: %u", alarm(1000));
    unsigned before = alarm(500);
    say_true("about a thousand seconds before", before > 900 && before <= 1000);
    const struct itimerval soon = {.it_value = {0, 1000}};
    struct itimerval left;
    say_result("the same timer", setitimer(ITIMER_REAL, &soon, &left));
    say_true("about five hundred seconds before", left.it_value.tv_sec > 400 && left.it_value.tv_sec <= 500);
    while (!alarms)
        sigsuspend(&none);
    say("no alarm left: %u, alarms %d", alarm(0), (int)alarms);
    sigprocmask(SIG_UNBLOCK, &alarm_only, NULL);
    say_result("tgkill", syscall(SYS_tgkill, getpid(), getpid(), SIGALRM));
    say("alarms %d", (int)alarms);
    say_result("tgkill of another process's thread", syscall(SYS_tgkill, getpid(), 1, 0));
    say_result("tgkill -1", syscall(SYS_tgkill, -1, getpid(), 0));
    say_true("times", times(&used) != (clock_t)-1 && used.tms_utime >= 0 && used.tms_cutime >= 0);
}

static void closing(void)
{
    int first = dup(0);
    for (int i = 1; i < 6; i++)
        dup(0);
    say_result("close_range", syscall(SYS_close_range, first + 1, first + 3, 0));
    for (int i = 0; i < 6; i++)
        say("open: %d", fcntl(first + i, F_GETFD));
    say_result("marked", syscall(SYS_close_range, first, ~0u, 4));
    say("flags: %d %d", fcntl(first, F_GETFD), fcntl(first + 5, F_GETFD));
    say_result("the wrong way round", syscall(SYS_close_range, 5, 4, 0));
    say_result("unknown flag", syscall(SYS_close_range, first, first, 64));
    say_result("all", syscall(SYS_close_range, first, ~0u, 0));
    say("open: %d", fcntl(first, F_GETFD));
}

int main(void)
{
    umask(022);
    start_up();
    guard_page();
    ignored_flags();
    names();
    copies();
    times_and_signals();
    closing();
    return 0;
}

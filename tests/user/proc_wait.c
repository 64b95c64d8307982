/* Children and what their parents learn of them: wait4, waitid, stopping and continuing, orphans. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "tests/user/say.h"

static void say_status(const char *what, pid_t result, int status)
{
    if (result < 0)
        say("%s: error %d", what, errno);
    else if (WIFEXITED(status))
        say("%s: exit code %d", what, WEXITSTATUS(status));
    else if (WIFSIGNALED(status))
        say("%s: signal %d", what, WTERMSIG(status));
    else if (WIFSTOPPED(status))
        say("%s: stopped by %d", what, WSTOPSIG(status));
    else if (WIFCONTINUED(status))
        say("%s: continued", what);
}

/* Waits, and says what came of it. */
static void say_wait(const char *what, pid_t pid, int options)
{
    int status = 0;
    pid_t result = waitpid(pid, &status, options);
    say_status(what, result, status);
}

static pid_t child_exits(int code)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(code);
    return pid;
}

static pid_t child_sleeps(void)
{
    pid_t pid = fork();
    while (pid == 0)
        pause();
    return pid;
}

static void exit_codes(void)
{
    int status = 0;
    for (int code = 0; code < 300; code += 37) {
        pid_t pid = child_exits(code);
        pid_t got = waitpid(pid, &status, 0);
        say_true("the right child", got == pid);
        say_status("exit", got, status);
    }
}

static void signals_end(void)
{
    static const int signals[] = {SIGHUP,  SIGINT,    SIGQUIT, SIGILL,  SIGTRAP, SIGABRT, SIGBUS,  SIGFPE,
                                  SIGKILL, SIGUSR1,   SIGSEGV, SIGUSR2, SIGPIPE, SIGALRM, SIGTERM, SIGXCPU,
                                  SIGXFSZ, SIGVTALRM, SIGPROF, SIGIO,   SIGPWR,  SIGSYS,  34,      64};
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    for (unsigned i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        pid_t pid = child_sleeps();
        kill(pid, signals[i]);
        say_wait("killed", pid, 0);
    }
}

static void signals_ignored(void)
{
    static const int signals[] = {SIGCHLD, SIGURG, SIGWINCH, SIGCONT, 0};
    int status = 0;
    pid_t pid = child_sleeps();
    for (unsigned i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        say_result("ignored", kill(pid, signals[i]));
    say_result("still there", waitpid(pid, &status, WNOHANG));
    kill(pid, SIGTERM);
    say_wait("end", pid, 0);
    say_result("gone", kill(pid, 0));
}

static void stop_and_continue(void)
{
    int status = 0;
    pid_t pid = child_sleeps();
    kill(pid, SIGSTOP);
    say_wait("stop", pid, WUNTRACED);
    say_result("reported once", waitpid(pid, &status, WUNTRACED | WNOHANG));
    kill(pid, SIGUSR1);
    say_result("a stopped process does not act", waitpid(pid, &status, WNOHANG));
    kill(pid, SIGCONT);
    say_wait("then it does", pid, 0);
    pid = child_sleeps();
    setpgid(pid, pid); /* a group of its own, so that it is not an orphaned one, which SIGTSTP does not stop */
    kill(pid, SIGTSTP);
    say_wait("stop", pid, WUNTRACED);
    kill(pid, SIGCONT);
    say_wait("continue", pid, WCONTINUED);
    kill(pid, SIGSTOP);
    say_wait("stop", pid, WUNTRACED);
    kill(pid, SIGKILL);
    say_wait("a stopped process can be killed", pid, 0);
}

/*
 * Between vfork and the child's exec or end, the parent cannot be stopped: the stop comes after that. Continued, it waits for
 * a second byte, as its end would hide that it was continued.
 */
static void stop_in_vfork(void)
{
    int ready[2], go[2], status;
    char byte;
    if (pipe(ready) < 0 || pipe(go) < 0)
        return;
    pid_t pid = fork();
    if (pid == 0) {
        if (vfork() == 0) {
            int failed = write(ready[1], "x", 1) != 1 || read(go[0], &byte, 1) != 1;
            _exit(failed);
        }
        wait(NULL);
        _exit(read(go[0], &byte, 1) == 1 ? 3 : 4);
    }
    say_result("the child of vfork runs", read(ready[0], &byte, 1));
    kill(pid, SIGSTOP);
    say_result("its parent does not count as stopped", waitpid(pid, &status, WUNTRACED | WNOHANG));
    say_result("go", write(go[1], "x", 1));
    say_wait("stopped after that", pid, WUNTRACED);
    kill(pid, SIGCONT);
    say_wait("continued", pid, WCONTINUED);
    say_result("go on", write(go[1], "x", 1));
    say_wait("ended", pid, 0);
    for (int i = 0; i < 2; i++) {
        close(ready[i]);
        close(go[i]);
    }
}

static void say_info(const char *what, int result, const siginfo_t *info, pid_t pid)
{
    if (result < 0)
        say("%s: error %d", what, errno);
    else
        say("%s: signal %d code %d status %d, the child: %d", what, info->si_signo, info->si_code, info->si_status,
            info->si_pid == pid);
}

static void wait_by_id(void)
{
    siginfo_t info;
    pid_t pid = child_exits(7);
    memset(&info, 0xff, sizeof(info));
    say_info("look", waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), &info, pid);
    say_info("look again", waitid(P_ALL, 0, &info, WEXITED | WNOWAIT), &info, pid);
    say_info("take", waitid(P_PGID, (id_t)getpgrp(), &info, WEXITED), &info, pid);
    say_info("nothing left", waitid(P_PID, (id_t)pid, &info, WEXITED), &info, pid);
    pid = child_sleeps();
    memset(&info, 0xff, sizeof(info));
    info.si_pid = 1;
    say_result("not yet", waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG));
    say("then the signal is %d and the process %d", info.si_signo, info.si_pid);
    kill(pid, SIGSTOP);
    say_info("stopped", waitid(P_PID, (id_t)pid, &info, WSTOPPED), &info, pid);
    kill(pid, SIGCONT);
    say_info("continued", waitid(P_PID, (id_t)pid, &info, WCONTINUED), &info, pid);
    kill(pid, SIGKILL);
    say_info("killed", waitid(P_PID, (id_t)pid, &info, WEXITED), &info, pid);
    say_result("no kind", waitid(P_ALL, 0, &info, WNOHANG));
    say_result("bad option", waitid(P_ALL, 0, &info, WEXITED | 0x100));
    say_result("bad type", waitid((idtype_t)9, 0, &info, WEXITED));
}

static void wrong_arguments(void)
{
    int status;
    say_result("no children", waitpid(-1, &status, 0));
    say_result("no such child", waitpid(1, &status, 0));
    say_result("bad option", waitpid(-1, &status, 0x100));
    say_result("lowest pid", waitpid(-2147483647 - 1, &status, 0));
    pid_t pid = child_exits(0);
    say_result("other group", waitpid(-pid, &status, 0));
    say_true("any", waitpid(-1, NULL, 0) == pid);
    pid = child_exits(3);
    say_result("bad address", syscall(SYS_wait4, pid, (int *)8, 0, NULL));
    say_result("has been reaped all the same", waitpid(pid, &status, 0));
}

static void orphan(void)
{
    int ends[2], status;
    char byte = 0;
    if (pipe(ends) < 0)
        _exit(98);
    pid_t pid = fork();
    if (pid == 0) {
        pid_t self = getpid();
        if (fork() != 0)
            _exit(0);
        while (getppid() == self)
            usleep(1000);
        byte = getppid() != self;
        _exit(write(ends[1], &byte, 1) != 1);
    }
    waitpid(pid, &status, 0);
    close(ends[1]);
    say_result("the orphan says", read(ends[0], &byte, 1));
    say_true("it has a new parent", byte);
    close(ends[0]);
}

static void not_waited_for(void)
{
    int status;
    signal(SIGCHLD, SIG_IGN);
    child_exits(1);
    child_exits(2);
    say_result("children nobody wants leave no zombies", waitpid(-1, &status, 0));
    signal(SIGCHLD, SIG_DFL);
    pid_t pid = child_exits(4);
    say_wait("now they do", pid, 0);
}

static void usage(void)
{
    struct rusage usage;
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        static volatile unsigned char memory[4 << 20];
        volatile unsigned long sum = 0;
        for (unsigned long i = 0; i < 30000000; i++) {
            memory[i % sizeof(memory)] = 1;
            sum += i;
        }
        _exit(sum == 0);
    }
    say_true("wait4", wait4(pid, &status, 0, &usage) == pid);
    long long used = usage.ru_utime.tv_sec * 1000000ll + usage.ru_utime.tv_usec + usage.ru_stime.tv_sec * 1000000ll +
                     usage.ru_stime.tv_usec;
    say_true("a busy child has used time", used > 0);
    say_true("and memory", usage.ru_minflt > 0 && usage.ru_maxrss > 0);
    getrusage(RUSAGE_CHILDREN, &usage);
    say_true("which is its parent's children's", usage.ru_minflt > 0);
}

int main(void)
{
    exit_codes();
    signals_end();
    signals_ignored();
    stop_and_continue();
    stop_in_vfork();
    wait_by_id();
    wrong_arguments();
    orphan();
    not_waited_for();
    usage();
    return 0;
}

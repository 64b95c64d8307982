/* Process groups and sessions: who may join what, who gets a group's signals, orphans, terminals that are none. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>

#include "tests/user/say.h"

static int ends[2];

static void child_wait(void)
{
    char byte;

    close(ends[1]);
    while (read(ends[0], &byte, 1) > 0)
        ;
}

static void status_say(const char *what, pid_t child)
{
    int status = 0;

    if (waitpid(child, &status, 0) != child)
        say("%s: not a child", what);
    else if (WIFSIGNALED(status))
        say("%s: signal %d", what, WTERMSIG(status));
    else
        say("%s: status %d", what, WEXITSTATUS(status));
}

static void joining(void)
{
    if (pipe(ends))
        return;
    pid_t first = fork();
    if (!first) {
        child_wait();
        _exit(1);
    }
    pid_t second = fork();
    if (!second) {
        child_wait();
        _exit(2);
    }
    close(ends[0]);
    say_result("the first becomes a leader", setpgid(first, first));
    say_result("the second joins", setpgid(second, first));
    say_true("both are in it", getpgid(first) == first && getpgid(second) == first);
    say_true("we are not", getpgrp() != first);
    say_result("a group that is none", setpgid(second, 999999));
    say_result("a process that is none", setpgid(999999, 0));
    say_result("a negative group", setpgid(second, -5));
    say_result("a signal for the group", kill(-first, SIGTERM));
    status_say("first", first);
    status_say("second", second);
    say_result("the group is gone", kill(-first, 0));
    close(ends[1]);
}

static void sessions(void)
{
    pid_t child = fork();

    if (!child) {
        say_true("not a leader yet", getpgrp() != getpid());
        say_true("setsid gives our number", setsid() == getpid());
        say_true("session and group are ours", getsid(0) == getpid() && getpgrp() == getpid());
        say_result("again", setsid());
        say_result("a leader cannot leave", setpgid(0, getppid()));
        int terminal = open("/dev/tty", O_RDWR);
        say_result("/dev/tty without a terminal", terminal);
        _exit(0);
    }
    status_say("session", child);
    child = fork();
    if (!child) {
        say_result("a group of its own", setpgid(0, 0));
        say_result("then setsid", setsid());
        _exit(0);
    }
    status_say("group leader", child);
}

static void after_exec(void)
{
    pid_t child;

    if (pipe2(ends, O_CLOEXEC))
        return;
    child = fork();
    if (!child) {
        execl("/bin/sleep", "sleep", "20", (char *)NULL);
        _exit(1);
    }
    close(ends[1]);
    char byte;
    while (read(ends[0], &byte, 1) > 0)
        ; /* ends when exec closes the writing end */
    close(ends[0]);
    say_result("setpgid after exec", setpgid(child, child));
    kill(child, SIGKILL);
    status_say("sleeper", child);
}

static void not_a_terminal(void)
{
    int descriptor = open("/dev/null", O_RDWR), number = 0;
    struct termios modes;
    struct winsize size;

    say_result("tcgetattr", tcgetattr(descriptor, &modes));
    say_result("tcgetpgrp", tcgetpgrp(descriptor));
    say_result("tcsetpgrp", tcsetpgrp(descriptor, getpgrp()));
    say_result("window size", ioctl(descriptor, TIOCGWINSZ, &size));
    say_result("controlling terminal", ioctl(descriptor, TIOCSCTTY, 0));
    say_result("isatty of a closed one", (close(descriptor), isatty(descriptor)));
    if (pipe(ends))
        return;
    say_result("isatty of a pipe", isatty(ends[0]));
    say_result("tcgetattr of a pipe", tcgetattr(ends[0], &modes));
    say_result("no such request", ioctl(ends[0], 0x12345678, &number));
}

/* A child in a group of its own, stopped and continued by signals to the group. */
static void stop_and_go(void)
{
    siginfo_t info;
    int hold[2];
    char byte;

    if (pipe(hold))
        return;
    pid_t child = fork();
    if (!child) {
        close(hold[1]);
        setpgid(0, 0);
        raise(SIGSTOP);
        _exit(read(hold[0], &byte, 1) == 0 ? 5 : 6); /* only when its parent has seen it go on */
    }
    close(hold[0]);
    setpgid(child, child);
    say_result("waitid stopped", waitid(P_PGID, (id_t)child, &info, WSTOPPED));
    say("code %d, status %d", info.si_code, info.si_status);
    say_result("nothing more", waitid(P_PGID, (id_t)child, &info, WSTOPPED | WNOHANG));
    say_result("continue", kill(-child, SIGCONT));
    say_result("waitid continued", waitid(P_PID, (id_t)child, &info, WCONTINUED));
    say("code %d, status %d", info.si_code, info.si_status);
    close(hold[1]);
    status_say("and the end", child);
}

int main(void)
{
    joining();
    sessions();
    after_exec();
    not_a_terminal();
    stop_and_go();
    return 0;
}

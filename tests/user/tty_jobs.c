/* Job control on a pseudo-terminal: sessions, foreground and background groups, the signals of keys, of background use and of hanging up. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>

#include "tests/user/asleep.h"
#include "tests/user/say.h"

#ifndef TIOCGPTN
#define TIOCGPTN 0x80045430
#define TIOCSPTLCK 0x40045431
#endif

enum { TRIES = 3000 }; /* with 20 ms in between, until what must come is given up */

static int master;
static char slave_name[32];

static void master_open(void)
{
    int number = 0, zero = 0;
    master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
    if (master < 0 || ioctl(master, TIOCGPTN, &number) < 0 || ioctl(master, TIOCSPTLCK, &zero) < 0)
        _exit(97);
    snprintf(slave_name, sizeof(slave_name), "/dev/pts/%d", number);
}

static void type(const char *text)
{
    if (write(master, text, strlen(text)) != (long)strlen(text))
        say("typing failed: %d", errno);
}

/* Waits for a change of `pid` and says it. */
static void say_change(const char *what, pid_t pid)
{
    int status = -1;
    if (waitpid(pid, &status, WUNTRACED | WCONTINUED) != pid)
        say("%s: no change, error %d", what, errno);
    else if (WIFSTOPPED(status))
        say("%s: stopped by %d", what, WSTOPSIG(status));
    else if (WIFSIGNALED(status))
        say("%s: ended by %d", what, WTERMSIG(status));
    else if (WIFCONTINUED(status))
        say("%s: continued", what);
    else
        say("%s: exit %d", what, WEXITSTATUS(status));
}

static void set_local(int slave, tcflag_t off, tcflag_t on)
{
    struct termios modes;
    tcgetattr(slave, &modes);
    modes.c_lflag = (modes.c_lflag & ~off) | on;
    tcsetattr(slave, TCSANOW, &modes);
}

/* A child in a group of its own that calls `function`; its result is the exit status. */
static pid_t group_start(int (*function)(int), int slave)
{
    pid_t pid = fork();
    if (pid == 0) {
        setpgid(0, 0);
        signal(SIGTTOU, SIG_DFL);
        _exit(function(slave));
    }
    setpgid(pid, pid);
    return pid;
}

static int job_sleep(int slave)
{
    (void)slave;
    sleep(1000);
    return 1;
}

static int job_read(int slave)
{
    char buffer[20];
    long count = read(slave, buffer, sizeof(buffer));
    return count < 0 ? errno : (int)count;
}

static int job_write(int slave)
{
    return write(slave, "job\n", 4) < 0 ? errno : 4;
}

static int hold[2];

/* Ends when it is told to, so that it can be seen to go on before. */
static int job_write_held(int slave)
{
    char byte;
    if (write(slave, "job\n", 4) < 0)
        return errno;
    return read(hold[0], &byte, 1) == 1 ? 4 : 1;
}

static int job_modes(int slave)
{
    struct termios modes;
    tcgetattr(slave, &modes);
    return tcsetattr(slave, TCSADRAIN, &modes) < 0 ? errno : 0;
}

static int job_take_foreground(int slave)
{
    int group = getpgrp();
    return ioctl(slave, TIOCSPGRP, &group) < 0 ? errno : 0;
}

static int job_take_quietly(int slave)
{
    signal(SIGTTOU, SIG_IGN);
    return job_take_foreground(slave);
}

static int job_read_ignoring(int slave)
{
    signal(SIGTTIN, SIG_IGN);
    return job_read(slave);
}

static void foreground(int slave, pid_t group)
{
    int number = group;
    ioctl(slave, TIOCSPGRP, &number);
}

static void session_begins(int *slave)
{
    int group = 0, session = 0;
    say_result("setsid again", setsid());
    say_result("no own terminal yet", open("/dev/tty", O_RDWR));
    int other = open(slave_name, O_RDWR | O_NOCTTY);
    say_result("not by O_NOCTTY", open("/dev/tty", O_RDWR));
    say_result("its group", ioctl(other, TIOCGPGRP, &group));
    *slave = open(slave_name, O_RDWR);
    say_true("opened", *slave >= 0);
    int own = open("/dev/tty", O_RDWR);
    say_true("now it is the own terminal", own >= 0);
    say_result("group", ioctl(own, TIOCGPGRP, &group));
    say_result("session", ioctl(own, TIOCGSID, &session));
    say_true("they are ours", group == getpgrp() && session == getpid());
    say_result("TIOCSCTTY again", ioctl(*slave, TIOCSCTTY, 0));
    close(own);
    close(other);
}

static void keys(int slave)
{
    pid_t pid = group_start(job_sleep, slave);
    foreground(slave, pid);
    usleep(50000);
    type("\003");
    say_change("^C", pid);
    pid = group_start(job_sleep, slave);
    foreground(slave, pid);
    usleep(50000);
    type("\032");
    say_change("^Z", pid);
    kill(-pid, SIGCONT);
    say_change("SIGCONT", pid);
    set_local(slave, ISIG, 0);
    type("\003\n");
    struct pollfd for_input = {.fd = slave, .events = POLLIN};
    say_result("without ISIG it is input", poll(&for_input, 1, 10000));
    say_result("without ISIG it goes on", waitpid(pid, NULL, WNOHANG));
    set_local(slave, 0, ISIG);
    kill(-pid, SIGTERM);
    say_change("SIGTERM", pid);
    foreground(slave, getpgrp());
    tcflush(slave, TCIFLUSH);
}

static void background(int slave)
{
    pid_t pid = group_start(job_read, slave);
    say_change("background read", pid);
    foreground(slave, pid);
    kill(-pid, SIGCONT);
    say_change("continued in front", pid);
    type("abc\n");
    say_change("its read", pid);
    foreground(slave, getpgrp());
    pid = group_start(job_write, slave);
    say_change("background write", pid);
    set_local(slave, 0, TOSTOP);
    if (pipe(hold) < 0)
        _exit(98);
    pid = group_start(job_write_held, slave);
    say_change("with TOSTOP", pid);
    set_local(slave, TOSTOP, 0);
    kill(-pid, SIGCONT);
    say_change("SIGCONT", pid);
    if (write(hold[1], "x", 1) != 1)
        say("not told: error %d", errno);
    say_change("its write", pid);
    close(hold[0]);
    close(hold[1]);
    pid = group_start(job_modes, slave);
    say_change("background modes", pid);
    kill(-pid, SIGKILL);
    say_change("SIGKILL", pid);
    pid = group_start(job_take_foreground, slave);
    say_change("taking the foreground", pid);
    kill(-pid, SIGKILL);
    say_change("SIGKILL", pid);
    pid = group_start(job_take_quietly, slave);
    say_change("with SIGTTOU ignored", pid);
    foreground(slave, getpgrp());
    pid = group_start(job_read_ignoring, slave);
    say_change("reading with SIGTTIN ignored", pid);
}

static void errors(int slave)
{
    int group = 99999, negative = -5, foreign = getppid();
    say_result("a group that does not exist", ioctl(slave, TIOCSPGRP, &group));
    say_result("a negative group", ioctl(slave, TIOCSPGRP, &negative));
    say_result("a group of another session", ioctl(slave, TIOCSPGRP, &foreign));
    pid_t pid = fork();
    if (pid == 0) {
        setsid();
        say_result("a second session cannot have it", ioctl(slave, TIOCSCTTY, 0));
        say_result("nor ask", ioctl(slave, TIOCGPGRP, &group));
        _exit(0);
    }
    say_change("the other session", pid);
}

static volatile sig_atomic_t windows, hang_ups, continues;

static void note(int number)
{
    windows += number == SIGWINCH;
    hang_ups += number == SIGHUP;
    continues += number == SIGCONT;
}

/* An orphaned group may not stop: its read fails. */
static void orphaned(int slave)
{
    int ends[2], result = -1;
    if (pipe(ends) < 0)
        return;
    pid_t pid = fork();
    if (pid == 0) {
        pid_t parent = getpid();
        if (fork() == 0) {
            setpgid(0, 0);
            while (getppid() == parent)
                usleep(1000);
            result = job_read(slave);
            _exit(write(ends[1], &result, sizeof(result)) < 0);
        }
        _exit(0);
    }
    waitpid(pid, NULL, 0);
    close(ends[1]);
    if (read(ends[0], &result, sizeof(result)) != sizeof(result))
        say("no answer");
    say("orphaned reader: error %d", result);
    close(ends[0]);
}

static int session(void)
{
    int slave = -1;
    struct winsize size = {10, 20, 0, 0};
    setsid();
    signal(SIGTTOU, SIG_IGN); /* as shells do, to take the foreground back */
    session_begins(&slave);
    keys(slave);
    background(slave);
    errors(slave);
    orphaned(slave);
    signal(SIGWINCH, note);
    signal(SIGHUP, note);
    signal(SIGCONT, note);
    ioctl(master, TIOCSWINSZ, &size);
    ioctl(master, TIOCSWINSZ, &size);
    say("window signals: %d", (int)windows);
    say_result("giving it up", ioctl(slave, TIOCNOTTY));
    say("signals of that: %d %d", (int)hang_ups, (int)continues);
    say_result("no own terminal", open("/dev/tty", O_RDWR));
    say_result("again", ioctl(slave, TIOCSCTTY, 0));
    return 0;
}

/*
 * The leader of a session ends: its foreground group is told. Its member says so when nobody holds the writing end of `said`
 * any more, that is after the leader's end has been said; until then it holds that of `over`.
 */
static int leader_ends(const int *said, const int *over)
{
    int ends[2];
    char byte;
    setsid();
    close(said[1]);
    close(over[0]);
    int slave = open(slave_name, O_RDWR);
    pid_t pid = pipe(ends) < 0 ? -1 : fork();
    if (pid == 0) {
        signal(SIGHUP, note);
        if (write(ends[1], "x", 1) != 1)
            _exit(1);
        for (int i = 0; i < TRIES && hang_ups == 0; i++)
            usleep(20000);
        while (read(said[0], &byte, 1) > 0)
            ;
        say("leader ended: hang-ups %d", (int)hang_ups);
        say_result("no own terminal", open("/dev/tty", O_RDWR));
        _exit(0);
    }
    if (read(ends[0], &byte, 1) != 1)
        return 1;
    close(slave);
    return 0;
}

/* The master is closed: leader and foreground are told, and reads end. */
static int master_goes(int ready)
{
    char byte;
    setsid();
    int slave = open(slave_name, O_RDWR);
    signal(SIGHUP, note);
    signal(SIGCONT, note);
    close(master);
    if (write(ready, "x", 1) != 1)
        return 1;
    long count = read(slave, &byte, 1);
    say("read: %ld", count < 0 ? -errno : count);
    for (int i = 0; i < TRIES && continues == 0; i++)
        usleep(20000);
    say("signals: %d %d", hang_ups > 0, continues > 0);
    say_result("no own terminal", open("/dev/tty", O_RDWR));
    return 0;
}

int main(void)
{
    int ends[2], said[2], over[2];
    char byte;
    master_open();
    pid_t pid = fork();
    if (pid == 0)
        _exit(session());
    say_change("session", pid);
    if (pipe(said) < 0 || pipe(over) < 0)
        return 1;
    pid = fork();
    if (pid == 0)
        _exit(leader_ends(said, over));
    close(said[0]);
    close(over[1]);
    say_change("leader", pid);
    close(said[1]);
    while (read(over[0], &byte, 1) > 0)
        ;
    close(over[0]);
    close(master);
    master_open();
    if (pipe(ends) < 0)
        return 1;
    pid = fork();
    if (pid == 0)
        _exit(master_goes(ends[1]));
    if (read(ends[0], &byte, 1) != 1)
        return 1;
    asleep_await(pid);
    close(master);
    say_change("session without terminal", pid);
    return 0;
}

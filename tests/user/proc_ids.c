/*
 * Process groups, sessions and users. What only root may do is tried by root; another user gets the same lines without
 * trying.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "tests/user/say.h"

static int ends[2];

/* A child that waits until it is told to go on, then ends. */
static pid_t child_waits(void)
{
    char byte;
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[1]);
        _exit(read(ends[0], &byte, 1) != 0);
    }
    return pid;
}

static void groups(void)
{
    pid_t self = getpid(), one = child_waits(), two = child_waits();
    say_true("a child is in its parent's group", getpgid(one) == getpgrp());
    say_true("and session", getsid(one) == getsid(0));
    say_result("a group of its own", setpgid(one, one));
    say_true("now it is", getpgid(one) == one);
    say_result("another joins", setpgid(two, one));
    say_true("now it is there", getpgid(two) == one);
    say_result("a signal to the group", kill(-one, SIGTERM));
    int status = 0, dead = 0;
    for (int i = 0; i < 2; i++)
        dead += waitpid(-one, &status, 0) > 0 && WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM;
    say("%d died of it", dead);
    say_result("nobody is left in it", kill(-one, 0));
    say_result("so nobody can join", setpgid(0, one));
    say_true("back where it was", getpgid(0) == getpgrp() && getpid() == self);
}

static void after_exec(void)
{
    int status, open_ends[2];
    char byte;
    if (pipe2(open_ends, O_CLOEXEC) < 0)
        _exit(98);
    pid_t pid = fork();
    if (pid == 0) {
        execl("/proc/self/exe", "self", "wait", NULL);
        _exit(9);
    }
    close(open_ends[1]);
    while (read(open_ends[0], &byte, 1) > 0)
        ; /* ends when exec closes the writing end */
    close(open_ends[0]);
    say_result("a child that has executed a program is left alone", setpgid(pid, pid));
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
}

static void sessions(void)
{
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        say_true("a session of its own", setsid() == getpid());
        say_true("and group", getpgrp() == getpid() && getsid(0) == getpid());
        say_result("once", setsid());
        say_result("its leader stays in its group", setpgid(0, getppid()));
        int terminal = open("/dev/tty", O_RDWR);
        say_result("without a terminal", terminal);
        pid_t child = fork();
        if (child == 0) {
            say_result("members can go", setpgid(0, 0));
            say_result("not to another session", setpgid(0, getpgid(getppid()) + 100000));
            _exit(0);
        }
        waitpid(child, &status, 0);
        _exit(0);
    }
    waitpid(pid, &status, 0);
    pid = child_waits();
    if (setpgid(pid, pid) < 0)
        say("group: error %d", errno);
    say("a leader of a group in one's own session: %d", getsid(pid) == getsid(0));
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
}

/* The shell's worry: when the last link of a group to its session goes, stopped members are told. */
static void orphaned_group(void)
{
    int status, report[2];
    char byte = 0;
    if (pipe(report) < 0)
        _exit(98);
    pid_t parent = fork();
    if (parent == 0) {
        pid_t child = fork();
        if (child == 0) {
            setpgid(0, 0);
            signal(SIGHUP, SIG_DFL);
            raise(SIGSTOP);
            pause();
            _exit(0);
        }
        setpgid(child, child);
        waitpid(child, &status, WUNTRACED);
        byte = WIFSTOPPED(status);
        if (write(report[1], &byte, 1) != 1)
            _exit(97);
        _exit(0); /* leaves the stopped child behind, which then dies of SIGHUP and closes the pipe */
    }
    close(report[1]);
    waitpid(parent, &status, 0);
    say_result("stopped", read(report[0], &byte, 1));
    say("it had stopped: %d", byte);
    say_result("and does not stay stopped for ever", read(report[0], &byte, 1));
    close(report[0]);
}

static int is_root;

/* For what only root can try: anybody else is told that it is so. */
static void as_root(const char *what, int truth)
{
    say_true(what, !is_root || truth);
}

static int users_are(uid_t real, uid_t effective, uid_t saved)
{
    uid_t got[3];
    syscall(SYS_getresuid, &got[0], &got[1], &got[2]);
    return got[0] == real && got[1] == effective && got[2] == saved;
}

static int set_users(long real, long effective, long saved)
{
    return (int)syscall(SYS_setresuid, real, effective, saved);
}

/* Whether a call failed with EPERM. */
static int refused(long result)
{
    return result < 0 && errno == EPERM;
}

static void users_as_root(void)
{
    gid_t list[3] = {7, 8, 9}, got[8] = {0};
    as_root("root", users_are(0, 0, 0));
    as_root("groups", syscall(SYS_setgroups, 3, list) == 0 && getgroups(0, got) == 3 && getgroups(8, got) == 3);
    as_root("they are these", got[0] == 7 && got[1] == 8 && got[2] == 9);
    as_root("too little room", getgroups(2, got) < 0 && errno == EINVAL);
    as_root("group", syscall(SYS_setresgid, 20, 21, 22) == 0 && getgid() == 20 && getegid() == 21);
    as_root("the effective one only", set_users(-1, 1000, -1) == 0 && users_are(0, 1000, 0));
    as_root("then not to another", refused(set_users(-1, 1234, -1)));
    as_root("but back", set_users(-1, 0, -1) == 0 && users_are(0, 0, 0));
    as_root("real and effective", syscall(SYS_setreuid, 1000, 1001) == 0 && users_are(1000, 1001, 1001));
    as_root("no way back", refused(setuid(0)));
    as_root("to the real one", setuid(1000) == 0 && users_are(1000, 1000, 1001));
    as_root("to the saved one", syscall(SYS_setreuid, -1, 1001) == 0 && users_are(1000, 1001, 1001));
    as_root("no groups to set", refused(syscall(SYS_setgroups, 3, list)));
    as_root("no signal to process 1", refused(kill(1, 0)));
    as_root("but to oneself", kill(getpid(), 0) == 0);
    as_root("nor another clock", refused(syscall(SYS_clock_settime, 0, (long[]){1, 1})));
}

static void users(void)
{
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        users_as_root();
        _exit(0);
    }
    waitpid(pid, &status, 0);
}

int main(int argc, char **argv)
{
    (void)argv;
    while (argc > 1)
        pause();
    if (pipe(ends) < 0)
        return 98;
    is_root = geteuid() == 0;
    groups();
    after_exec();
    sessions();
    orphaned_group();
    users();
    return 0;
}

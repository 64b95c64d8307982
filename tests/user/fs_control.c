/*
 * fcntl and ioctl for each kind of file: a table of commands by kinds, as on Linux. What depends on the file system below
 * (O_DIRECT, sizes of directories) and on the machine is left out.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <termios.h>

#include "tests/user/say.h"

#ifndef TIOCGPTN
#define TIOCGPTN 0x80045430
#define TIOCSPTLCK 0x40045431
#endif

struct kind {
    const char *name;
    int fd;
};

enum { KINDS_MAX = 24, FIRST = 60 };

static struct kind kinds[KINDS_MAX];
static unsigned count;

static void kind_add(const char *name, int fd)
{
    if (fd < 0) {
        say("%s: error %d", name, errno);
        return;
    }
    int moved = dup2(fd, FIRST + (int)count);
    close(fd);
    kinds[count++] = (struct kind){name, moved};
}

static void files_make(void)
{
    int file = open("file", O_RDWR | O_CREAT | O_TRUNC, 0644);
    say_result("write", write(file, "0123456789", 10));
    lseek(file, 3, SEEK_SET);
    kind_add("file", file);
    kind_add("file to read", open("file", O_RDONLY));
    kind_add("file to write", open("file", O_WRONLY | O_APPEND));
    kind_add("file, path only", open("file", O_PATH));
    mkdir("directory", 0755);
    kind_add("directory", open("directory", O_RDONLY | O_DIRECTORY));
    mkfifo("fifo", 0600);
    kind_add("fifo", open("fifo", O_RDWR));
    kind_add("null", open("/dev/null", O_RDWR));
    kind_add("zero", open("/dev/zero", O_RDONLY));
    kind_add("proc", open("/proc/self/stat", O_RDONLY));
}

static void kinds_make(void)
{
    int ends[2], master = open("/dev/ptmx", O_RDWR | O_NOCTTY), zero = 0, number = 0;
    char name[32];
    sigset_t none;
    sigemptyset(&none);
    files_make();
    if (pipe(ends) < 0 || write(ends[1], "pipe", 4) != 4)
        _exit(98);
    kind_add("pipe to read", ends[0]);
    kind_add("pipe to write", ends[1]);
    ioctl(master, TIOCSPTLCK, &zero);
    ioctl(master, TIOCGPTN, &number);
    snprintf(name, sizeof(name), "/dev/pts/%d", number);
    int slave = open(name, O_RDWR | O_NOCTTY);
    kind_add("master", master);
    kind_add("slave", slave);
    kind_add("memory", memfd_create("memory", 0));
    kind_add("event", eventfd(1, 0));
    kind_add("timer", timerfd_create(CLOCK_MONOTONIC, 0));
    kind_add("signal", signalfd(-1, &none, 0));
}

/* A call for each kind of file, in one line for those in a row that answer the same. */
static void for_each(const char *what, long (*call)(int fd))
{
    char line[500] = "";
    long last = 0;
    for (unsigned i = 0; i < count; i++) {
        long result = call(kinds[i].fd);
        if (result < 0)
            result = -errno;
        size_t used = strlen(line);
        if (i == 0 || result != last)
            snprintf(line + used, sizeof(line) - used, "%s%ld: %s", i == 0 ? "" : "; ", result, kinds[i].name);
        else
            snprintf(line + used, sizeof(line) - used, ", %s", kinds[i].name);
        last = result;
    }
    say("%s\n  %s", what, line);
}

/* --- fcntl --- */

static int command;
static long argument;

static long control(int fd)
{
    return fcntl(fd, command, argument);
}

static void control_each(const char *what, int number, long value)
{
    command = number;
    argument = value;
    for_each(what, control);
}

static long duplicate(int fd)
{
    int copy = fcntl(fd, command, 100);
    if (copy < 0)
        return copy;
    long result = copy * 10 + fcntl(copy, F_GETFD);
    close(copy);
    return result;
}

static void descriptors(void)
{
    command = F_DUPFD;
    for_each("F_DUPFD", duplicate);
    command = F_DUPFD_CLOEXEC;
    for_each("F_DUPFD_CLOEXEC", duplicate);
    control_each("F_DUPFD from -1", F_DUPFD, -1);
    control_each("F_DUPFD_CLOEXEC too far", F_DUPFD_CLOEXEC, 1 << 30);
    control_each("F_GETFD", F_GETFD, 0);
    control_each("F_SETFD 1", F_SETFD, 1);
    control_each("F_GETFD", F_GETFD, 0);
    control_each("F_SETFD 2", F_SETFD, 2);
    control_each("F_GETFD", F_GETFD, 0);
}

/* Sets exactly these flags, and says which there are then: without the access mode and O_LARGEFILE. */
static long flags_set(int fd)
{
    if (fcntl(fd, F_SETFL, argument) < 0)
        return -1;
    return fcntl(fd, F_GETFL) & ~0100003;
}

static void flags(void)
{
    static const struct {
        const char *name;
        int flags;
    } sets[] = {
        {"F_SETFL O_APPEND", O_APPEND},
        {"F_SETFL O_NONBLOCK", O_NONBLOCK},
        {"F_SETFL O_APPEND | O_NONBLOCK", O_APPEND | O_NONBLOCK},
        {"F_SETFL what open() only takes",
         O_CREAT | O_EXCL | O_TRUNC | O_NOCTTY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC},
        {"F_SETFL O_SYNC", O_SYNC},
        {"F_SETFL O_WRONLY", O_WRONLY},
        {"F_SETFL 0", 0},
    };

    control_each("F_GETFL", F_GETFL, 0);
    for (unsigned i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
        argument = sets[i].flags;
        for_each(sets[i].name, flags_set);
    }
}

/* O_NOATIME is for a file's owner, who nobody here is. */
static void owners_flag(void)
{
    int null = open("/dev/null", O_RDONLY);
    pid_t child = fork();
    if (child == 0) {
        if (getuid() == 0 && setuid(12345) < 0)
            _exit(97);
        say_result("F_SETFL O_NOATIME of another's file", fcntl(null, F_SETFL, O_NOATIME));
        say_result("O_NOATIME", open("/dev/null", O_RDONLY | O_NOATIME));
        _exit(0);
    }
    waitpid(child, NULL, 0);
    say("flags %o", fcntl(null, F_GETFL));
    close(null);
}

static struct flock lock;

static long lock_ask(int fd)
{
    lock = (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET};
    long result = fcntl(fd, command, &lock);
    return result < 0 ? result : lock.l_type;
}

static long lock_set(int fd)
{
    lock = (struct flock){.l_type = (short)argument, .l_whence = SEEK_SET, .l_len = 1};
    return fcntl(fd, command, &lock);
}

static void locks(void)
{
    command = F_GETLK;
    for_each("F_GETLK", lock_ask);
    command = F_OFD_GETLK;
    for_each("F_OFD_GETLK", lock_ask);
    for (argument = F_RDLCK; argument <= F_UNLCK + 2; argument++) {
        char name[40];
        command = F_SETLK;
        snprintf(name, sizeof(name), "F_SETLK of type %ld", argument);
        for_each(name, lock_set);
        command = F_OFD_SETLK;
        snprintf(name, sizeof(name), "F_OFD_SETLK of type %ld", argument);
        for_each(name, lock_set);
        argument = argument == F_UNLCK ? 9 : argument;
    }
}

static long owner_get(int fd)
{
    long owner = fcntl(fd, F_GETOWN);
    return owner == getpid() ? 1 : owner == -getpgrp() ? 2 : owner;
}

static void owners(void)
{
    control_each("F_GETOWN", F_GETOWN, 0);
    control_each("F_SETOWN", F_SETOWN, getpid());
    for_each("F_GETOWN", owner_get);
    control_each("F_SETOWN of nobody", F_SETOWN, 99999999);
    for_each("F_GETOWN", owner_get);
    control_each("F_SETOWN of the smallest number", F_SETOWN, -2147483647 - 1);
    control_each("F_SETOWN of nobody", F_SETOWN, 0);
    control_each("F_GETOWN", F_GETOWN, 0);
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    control_each("F_SETOWN of a group, by the number of a child", F_SETOWN, -child);
    control_each("F_GETOWN, no such group", F_GETOWN, 0);
    control_each("F_SETOWN of a group there is not", F_SETOWN, -99999999);
    control_each("F_SETOWN of a child", F_SETOWN, child);
    waitpid(child, NULL, 0);
    control_each("F_GETOWN, the child has gone", F_GETOWN, 0);
}

static void commands(void)
{
    control_each("F_GETPIPE_SZ", F_GETPIPE_SZ, 0);
    control_each("an unknown command", 777, 0);
    control_each("a negative command", -1, 0);
}

/* --- ioctl --- */

static long request;
static union {
    int number;
    struct termios modes;
    struct winsize window;
    long wide;
} data;

static long ask(int fd)
{
    memset(&data, 0, sizeof(data));
    return ioctl(fd, (unsigned long)request, &data);
}

static long ask_number(int fd)
{
    memset(&data, 0, sizeof(data));
    long result = ioctl(fd, (unsigned long)request, &data);
    return result < 0 ? result : data.number;
}

static long ask_nowhere(int fd)
{
    return ioctl(fd, (unsigned long)request, 8);
}

static void requests(void)
{
    static const struct {
        const char *name;
        long request;
    } asked[] = {
        {"TCGETS", TCGETS},     {"TIOCGWINSZ", TIOCGWINSZ},   {"TIOCGPGRP", TIOCGPGRP},
        {"TIOCGPTN", TIOCGPTN}, {"BLKGETSIZE64", 0x80081272}, {"an unknown request", 0x12345678},
        {"request 0", 0},
    };

    for (unsigned i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
        request = asked[i].request;
        for_each(asked[i].name, ask);
    }
    request = FIONREAD;
    for_each("FIONREAD", ask_number);
    for_each("FIONREAD to nowhere", ask_nowhere);
    request = TIOCOUTQ;
    for_each("TIOCOUTQ", ask_number);
}

static long close_on_exec(int fd)
{
    int first = ioctl(fd, FIOCLEX), set = fcntl(fd, F_GETFD), second = ioctl(fd, FIONCLEX), clear = fcntl(fd, F_GETFD);
    return first < 0 || second < 0 ? -1 : set * 10 + clear;
}

static long nonblocking(int fd)
{
    int value = 1;
    if (ioctl(fd, FIONBIO, &value) < 0)
        return -1;
    int set = fcntl(fd, F_GETFL) & O_NONBLOCK;
    value = 0;
    if (ioctl(fd, FIONBIO, &value) < 0)
        return -1;
    return set * 10 + (fcntl(fd, F_GETFL) & O_NONBLOCK);
}

static void switches(void)
{
    for_each("FIOCLEX and FIONCLEX", close_on_exec);
    for_each("FIONBIO on and off", nonblocking);
    request = FIONBIO;
    for_each("FIONBIO from nowhere", ask_nowhere);
}

int main(void)
{
    char directory[] = "fs_control_XXXXXX";
    if (mkdtemp(directory) == NULL || chdir(directory) < 0)
        return 1;
    kinds_make();
    descriptors();
    flags();
    owners_flag();
    locks();
    owners();
    commands();
    requests();
    switches();
    unlink("file");
    unlink("fifo");
    rmdir("directory");
    if (chdir("..") < 0)
        return 1;
    return rmdir(directory) != 0;
}

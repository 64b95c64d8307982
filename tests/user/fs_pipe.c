/*
 * Pipes and fifos: order, ends, signals, capacity, atomic writes, and waiting with poll and select.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/user/say.h"

static volatile int signals;

static void count_signal(int signal)
{
    (void)signal;
    signals++;
}

static void simple(void)
{
    char text[16] = "";
    int ends[2], available = -1;
    struct stat status;
    say_result("pipe", pipe(ends));
    say_result("write", write(ends[1], "hello, world", 12));
    say_result("FIONREAD", ioctl(ends[0], FIONREAD, &available));
    say("%d", available);
    say_result("read 5", read(ends[0], text, 5));
    say_result("read the rest", read(ends[0], text + 5, 10));
    say("%s", text);
    say_result("read of nothing", read(ends[0], text, 0));
    say_result("read from the write end", read(ends[1], text, 1));
    say_result("write to the read end", write(ends[0], text, 1));
    say_result("fstat", fstat(ends[0], &status));
    say("mode %o, size %ld", status.st_mode, (long)status.st_size);
    say_result("fsync", fsync(ends[0]));
    say_result("ftruncate", ftruncate(ends[1], 0));
    say_result("last write", write(ends[1], "x", 1));
    close(ends[1]);
    say_result("read", read(ends[0], text, 5));
    say_result("end", read(ends[0], text, 5));
    close(ends[0]);
    say_result("pipe2, bad flag", pipe2(ends, O_APPEND));
    say_result("bad pointer", syscall(SYS_pipe2, 8L, 0));
}

static void broken(void)
{
    int ends[2];
    signals = 0;
    signal(SIGPIPE, count_signal);
    if (pipe(ends) < 0)
        return;
    close(ends[0]);
    say_result("write without readers", write(ends[1], "x", 1));
    say("%d signals", signals);
    say_result("write of nothing", write(ends[1], "x", 0));
    signal(SIGPIPE, SIG_IGN);
    say_result("ignored", write(ends[1], "x", 1));
    close(ends[1]);
    signal(SIGPIPE, SIG_DFL);
    if (fork() == 0) {
        if (pipe(ends) < 0)
            _exit(9);
        close(ends[0]);
        say_result("never seen", write(ends[1], "x", 1));
        _exit(0);
    }
    int how;
    wait(&how);
    say("ended by signal %d", WTERMSIG(how));
}

static void nonblocking(void)
{
    static char block[4096];
    int ends[2], blocks = 0;
    say_result("pipe2", pipe2(ends, O_NONBLOCK));
    say_result("empty", read(ends[0], block, 1));
    while (write(ends[1], block, sizeof block) == sizeof block)
        blocks++;
    say("%d blocks, then error %d", blocks, errno);
    say_result("one byte more", write(ends[1], block, 1));
    say_result("make room", read(ends[0], block, 4096));
    say_result("two blocks", write(ends[1], block, 2));
    say_result("too much to be whole", write(ends[1], block, 4096));
    say_result("a part of a large one", write(ends[1], block, 4095) < 0 ? -1 : 0);
    close(ends[0]);
    close(ends[1]);
}

/* Writers of whole records: none may be torn. */
static void atomic(void)
{
    enum { WRITERS = 3, RECORDS = 300, LENGTH = 1000 };
    static char record[LENGTH];
    int ends[2], torn = 0, count = 0;
    if (pipe(ends) < 0)
        return;
    for (int writer = 0; writer < WRITERS; writer++) {
        if (fork() == 0) {
            memset(record, '0' + writer, sizeof record);
            for (int i = 0; i < RECORDS; i++) {
                if (write(ends[1], record, sizeof record) != LENGTH)
                    say("write: error %d", errno);
            }
            _exit(0);
        }
    }
    close(ends[1]);
    size_t have = 0;
    ssize_t got;
    while ((got = read(ends[0], record + have, sizeof record - have)) > 0) {
        have += (size_t)got;
        if (have < sizeof record)
            continue;
        for (size_t i = 1; i < sizeof record; i++)
            torn += record[i] != record[0];
        have = 0;
        count++;
    }
    while (wait(NULL) > 0)
        continue;
    say("%d records, %d torn bytes, %lu left over", count, torn, (unsigned long)have);
    close(ends[0]);
}

/* A megabyte through 64 KB, written in one call. */
static void large(void)
{
    enum { SIZE = 1 << 20 };
    int ends[2];
    if (pipe(ends) < 0)
        return;
    if (fork() == 0) {
        unsigned char *bytes = malloc(SIZE);
        for (int i = 0; i < SIZE; i++)
            bytes[i] = (unsigned char)(i * 7 + i / 256);
        say_true("written whole", write(ends[1], bytes, SIZE) == SIZE);
        _exit(0);
    }
    close(ends[1]);
    unsigned char piece[3333];
    long total = 0, wrong = 0;
    ssize_t got;
    while ((got = read(ends[0], piece, sizeof piece)) > 0) {
        for (ssize_t i = 0; i < got; i++)
            wrong += piece[i] != (unsigned char)((total + i) * 7 + (total + i) / 256);
        total += got;
    }
    wait(NULL);
    say("%ld bytes, %ld wrong", total, wrong);
    close(ends[0]);
}

/* A transfer that a bad address stops takes nothing out and puts nothing in. */
static void bad_buffers(void)
{
    char text[64] = "";
    int ends[2];
    if (pipe(ends) < 0)
        return;
    char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(pages + 4096, 4096);
    char *last = pages + 4092, *volatile nowhere = (char *)8;
    say_result("write", write(ends[1], "0123456789", 10));
    say_result("read to nowhere", read(ends[0], nowhere, 10));
    say_result("read over the end of memory", read(ends[0], last, 10));
    say_result("write from nowhere", write(ends[1], nowhere, 10));
    say_result("write from over the end of memory", write(ends[1], last, 10));
    say_result("read what is there", read(ends[0], text, sizeof(text)));
    say("%s", text);
    struct iovec parts[2] = {{last, 4}, {nowhere, 6}};
    say_result("write", write(ends[1], "abcdefghij", 10));
    say_result("readv, second part bad", readv(ends[0], parts, 2));
    say_result("writev, second part bad", writev(ends[1], parts, 2));
    memset(text, 0, sizeof(text));
    say_result("read what is there", read(ends[0], text, sizeof(text)));
    say("%s", text);
    munmap(pages, 4096);
    close(ends[0]);
    close(ends[1]);
}

static void say_poll(const char *what, struct pollfd *set, int count, int timeout)
{
    int result = poll(set, (nfds_t)count, timeout);
    say("%s: %d, %x %x", what, result, set[0].revents, count > 1 ? set[1].revents : 0);
}

static void polling(void)
{
    int ends[2];
    char byte;
    if (pipe(ends) < 0)
        return;
    struct pollfd set[] = {{ends[0], POLLIN, 0}, {ends[1], POLLOUT, 0}};
    say_poll("empty", set, 2, 0);
    say_poll("timeout", set, 1, 20);
    if (write(ends[1], "x", 1) != 1)
        say("write: error %d", errno);
    say_poll("with a byte", set, 2, -1);
    if (read(ends[0], &byte, 1) != 1)
        say("read: error %d", errno);
    if (fork() == 0) {
        usleep(30000);
        _exit(write(ends[1], "y", 1) != 1);
    }
    say_poll("waited for", set, 1, 5000);
    wait(NULL);
    close(ends[1]);
    set[1].fd = -1;
    say_poll("closed", set, 2, 0);
    set[1].fd = 999;
    say_poll("not open", set, 2, 0);
    close(ends[0]);
    say_result("nothing, 10 ms", poll(NULL, 0, 10));
    set[0].fd = open("/dev/null", O_RDWR);
    set[0].events = POLLIN | POLLOUT;
    say_poll("null", set, 1, 0);
    say_result("bad pointer", syscall(SYS_poll, 8L, 1, 0));
    say_result("too many", syscall(SYS_poll, set, 10000000, 0));
}

static void selecting(void)
{
    int ends[2];
    fd_set readable, writable;
    struct timeval timeout = {0, 20000};
    if (pipe(ends) < 0)
        return;
    FD_ZERO(&readable);
    FD_ZERO(&writable);
    FD_SET(ends[0], &readable);
    FD_SET(ends[1], &writable);
    say_result("select", select(ends[1] + 1, &readable, &writable, NULL, NULL));
    say("%d %d", FD_ISSET(ends[0], &readable), FD_ISSET(ends[1], &writable));
    FD_SET(ends[0], &readable);
    say_result("timeout", select(ends[1] + 1, &readable, NULL, NULL, &timeout));
    say("%d, left %ld", FD_ISSET(ends[0], &readable), (long)timeout.tv_usec);
    close(ends[1]);
    FD_SET(ends[0], &readable);
    say_result("closed", select(ends[1] + 1, &readable, NULL, NULL, NULL));
    say("%d", FD_ISSET(ends[0], &readable));
    FD_ZERO(&writable);
    FD_SET(ends[1], &writable);
    say_result("not open", select(ends[1] + 1, NULL, &writable, NULL, &timeout));
    say_result("negative", select(-1, NULL, NULL, NULL, &timeout));
    say_result("nothing", select(0, NULL, NULL, NULL, &timeout));
    close(ends[0]);
}

/* ppoll lets a signal in that is blocked otherwise. */
static void masked(void)
{
    sigset_t blocked, none;
    sigemptyset(&none);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    signals = 0;
    signal(SIGUSR1, count_signal);
    kill(getpid(), SIGUSR1);
    struct timespec timeout = {2, 0};
    say_result("ppoll, blocked", ppoll(NULL, 0, &(struct timespec){0, 1000000}, NULL));
    say("%d signals", signals);
    say_result("ppoll, let in", ppoll(NULL, 0, &timeout, &none));
    say("%d signals", signals);
    sigprocmask(SIG_UNBLOCK, &blocked, NULL);
}

static void fifos(void)
{
    char text[8] = "";
    char name[32];
    snprintf(name, sizeof name, "fifo.%d", getpid() % 10000);
    say_result("mkfifo", mkfifo(name, 0644));
    say_result("writer without reader", open(name, O_WRONLY | O_NONBLOCK));
    int reader = open(name, O_RDONLY | O_NONBLOCK);
    say_true("reader", reader >= 0);
    say_result("no writer yet", read(reader, text, 4));
    int writer = open(name, O_WRONLY | O_NONBLOCK);
    say_result("write", write(writer, "abcd", 4));
    say_result("read", read(reader, text, 8));
    say_result("again", read(reader, text, 8));
    close(writer);
    say_result("closed", read(reader, text, 8));
    close(reader);
    if (fork() == 0) {
        writer = open(name, O_WRONLY);
        _exit(write(writer, "child", 5) != 5);
    }
    reader = open(name, O_RDONLY);
    say_result("from the child", read(reader, text, 5));
    say("%.5s", text);
    wait(NULL);
    close(reader);
    unlink(name);
}

int main(void)
{
    umask(022);
    simple();
    broken();
    nonblocking();
    atomic();
    large();
    bad_buffers();
    polling();
    selecting();
    masked();
    fifos();
    return 0;
}

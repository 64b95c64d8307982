/*
 * Pipes and poll: order, ends, EPIPE, atomic writes, blocking and not, what poll says of each state, duplicates, FIONREAD,
 * splitting over processes.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/user/say.h"

static void poll_say(const char *what, int descriptor, short events)
{
    struct pollfd set = {.fd = descriptor, .events = events};
    int count = poll(&set, 1, 0);

    say("%s: poll %d, events %#x", what, count, set.revents);
}

static void states(void)
{
    int ends[2];
    char buffer[100];

    say_result("pipe", pipe(ends));
    poll_say("empty, reading end", ends[0], POLLIN);
    poll_say("empty, writing end", ends[1], POLLOUT);
    say_result("write", write(ends[1], "hello", 5));
    poll_say("five bytes, reading end", ends[0], POLLIN | POLLOUT);
    int waiting = 0;
    say_result("FIONREAD", ioctl(ends[0], FIONREAD, &waiting));
    say("waiting: %d", waiting);
    say_result("read part", read(ends[0], buffer, 3));
    say_result("read rest", read(ends[0], buffer, 100));
    close(ends[1]);
    poll_say("no writer", ends[0], POLLIN);
    say_result("read at the end", read(ends[0], buffer, 100));
    close(ends[0]);
    poll_say("closed", ends[0], POLLIN);
    say_result("seek in a pipe", (pipe(ends), lseek(ends[0], 0, SEEK_SET)));
    say_result("read the writing end", read(ends[1], buffer, 1));
    say_result("write the reading end", write(ends[0], buffer, 1));
    close(ends[0]);
    poll_say("no reader", ends[1], POLLOUT);
    say_result("write without reader", write(ends[1], "x", 1));
    close(ends[1]);
}

static void not_blocking(void)
{
    static char block[70000];
    int ends[2];
    char buffer[10];

    say_result("pipe2", pipe2(ends, O_NONBLOCK | O_CLOEXEC));
    say("flags: %#x %#x", fcntl(ends[0], F_GETFL), fcntl(ends[1], F_GETFL));
    say("close on exec: %d %d", fcntl(ends[0], F_GETFD), fcntl(ends[1], F_GETFD));
    say_result("read from empty", read(ends[0], buffer, 10));
    say_result("write more than fits", write(ends[1], block, sizeof block));
    say_result("write to full", write(ends[1], "x", 1));
    poll_say("full", ends[1], POLLOUT);
    say_result("read a page", read(ends[0], block, 4096));
    poll_say("a page free", ends[1], POLLOUT);
    say_result("write a page and one", write(ends[1], block, 4097));
    close(ends[0]);
    close(ends[1]);
    say_result("pipe2 with a wrong flag", pipe2(ends, 0x1));
}

/* Writes of up to PIPE_BUF bytes from several processes are not mixed. */
static void atomic_writes(void)
{
    enum { WRITERS = 4, RECORDS = 50, RECORD = 512 };
    int ends[2], counts[WRITERS] = {0}, mixed = 0;
    char record[RECORD];

    if (pipe(ends))
        return;
    for (int writer = 0; writer < WRITERS; writer++)
        if (!fork()) {
            memset(record, 'a' + writer, RECORD);
            for (int i = 0; i < RECORDS; i++)
                if (write(ends[1], record, RECORD) != RECORD)
                    _exit(1);
            _exit(0);
        }
    close(ends[1]);
    for (ssize_t got; (got = read(ends[0], record, RECORD)) > 0;) {
        while (got < RECORD) {
            ssize_t more = read(ends[0], record + got, RECORD - (size_t)got);
            if (more <= 0)
                break;
            got += more;
        }
        for (int i = 1; i < RECORD; i++)
            mixed += record[i] != record[0];
        counts[record[0] - 'a']++;
    }
    int failed = 0, status;
    while (wait(&status) > 0)
        failed += status != 0;
    say("records: %d %d %d %d, mixed %d, failed %d", counts[0], counts[1], counts[2], counts[3], mixed, failed);
    close(ends[0]);
}

/* A megabyte through a chain of processes, each adding one to every byte. */
static void chain(void)
{
    enum { LENGTH = 1 << 20, STAGES = 4 };
    static unsigned char block[5000];
    int input = -1, ends[2];
    unsigned long sum = 0, length = 0;

    for (int stage = 0; stage <= STAGES; stage++) {
        if (pipe(ends))
            return;
        if (!fork()) {
            close(ends[0]);
            ssize_t got;
            if (stage == 0)
                for (unsigned long left = LENGTH; left; left -= (unsigned long)got) {
                    for (size_t i = 0; i < sizeof block; i++)
                        block[i] = (unsigned char)(LENGTH - left + i);
                    got = write(ends[1], block, left < sizeof block ? left : sizeof block);
                    if (got <= 0)
                        _exit(1);
                }
            else
                while ((got = read(input, block, 1 + (size_t)stage * 1000)) > 0) {
                    for (ssize_t i = 0; i < got; i++)
                        block[i]++;
                    if (write(ends[1], block, (size_t)got) != got)
                        _exit(1);
                }
            _exit(0);
        }
        close(ends[1]);
        if (input >= 0)
            close(input);
        input = ends[0];
    }
    for (ssize_t got; (got = read(input, block, sizeof block)) > 0; length += (unsigned long)got)
        for (ssize_t i = 0; i < got; i++)
            sum += (unsigned long)block[i] * ((length + (unsigned long)i) % 1009 + 1);
    close(input);
    int failed = 0, status;
    while (wait(&status) > 0)
        failed += status != 0;
    say("chain: %lu bytes, sum %lu, failed %d", length, sum, failed);
}

static void nothing(int number)
{
    (void)number;
}

static long elapsed_tenths(const struct timespec *from)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return ((now.tv_sec - from->tv_sec) * 1000 + (now.tv_nsec - from->tv_nsec) / 1000000) / 100;
}

static void waiting_poll(void)
{
    struct sigaction action = {.sa_handler = nothing};
    struct timespec start;
    int ends[2];

    if (pipe(ends))
        return;
    struct pollfd set[] = {{ends[0], POLLIN, 0}, {-1, POLLIN, 55}, {99, POLLIN, 0}};
    clock_gettime(CLOCK_MONOTONIC, &start);
    say_result("poll with a timeout", poll(set, 1, 200));
    say_true("it took its time", elapsed_tenths(&start) >= 2);
    say_result("poll of nothing", poll(NULL, 0, 10));
    say("poll of one ignored and one that is not open: %d, events %#x %#x", poll(set + 1, 2, -1), set[1].revents,
        set[2].revents);
    pid_t child = fork();
    if (!child) {
        usleep(100000);
        _exit(write(ends[1], "x", 1) != 1);
    }
    say("poll until a byte comes: %d, events %#x", poll(set, 1, 10000), set[0].revents);
    waitpid(child, NULL, 0);
    sigaction(SIGALRM, &action, NULL);
    char byte;
    say_result("take the byte", read(ends[0], &byte, 1));
    pid_t self = getpid();
    child = fork();
    if (!child) {
        while (kill(self, SIGALRM) == 0)
            usleep(10000);
        _exit(0);
    }
    long result = poll(set, 1, 10000);
    int error = errno;
    kill(child, SIGKILL);
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
        ;
    errno = error;
    say_result("poll until a signal comes", result);
    close(ends[0]);
    close(ends[1]);
}

static void other_files(void)
{
    int file = open("pipe_poll.file", O_RDWR | O_CREAT | O_TRUNC, 0600), null = open("/dev/null", O_RDWR);

    poll_say("a file", file, POLLIN | POLLOUT);
    poll_say("a file, asked nothing", file, 0);
    poll_say("/dev/null", null, POLLIN | POLLOUT);
    unlink("pipe_poll.file");
    close(file);
    close(null);
}

static void duplicates(void)
{
    int ends[2], copy;
    char buffer[10];

    if (pipe(ends))
        return;
    copy = dup(ends[1]);
    close(ends[1]);
    poll_say("one of two writers closed", ends[0], POLLIN);
    say_result("write through the copy", write(copy, "ab", 2));
    close(copy);
    say_result("read it", read(ends[0], buffer, 10));
    say_result("then the end", read(ends[0], buffer, 10));
    struct stat status;
    say_result("fstat", fstat(ends[0], &status));
    say("a pipe: %d, size %ld", S_ISFIFO(status.st_mode), (long)status.st_size);
    close(ends[0]);
    say_result("dup of a closed one", dup(ends[0]));
    say_result("dup2 to itself", dup2(1, 1));
    say_result("dup2 to -1", dup2(1, -1));
    say_result("dup3 to itself", dup3(1, 1, 0));
    say_result("dup2 beyond the limit", dup2(1, 1 << 20));
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    states();
    not_blocking();
    atomic_writes();
    chain();
    waiting_poll();
    other_files();
    duplicates();
    signal(SIGPIPE, SIG_DFL);
    pid_t child = fork();
    if (!child) {
        int ends[2];
        _exit(pipe(ends) || close(ends[0]) || write(ends[1], "x", 1));
    }
    int status;
    waitpid(child, &status, 0);
    say("SIGPIPE: %d", WIFSIGNALED(status) ? WTERMSIG(status) : -1);
    return 0;
}

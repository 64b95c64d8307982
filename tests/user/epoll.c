/*
 * epoll: level- and edge-triggered, EPOLLONESHOT, files that are closed while they are watched, epolls that watch epolls,
 * waiting by processes and threads, memory that is not there, and what is refused.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/user/say.h"

static int control(int set, int operation, int descriptor, uint32_t events, uint64_t data)
{
    struct epoll_event event = {.events = events, .data.u64 = data};
    return epoll_ctl(set, operation, descriptor, &event);
}

/* What the set reports now, up to `most` events. */
static void report(const char *what, int set, int most)
{
    struct epoll_event events[8];
    char line[200];
    int length = 0, count = epoll_wait(set, events, most, 0);
    line[0] = 0;
    for (int i = 0; i < count; i++)
        length += snprintf(line + length, sizeof line - (size_t)length, " %llu:%#x",
                           (unsigned long long)events[i].data.u64, events[i].events);
    say("%s: %d%s", what, count < 0 ? -errno : count, line);
}

static void put(int descriptor)
{
    if (write(descriptor, "x", 1) != 1)
        say("write: error %d", errno);
}

static void poll_say(const char *what, int descriptor)
{
    struct pollfd file = {.fd = descriptor, .events = POLLIN | POLLOUT};
    int count = poll(&file, 1, 0);
    say("%s: poll %d, events %#x", what, count, file.revents);
}

static void take(int descriptor)
{
    char byte;
    if (read(descriptor, &byte, 1) != 1)
        say("read: error %d", errno);
}

static void level(void)
{
    int ends[2], set = epoll_create1(EPOLL_CLOEXEC);
    say("close on exec: %d", fcntl(set, F_GETFD));
    say_result("pipe", pipe(ends));
    say_result("add", control(set, EPOLL_CTL_ADD, ends[0], EPOLLIN, 7));
    report("empty", set, 8);
    put(ends[1]);
    report("a byte", set, 8);
    report("still there", set, 8);
    take(ends[0]);
    report("taken", set, 8);
    say_result("add the writing end", control(set, EPOLL_CTL_ADD, ends[1], EPOLLOUT, 8));
    report("may be written to", set, 8);
    say_result("not wanted any more", control(set, EPOLL_CTL_MOD, ends[1], 0, 9));
    report("nothing wanted", set, 8);
    close(ends[0]);
    report("nobody reads", set, 8);
    say_result("delete", control(set, EPOLL_CTL_DEL, ends[1], 0, 0));
    report("deleted", set, 8);
    close(ends[1]);
    close(set);
}

static void edge(void)
{
    int ends[2], set = epoll_create(1);
    say_result("pipe", pipe(ends));
    say_result("add", control(set, EPOLL_CTL_ADD, ends[0], EPOLLIN | EPOLLET, 1));
    put(ends[1]);
    report("an edge", set, 8);
    report("no other", set, 8);
    put(ends[1]);
    report("another", set, 8);
    take(ends[0]);
    report("a byte is left, no edge", set, 8);
    say_result("modify", control(set, EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLET, 2));
    report("which looks again", set, 8);
    report("once", set, 8);
    put(ends[1]);
    take(ends[0]);
    take(ends[0]);
    report("come and gone", set, 8);
    close(ends[1]);
    report("the end", set, 8);
    report("the end is an edge, too", set, 8);
    close(ends[0]);
    close(set);
}

static void once(void)
{
    int ends[2], set = epoll_create1(0);
    say_result("pipe", pipe(ends));
    say_result("add", control(set, EPOLL_CTL_ADD, ends[0], EPOLLIN | EPOLLONESHOT, 1));
    put(ends[1]);
    report("one shot", set, 8);
    report("fired", set, 8);
    put(ends[1]);
    report("still", set, 8);
    say_result("load", control(set, EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLONESHOT, 2));
    report("another shot", set, 8);
    close(ends[1]);
    report("not even the end", set, 8);
    close(ends[0]);
    close(set);
}

/* Who reads makes an edge for those who would write, and only for them: a unit that is left over is not reported again. */
static void edges_of_both_sides(void)
{
    uint64_t unit = 1;
    int file = eventfd(3, EFD_NONBLOCK | EFD_SEMAPHORE);
    int readers = epoll_create1(0), writers = epoll_create1(0), both = epoll_create1(0);
    control(readers, EPOLL_CTL_ADD, file, EPOLLIN | EPOLLET, 1);
    control(writers, EPOLL_CTL_ADD, file, EPOLLOUT | EPOLLET, 2);
    control(both, EPOLL_CTL_ADD, file, EPOLLIN | EPOLLOUT | EPOLLET, 3);
    for (int round = 0; round < 2; round++) {
        report("readers", readers, 8);
        report("writers", writers, 8);
        report("both", both, 8);
        poll_say("readers", readers);
        say_result("read", read(file, &unit, sizeof unit));
    }
    for (int round = 0; round < 2; round++) {
        say_result("write", write(file, &unit, sizeof unit));
        poll_say("writers", writers);
        report("readers", readers, 8);
        report("writers", writers, 8);
        report("both", both, 8);
    }
    say_result("write", write(file, &unit, sizeof unit));
    say_result("read", read(file, &unit, sizeof unit));
    report("readers, after both", readers, 8);
    report("writers, after both", writers, 8);
    close(readers);
    close(writers);
    close(both);
    close(file);
}

enum { MANY = 400, PAGE = 4096 };

/* Events for memory that is not there yet, that ends too soon, and that begins too late: what is not reported stays, edge or not. */
static void memory(void)
{
    struct epoll_event *event;
    int set = epoll_create1(0), files[MANY], seen = 0, twice = 0;
    unsigned char found[MANY] = {0};
    char *map = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(map + 3 * PAGE, PAGE, PROT_NONE);
    for (int i = 0; i < MANY; i++) {
        files[i] = eventfd(1, 0);
        control(set, EPOLL_CTL_ADD, files[i], EPOLLIN | EPOLLET, (uint64_t)i);
    }
    say_result("nowhere", epoll_wait(set, (struct epoll_event *)(map + 3 * PAGE), MANY, 0));
    say_result("half an event", epoll_wait(set, (struct epoll_event *)(map + 3 * PAGE - 6), MANY, 0));
    event = (struct epoll_event *)(map + 3 * PAGE - 5 * sizeof *event - 6);
    int count = epoll_wait(set, event, MANY, 0);
    say_result("five and a half", count);
    for (int i = 0; i < count; i++)
        found[event[i].data.u64]++;
    event = (struct epoll_event *)(map + PAGE - 18);
    count = epoll_wait(set, event, MANY, 0);
    say_result("the others, to pages never touched", count);
    for (int i = 0; i < count; i++)
        found[event[i].data.u64]++;
    for (int i = 0; i < MANY; i++) {
        seen += found[i] > 0;
        twice += found[i] > 1;
        close(files[i]);
    }
    say("seen: %d, twice: %d", seen, twice);
    files[0] = eventfd(0, 0);
    control(set, EPOLL_CTL_ADD, files[0], EPOLLIN, 0);
    say_result("write", write(files[0], &(uint64_t){1}, 8));
    say_result("read", read(files[0], &(uint64_t){0}, 8));
    say_result("nowhere, and nothing to report", epoll_wait(set, (struct epoll_event *)(map + 3 * PAGE), 8, 0));
    close(files[0]);
    munmap(map, 4 * PAGE);
    close(set);
}

/* More is ready than is asked for: in turns. */
static void turns(void)
{
    int set = epoll_create1(0), files[3];
    for (int i = 0; i < 3; i++) {
        files[i] = eventfd(0, EFD_NONBLOCK);
        control(set, EPOLL_CTL_ADD, files[i], EPOLLIN, (uint64_t)i);
    }
    for (int i = 0; i < 3; i++)
        say_result("count", write(files[2 - i], &(uint64_t){1}, 8));
    for (int i = 0; i < 4; i++)
        report("in turns", set, 2);
    report("all", set, 8);
    for (int i = 0; i < 3; i++)
        close(files[i]);
    report("none", set, 8);
    close(set);
}

static void closed(void)
{
    int ends[2], set = epoll_create1(0);
    say_result("pipe", pipe(ends));
    say_result("add", control(set, EPOLL_CTL_ADD, ends[0], EPOLLIN, 1));
    int copy = dup(ends[0]);
    put(ends[1]);
    close(ends[0]);
    report("one of two descriptors closed", set, 8);
    say_result("which cannot be deleted now", control(set, EPOLL_CTL_DEL, ends[0], 0, 0));
    say_result("nor by the other", control(set, EPOLL_CTL_DEL, copy, 0, 0));
    say_result("add the other", control(set, EPOLL_CTL_ADD, copy, EPOLLIN, 2));
    report("both", set, 8);
    dup2(copy, ends[0]);
    say_result("the first number again", control(set, EPOLL_CTL_DEL, ends[0], 0, 0));
    report("one", set, 8);
    close(ends[0]);
    close(copy);
    report("all closed", set, 8);
    close(ends[1]);
    pid_t child = fork();
    if (child == 0) {
        int file = eventfd(1, 0);
        control(set, EPOLL_CTL_ADD, file, EPOLLIN, 3);
        report("the child sees it", set, 8);
        _exit(0);
    }
    waitpid(child, NULL, 0);
    report("the child is gone, and its file", set, 8);
    close(set);
}

static void nested(void)
{
    int ends[2], inner = epoll_create1(0), outer = epoll_create1(0), edges = epoll_create1(0);
    say_result("pipe", pipe(ends));
    control(inner, EPOLL_CTL_ADD, ends[0], EPOLLIN, 1);
    say_result("an epoll watches an epoll", control(outer, EPOLL_CTL_ADD, inner, EPOLLIN, 2));
    say_result("and another", control(edges, EPOLL_CTL_ADD, inner, EPOLLIN | EPOLLET, 3));
    report("outer", outer, 8);
    poll_say("outer", outer);
    put(ends[1]);
    poll_say("outer", outer);
    report("outer", outer, 8);
    report("outer again", outer, 8);
    report("edges", edges, 8);
    report("edges again", edges, 8);
    report("inner", inner, 8);
    take(ends[0]);
    poll_say("outer, taken", outer);
    report("outer, taken", outer, 8);
    put(ends[1]);
    report("edges, another", edges, 8);
    close(inner);
    report("outer, inner closed", outer, 8);
    close(ends[0]);
    close(ends[1]);
    close(outer);
    close(edges);
}

static void circles(void)
{
    int sets[9], refused = 0;
    for (int i = 0; i < 9; i++)
        sets[i] = epoll_create1(0);
    say_result("itself", control(sets[0], EPOLL_CTL_ADD, sets[0], EPOLLIN, 0));
    for (int i = 1; i < 4; i++)
        say_result("a chain", control(sets[i], EPOLL_CTL_ADD, sets[i - 1], EPOLLIN, 0));
    say_result("a circle of two", control(sets[0], EPOLL_CTL_ADD, sets[1], EPOLLIN, 0));
    say_result("a circle of four", control(sets[0], EPOLL_CTL_ADD, sets[3], EPOLLIN, 0));
    for (int i = 4; i < 9 && !refused; i++)
        refused = control(sets[i], EPOLL_CTL_ADD, sets[i - 1], EPOLLIN, 0) != 0 ? errno : 0;
    say("a chain that is too long: error %d", refused);
    for (int i = 0; i < 9; i++)
        close(sets[i]);
}

static void refused(void)
{
    struct epoll_event event = {.events = EPOLLIN};
    int set = epoll_create1(0), file = eventfd(1, 0), plain = open("epoll.file", O_RDWR | O_CREAT, 0600);
    char byte = 0;
    say_result("no size", epoll_create(0));
    say_result("unknown flag", epoll_create1(1));
    say_result("a plain file", control(set, EPOLL_CTL_ADD, plain, EPOLLIN, 0));
    say_result("no epoll", control(file, EPOLL_CTL_ADD, set, EPOLLIN, 0));
    say_result("not open", control(set, EPOLL_CTL_ADD, 99, EPOLLIN, 0));
    say_result("set not open", control(99, EPOLL_CTL_ADD, file, EPOLLIN, 0));
    say_result("unknown operation", control(set, 4, file, EPOLLIN, 0));
    say_result("modify what is not there", control(set, EPOLL_CTL_MOD, file, EPOLLIN, 0));
    say_result("delete what is not there", control(set, EPOLL_CTL_DEL, file, EPOLLIN, 0));
    say_result("no event", epoll_ctl(set, EPOLL_CTL_ADD, file, NULL));
    say_result("exclusive, one shot", control(set, EPOLL_CTL_ADD, file, EPOLLIN | EPOLLEXCLUSIVE | EPOLLONESHOT, 0));
    say_result("exclusive", control(set, EPOLL_CTL_ADD, file, EPOLLIN | EPOLLEXCLUSIVE, 5));
    say_result("twice", control(set, EPOLL_CTL_ADD, file, EPOLLIN, 0));
    say_result("modify an exclusive one", control(set, EPOLL_CTL_MOD, file, EPOLLIN, 0));
    report("exclusive", set, 8);
    say_result("no room", syscall(SYS_epoll_wait, set, &event, 0, 0));
    say_result("less than none", syscall(SYS_epoll_wait, set, &event, -1, 0));
    say_result("too much room", syscall(SYS_epoll_wait, set, &event, 0x7fffffff, 0));
    say_result("nowhere", syscall(SYS_epoll_wait, set, 8, 1, 0));
    say_result("in the kernel", syscall(SYS_epoll_wait, set, -1ul << 40, 1, 0));
    report("nothing is lost", set, 8);
    say_result("wait for no epoll", epoll_wait(file, &event, 1, 0));
    say_result("wait for what is not open", epoll_wait(99, &event, 1, 0));
    say_result("read", read(set, &byte, 1));
    say_result("write", write(set, &byte, 1));
    say_result("delete without an event", epoll_ctl(set, EPOLL_CTL_DEL, file, NULL));
    unlink("epoll.file");
    close(plain);
    close(file);
    close(set);
}

static volatile sig_atomic_t signals;

static void handler(int number)
{
    (void)number;
    signals++;
}

static void waiting(void)
{
    struct epoll_event event;
    struct timespec start, end, nothing = {0, 0}, soon = {0, 20000000};
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    sigset_t none, alarm;
    int ends[2], set = epoll_create1(0);
    say_result("pipe", pipe(ends));
    control(set, EPOLL_CTL_ADD, ends[0], EPOLLIN, 4);
    clock_gettime(CLOCK_MONOTONIC, &start);
    say_result("time out", epoll_wait(set, &event, 1, 30));
    say_result("time out, by nanoseconds", epoll_pwait2(set, &event, 1, &soon, NULL));
    clock_gettime(CLOCK_MONOTONIC, &end);
    long ms = (end.tv_sec - start.tv_sec) * 1000 + (end.tv_nsec - start.tv_nsec) / 1000000;
    say_true("it took its time", ms >= 49);
    say_result("no time at all", epoll_pwait2(set, &event, 1, &nothing, NULL));
    pid_t child = fork();
    if (child == 0) {
        put(ends[1]);
        _exit(0);
    }
    int count = epoll_wait(set, &event, 1, -1);
    say("until a child writes: %d, data %d", count, event.data.fd);
    waitpid(child, NULL, 0);
    take(ends[0]);
    sigaction(SIGALRM, &action, NULL);
    child = fork();
    while (child == 0 && kill(getppid(), SIGALRM) == 0) /* until it is killed */
        usleep(10000);
    say_result("until a signal comes", epoll_wait(set, &event, 1, -1));
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    sigemptyset(&none);
    sigemptyset(&alarm);
    sigaddset(&alarm, SIGALRM);
    sigprocmask(SIG_BLOCK, &alarm, NULL);
    signals = 0;
    raise(SIGALRM);
    say_result("a blocked signal", epoll_wait(set, &event, 1, 0));
    say("handled: %d", (int)signals);
    say_result("let in", epoll_pwait(set, &event, 1, -1, &none));
    say("handled: %d", (int)signals);
    raise(SIGALRM);
    say("blocked again, handled: %d", (int)signals);
    sigprocmask(SIG_UNBLOCK, &alarm, NULL);
    close(ends[0]);
    close(ends[1]);
    close(set);
}

enum { THREADS = 4, FILES = 8, UNITS = 400 };

static struct crew {
    int set, stop, files[FILES];
    _Atomic int units;
} crew;

/* Takes units from whatever has some, until the stop. */
static void *consume(void *argument)
{
    struct epoll_event event;
    uint64_t unit;
    (void)argument;
    while (epoll_wait(crew.set, &event, 1, -1) == 1 && event.data.fd != crew.stop) {
        while (read(event.data.fd, &unit, sizeof unit) == (ssize_t)sizeof unit)
            crew.units++;
    }
    return NULL;
}

static void threads(void)
{
    pthread_t ids[THREADS];
    crew.set = epoll_create1(0);
    crew.stop = eventfd(0, 0);
    for (int i = 0; i < FILES; i++) {
        crew.files[i] = eventfd(0, EFD_NONBLOCK | EFD_SEMAPHORE);
        control(crew.set, EPOLL_CTL_ADD, crew.files[i], EPOLLIN | (i % 2 ? EPOLLET : 0), (uint64_t)crew.files[i]);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_create(&ids[i], NULL, consume, NULL);
    for (int i = 0; i < UNITS; i++)
        if (write(crew.files[i * 7 % FILES], &(uint64_t){1 + (uint64_t)i % 3}, 8) != 8)
            say("write: error %d", errno);
    while (crew.units < UNITS / 3 * 6 + UNITS % 3)
        usleep(1000);
    control(crew.set, EPOLL_CTL_ADD, crew.stop, EPOLLIN, (uint64_t)crew.stop);
    say_result("stop", write(crew.stop, &(uint64_t){1}, 8));
    for (int i = 0; i < THREADS; i++)
        pthread_join(ids[i], NULL);
    say("threads: %d units", (int)crew.units);
    for (int i = 0; i < FILES; i++)
        close(crew.files[i]);
    close(crew.stop);
    close(crew.set);
}

/* Somebody lists the descriptors of a process while that closes watched files: a look must not be what closes them. */
static void listed(void)
{
    char path[40];
    pid_t pid = fork();
    while (pid == 0) {
        int ends[2], set = epoll_create1(0);
        if (pipe(ends) < 0)
            _exit(1);
        control(set, EPOLL_CTL_ADD, ends[0], EPOLLIN, 0);
        close(ends[0]);
        close(ends[1]);
        close(set);
    }
    snprintf(path, sizeof path, "/proc/%d/fd", pid);
    for (int i = 0; i < 20000; i++) {
        DIR *folder = opendir(path);
        while (folder != NULL && readdir(folder) != NULL)
            continue;
        if (folder != NULL)
            closedir(folder);
    }
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    say("listed");
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    level();
    edge();
    edges_of_both_sides();
    once();
    turns();
    closed();
    nested();
    circles();
    refused();
    memory();
    waiting();
    threads();
    listed();
    return 0;
}

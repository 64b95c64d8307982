/*
 * Room and ways around the cache: fallocate, O_DIRECT, advice that gives pages up; and eventfd. What a file system need not have (holes punched,
 * O_DIRECT) is only said to be right if it is there.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "tests/user/say.h"

enum { SIZE = 300000, PAGE = 4096 };

static int is_all(const char *bytes, size_t length, char value)
{
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] != value)
            return 0;
    }
    return 1;
}

static void room(void)
{
    static char bytes[SIZE];
    struct stat status;
    int fd = open("space", O_RDWR | O_CREAT | O_TRUNC, 0600);
    say_result("fallocate", fallocate(fd, 0, 0, SIZE));
    fstat(fd, &status);
    say_true("the size is that, and there are blocks for it", status.st_size == SIZE && status.st_blocks * 512 >= SIZE);
    say_true("zeros", pread(fd, bytes, SIZE, 0) == SIZE && is_all(bytes, SIZE, 0));
    memset(bytes, 'x', SIZE);
    say_result("write", pwrite(fd, bytes, SIZE, 0));
    say_result("fallocate over it", fallocate(fd, FALLOC_FL_KEEP_SIZE, 10, 100000));
    say_true("what was written stays", pread(fd, bytes, SIZE, 0) == SIZE && is_all(bytes, SIZE, 'x'));
    int punched = fallocate(fd, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, 5000, 100000);
    int known = punched == 0 || errno == EOPNOTSUPP;
    if (punched == 0)
        known = pread(fd, bytes, SIZE, 0) == SIZE && is_all(bytes, 5000, 'x') && is_all(bytes + 5000, 100000, 0) &&
                is_all(bytes + 105000, SIZE - 105000, 'x');
    say_true("a hole, or none", known);
    say_result("a hole without its flag", fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, 1) < 0 ? errno == EOPNOTSUPP : 0);
    close(fd);
    fd = open("space", O_RDONLY);
    say_result("fallocate of a file only read", fallocate(fd, 0, 0, 1));
    close(fd);
}

/* 1 if all is right, or there is no O_DIRECT here. */
static int direct_is_right(void)
{
    char *buffer = aligned_alloc(PAGE, 4 * PAGE);
    int cached = open("space", O_RDWR), fd = open("space", O_RDWR | O_DIRECT);
    if (fd < 0)
        return errno == EINVAL;
    char *map = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, cached, 0);
    memset(map, 'm', 4 * PAGE);
    int right = pread(fd, buffer, 4 * PAGE, 0) == 4 * PAGE && is_all(buffer, 4 * PAGE, 'm');
    memset(buffer, 'd', 4 * PAGE);
    right &= pwrite(fd, buffer, 2 * PAGE, PAGE) == 2 * PAGE;
    right &= is_all(map, PAGE, 'm') && is_all(map + PAGE, 2 * PAGE, 'd') && is_all(map + 3 * PAGE, PAGE, 'm');
    right &= pread(cached, buffer, PAGE, 2 * PAGE) == PAGE && is_all(buffer, PAGE, 'd');
    right &= pread(fd, buffer + 1, PAGE, 0) == -1 && errno == EINVAL;
    right &= pread(fd, buffer, 100, 0) == -1 && errno == EINVAL;
    right &= pwrite(fd, buffer, PAGE, 100) == -1 && errno == EINVAL;
    munmap(map, 4 * PAGE);
    close(fd);
    close(cached);
    return right;
}

/* Stores into every page of a mapped file of 8 MB, without ever asking for them to be written. */
static int stores(const char *name)
{
    enum { LENGTH = 8 << 20 };
    int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || ftruncate(fd, LENGTH) != 0)
        return 1;
    char *map = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    for (size_t i = 0; i < LENGTH; i += PAGE)
        map[i] = 's';
    for (size_t i = 0; i < LENGTH; i += PAGE) {
        if (map[i] != 's')
            return 1;
    }
    return 0;
}

static void advice(void)
{
    static char bytes[SIZE];
    int fd = open("space", O_RDWR);
    memset(bytes, 'a', SIZE);
    say_result("write", pwrite(fd, bytes, SIZE, 0));
    for (int kind = POSIX_FADV_NORMAL; kind <= POSIX_FADV_NOREUSE; kind++) {
        say("advice %d: %d", kind, posix_fadvise(fd, 0, 0, kind));
        say_true("contents stay", pread(fd, bytes, SIZE, 0) == SIZE && is_all(bytes, SIZE, 'a'));
    }
    say("no such advice: %d", posix_fadvise(fd, 0, 0, 77));
    say_result("readahead", syscall(SYS_readahead, fd, 0, SIZE));
    close(fd);
    say("of a closed file: %d", posix_fadvise(fd, 0, 0, POSIX_FADV_NORMAL));
    say_result("readahead of a closed file", syscall(SYS_readahead, fd, 0, SIZE));
}

static void event_says(const char *what, int fd)
{
    uint64_t value = 0;
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN | POLLOUT};
    int ready = poll(&poll_fd, 1, 0);
    ssize_t count = read(fd, &value, sizeof(value));
    say("%s: poll %d %x, read %ld, %llu", what, ready, (unsigned)poll_fd.revents,
        count < 0 ? -(long)errno : (long)count, (unsigned long long)value);
}

static void events(void)
{
    uint64_t value = 5, most = UINT64_MAX - 1, too_much = UINT64_MAX;
    int fd = (int)syscall(SYS_eventfd2, 3, O_NONBLOCK | O_CLOEXEC);
    event_says("three", fd);
    event_says("nothing", fd);
    say_result("write", write(fd, &value, sizeof(value)));
    say_result("write", write(fd, &value, sizeof(value)));
    event_says("the sum", fd);
    say_result("write the most", write(fd, &most, sizeof(most)));
    say_result("and more", write(fd, &value, sizeof(value)));
    say_result("what cannot be", write(fd, &too_much, sizeof(too_much)));
    say_result("too short", write(fd, &value, 4));
    event_says("the most", fd);
    say_result("read too short", read(fd, &value, 7));
    close(fd);
    fd = (int)syscall(SYS_eventfd2, 2, 1 | O_NONBLOCK);
    event_says("one", fd);
    event_says("one", fd);
    event_says("none", fd);
    close(fd);
    say_result("no such flag", syscall(SYS_eventfd2, 0, 2));
    fd = (int)syscall(SYS_eventfd, 0);
    if (fork() == 0) {
        value = 7;
        _exit(write(fd, &value, sizeof(value)) != sizeof(value));
    }
    say_result("wait for another process", read(fd, &value, sizeof(value)));
    say("%llu", (unsigned long long)value);
    wait(NULL);
    close(fd);
}

int main(int count, char **arguments)
{
    if (count > 2 && strcmp(arguments[1], "stores") == 0)
        return stores(arguments[2]);
    room();
    say_true("O_DIRECT agrees with the cache", direct_is_right());
    advice();
    events();
    unlink("space");
    return 0;
}

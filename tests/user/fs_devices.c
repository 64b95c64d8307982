/*
 * Devices without hardware: null, zero, full, random and urandom; and that a walk over a process's files in /proc ends.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "tests/user/say.h"

enum { LENGTH = 10000 };

static char bytes[LENGTH], other[LENGTH];

static int is_all(const char *from, char value)
{
    for (int i = 0; i < LENGTH; i++) {
        if (from[i] != value)
            return 0;
    }
    return 1;
}

static void device(const char *name)
{
    struct stat status = {0};
    int fd = open(name, O_RDWR);
    fstat(fd, &status);
    say("%s: mode %o, device %x", name, status.st_mode & ~0777u, (unsigned)status.st_rdev);
    memset(bytes, 'x', LENGTH);
    say_result("read", read(fd, bytes, LENGTH));
    say_true("zeros", is_all(bytes, 0));
    say_true("untouched", is_all(bytes, 'x'));
    say_result("write", write(fd, bytes, LENGTH));
    say_result("write at a place", pwrite(fd, bytes, 1, 1L << 40));
    say_result("write nothing", write(fd, bytes, 0));
    say_result("read at a place", pread(fd, bytes, 3, 1L << 40));
    say_result("truncate", ftruncate(fd, 0));
    close(fd);
}

static void chance(const char *name)
{
    int fd = open(name, O_RDONLY);
    memset(bytes, 0, LENGTH);
    memset(other, 0, LENGTH);
    say("%s", name);
    say_result("read", read(fd, bytes, 200));
    say_result("read", read(fd, other, 200));
    say_true("something", !is_all(bytes, 0));
    say_true("and something else", memcmp(bytes, other, 200) != 0);
    close(fd);
}

static void zero_mapped(void)
{
    int fd = open("/dev/zero", O_RDWR);
    char *map = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    say_true("/dev/zero mapped: zeros", map != MAP_FAILED && is_all(map, 0));
    map[5] = 'x';
    say_result("read", read(fd, bytes, LENGTH));
    say_true("still zeros", is_all(bytes, 0));
    close(fd);
}

/* A thread's directory is like its process's, but has no threads of its own. */
static void walk(void)
{
    char name[64];
    snprintf(name, sizeof name, "/proc/self/task/%d/stat", (int)getpid());
    say_result("a thread's state", access(name, F_OK));
    snprintf(name, sizeof name, "/proc/self/task/%d/task", (int)getpid());
    say_result("a thread's threads", access(name, F_OK));
}

int main(void)
{
    device("/dev/null");
    device("/dev/zero");
    device("/dev/full");
    chance("/dev/random");
    chance("/dev/urandom");
    zero_mapped();
    walk();
    return 0;
}

/*
 * Files in the cache: no disk transfer is part of these figures.
 */
#include "bench.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static char buffer[64 * 1024];

static void read_sized(int fd, size_t size, unsigned long times, const char *name)
{
    bench_check(pread(fd, buffer, size, 0) == (ssize_t)size, name);
    uint64_t start = bench_now();
    for (unsigned long i = 0; i < times; i++)
        pread(fd, buffer, size, 0);
    bench_report(name, start, times);
}

static void transfers(void)
{
    enum { TIMES = 500 };
    int fd = bench_file(sizeof(buffer));
    read_sized(fd, 4096, TIMES, "read 4 KB, cached");
    read_sized(fd, sizeof(buffer), TIMES / 5, "read 64 KB, cached");
    read_sized(fd, 1, TIMES, "read 1 byte, cached");
    uint64_t start = bench_now();
    for (int i = 0; i < TIMES; i++)
        bench_check(pwrite(fd, buffer, 4096, 0) == 4096, "pwrite");
    bench_report("write 4 KB, cached", start, TIMES);
    close(fd);
}

static void names(void)
{
    enum { TIMES = 500 };
    struct stat status;
    bench_check(stat("/etc/passwd", &status) == 0, "/etc/passwd");
    uint64_t start = bench_now();
    for (int i = 0; i < TIMES; i++)
        stat("/etc/passwd", &status);
    bench_report("stat", start, TIMES);
    start = bench_now();
    for (int i = 0; i < TIMES; i++)
        close(open("/etc/passwd", O_RDONLY));
    bench_report("open, close", start, TIMES);
}

static void create_and_unlink(void)
{
    enum { TIMES = 200 };
    uint64_t start = bench_now();
    for (int i = 0; i < TIMES; i++) {
        int fd = open("/tmp/bench.create", O_WRONLY | O_CREAT | O_EXCL, 0600);
        bench_check(fd >= 0, "create");
        close(fd);
        unlink("/tmp/bench.create");
    }
    bench_report("create, close, unlink", start, TIMES);
}

void bench_files(void)
{
    transfers();
    names();
    create_and_unlink();
}

/*
 * bench [SUITE...]: runs the suites (all of them without an argument) and prints a line for each operation: its name, a tab, the cost.
 */
#include "bench.h"

#include <fcntl.h>
#include <program.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

uint64_t bench_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void bench_report(const char *name, uint64_t start, unsigned long times)
{
    uint64_t taken = bench_now() - start;
    printf("%-40s\t%lu\n", name, (unsigned long)((taken + times / 2) / times));
    fflush(stdout);
}

void bench_check(int succeeded, const char *what)
{
    if (succeeded)
        return;
    perror(what);
    exit(1);
}

char *bench_map(size_t length)
{
    char *memory = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    bench_check(memory != MAP_FAILED, "mmap");
    madvise(memory, length, MADV_NOHUGEPAGE);
    return memory;
}

int bench_file(size_t length)
{
    char name[64];
    char block[PAGE];
    snprintf(name, sizeof(name), "/tmp/bench.%d", (int)getpid());
    int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
    bench_check(fd >= 0, name);
    bench_check(unlink(name) == 0, name);
    memset(block, 'b', sizeof(block));
    for (size_t done = 0; done < length; done += sizeof(block))
        bench_check(write(fd, block, sizeof(block)) == (ssize_t)sizeof(block), name);
    return fd;
}

static const struct suite {
    const char *name;
    void (*run)(void);
} suites[] = {
    {"calls", bench_calls}, {"faults", bench_faults}, {"areas", bench_areas}, {"signals", bench_signals},
    {"pipes", bench_pipes}, {"files", bench_files},   {"heap", bench_heap},   {"threads", bench_threads},
};

static int is_wanted(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], name) == 0)
            return 1;
    }
    return argc < 2 && strcmp(name, "paging") != 0 && strcmp(name, "disk") != 0;
}

int main(int argc, char **argv)
{
    program_help(
        argc, argv,
        "bench [SUITE...]\nPrints the cost of the kernel's services in nanoseconds (instructions under -icount "
        "shift=0).\n"
        "Suites: calls faults areas signals pipes files heap threads processes; and, only if named, paging disk");
    if (argc > 1 && strcmp(argv[1], "--nothing") == 0) /* the program that bench_processes() executes */
        return 0;
    for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
        if (is_wanted(suites[i].name, argc, argv))
            suites[i].run();
    }
    if (is_wanted("processes", argc, argv))
        bench_processes("/proc/self/exe");
    if (is_wanted("paging", argc, argv))
        bench_paging();
    if (is_wanted("disk", argc, argv))
        bench_disk();
    return 0;
}

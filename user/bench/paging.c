/*
 * Paging: what user/pattern's patterns cost in a memory of 4,096 frames (16 MB), with twice as much to touch.
 *
 * Whatever else is available is locked first, so that two kernels have the same memory left for the patterns, whatever they need for themselves. Needs
 * swap space. For each pattern: major faults, requests to the disks, KB swapped, and the time it took.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LEFT_KB = 16 * 1024, LOCK_STEP_KB = 256 };

#define PATIENCE                                                                                                       \
    "/proc/sys/vm/swapout_ms" /* Clockhand's: how long paging may not suffice, until whole processes are swapped out; 0: for ever */

static const struct row {
    const char *name, *kind, *size, *passes;
    unsigned processes; /* that do the same at the same time */
    int by_paging;      /* alone: no process is swapped out whole */
} rows[] = {
    {"sequential, 2x memory", "sequential", "32768K", "4", 1, 0},
    {"loop of 1.1x memory", "sequential", "18024K", "8", 1, 0},
    {"loop of 1.25x memory", "sequential", "20480K", "8", 1, 0},
    {"80-20, 2x memory", "80-20", "32768K", "16", 1, 0},
    {"phases, 2x memory", "phases", "32768K", "2", 1, 0},
    {"processes of a build", "processes", "32768K", "1", 1, 0},
    {"file scan beside a working set", "file", "32768K", "3", 1, 0},
    {"two working sets of 0.7x memory", "random", "11468K", "60", 2, 0},
    {"the same, by paging alone", "random", "11468K", "60", 2, 1},
};

/* The number behind `name` in a file of /proc. */
static unsigned long proc_number(const char *path, const char *name)
{
    char line[256];
    unsigned long number = 0;
    FILE *file = fopen(path, "r");
    bench_check(file != NULL, path);
    while (fgets(line, sizeof(line), file) != NULL) {
        size_t length = strlen(name);
        if (strncmp(line, name, length) == 0 && (line[length] == ':' || line[length] == ' '))
            number = strtoul(line + length + 1, NULL, 10);
    }
    fclose(file);
    return number;
}

/* Requests completed by all disks, not counting their partitions (names that end in a digit behind a letter). */
static unsigned long disk_requests(void)
{
    char line[256], name[32];
    unsigned long total = 0, reads, writes;
    FILE *file = fopen("/proc/diskstats", "r");
    bench_check(file != NULL, "/proc/diskstats");
    while (fgets(line, sizeof(line), file) != NULL) {
        if (sscanf(line, " %*u %*u %31s %lu %*u %*u %*u %lu", name, &reads, &writes) == 3 && strlen(name) == 3)
            total += reads + writes;
    }
    fclose(file);
    return total;
}

/* Locks memory until LEFT_KB are available. */
static void memory_take(void)
{
    unsigned long available = proc_number("/proc/meminfo", "MemAvailable");
    bench_check(proc_number("/proc/meminfo", "SwapTotal") > 4 * LEFT_KB, "not enough swap space");
    while (available > LEFT_KB + LOCK_STEP_KB) {
        size_t length = (available - LEFT_KB) / 2 > LOCK_STEP_KB ? (available - LEFT_KB) / 2 : LOCK_STEP_KB;
        char *memory = bench_map(length << 10);
        bench_check(mlock(memory, length << 10) == 0, "mlock");
        available = proc_number("/proc/meminfo", "MemAvailable");
    }
}

struct counts {
    unsigned long major, requests, swapped;
    uint64_t time;
};

static struct counts counts_now(void)
{
    struct rusage usage;
    getrusage(RUSAGE_CHILDREN, &usage);
    return (struct counts){
        .major = (unsigned long)usage.ru_majflt,
        .requests = disk_requests(),
        .swapped = 4 * (proc_number("/proc/vmstat", "pswpin") + proc_number("/proc/vmstat", "pswpout")),
        .time = bench_now(),
    };
}

static pid_t pattern_start(const struct row *row)
{
    pid_t child = fork();
    bench_check(child >= 0, "fork");
    if (child == 0) {
        if (chdir("/disk") != 0) /* where the peer has its disk: its root is in memory */
            bench_check(chdir("/") == 0, "/");
        (void)!freopen("/dev/null", "w", stdout);
        execl("/bin/pattern", "pattern", row->kind, row->size, row->passes, (char *)NULL);
        _exit(127);
    }
    return child;
}

static void patience_set(unsigned long milliseconds)
{
    FILE *file = fopen(PATIENCE, "w");
    bench_check(file != NULL && fprintf(file, "%lu\n", milliseconds) > 0 && fclose(file) == 0, PATIENCE);
}

/* False: there is none. */
static int patience_get(unsigned long *milliseconds)
{
    FILE *file = fopen(PATIENCE, "r");
    if (file == NULL)
        return 0;
    bench_check(fscanf(file, "%lu", milliseconds) == 1 && fclose(file) == 0, PATIENCE);
    return 1;
}

static void row_run(const struct row *row)
{
    unsigned long patience = 0;
    int status;
    if (row->by_paging && !patience_get(&patience))
        return;
    if (row->by_paging)
        patience_set(0);
    struct counts before = counts_now();
    for (unsigned i = 0; i < row->processes; i++)
        (void)pattern_start(row);
    for (unsigned i = 0; i < row->processes; i++)
        bench_check(wait(&status) > 0 && status == 0, row->name);
    struct counts after = counts_now();
    if (row->by_paging)
        patience_set(patience);
    printf("%s: major faults\t%lu\n", row->name, after.major - before.major);
    printf("%s: disk requests\t%lu\n", row->name, after.requests - before.requests);
    printf("%s: KB swapped\t%lu\n", row->name, after.swapped - before.swapped);
    printf("%s: ms\t%lu\n", row->name, (unsigned long)((after.time - before.time) / 1000000));
    fflush(stdout);
}

void bench_paging(void)
{
    memory_take();
    for (unsigned row = 0; row < sizeof(rows) / sizeof(rows[0]); row++)
        row_run(&rows[row]);
}

/*
 * cachestat: what the page cache and the disks do, a line per interval, from /proc/vmstat and /proc/diskstats.
 *
 * All figures but the queue's depth are sums over the interval. The depth is the mean number of requests under way while it lasted.
 */
#include <err.h>
#include <program.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char help[] =
    "cachestat [INTERVAL [COUNT]]\n"
    "Shows per interval (seconds, 1): pages found in the cache and missed; pages read ahead, of these used and "
    "wasted;\n"
    "pages written behind; kilobytes read and written; requests, merges, mean request size, mean queue depth.";

/* Sums since boot. */
struct counts {
    unsigned long hits, misses, issued, used, wasted, written;
    unsigned long requests, merges, sectors_read, sectors_written, weighted; /* of whole disks */
    double time;
};

static const struct {
    const char *name;
    size_t place;
} vmstat_fields[] = {
    {"cache_hits", offsetof(struct counts, hits)},         {"cache_misses", offsetof(struct counts, misses)},
    {"readahead_issued", offsetof(struct counts, issued)}, {"readahead_used", offsetof(struct counts, used)},
    {"readahead_wasted", offsetof(struct counts, wasted)}, {"pgpgout", offsetof(struct counts, written)},
};

static FILE *open_or_end(const char *path)
{
    FILE *file = fopen(path, "r");

    if (!file)
        err(1, "%s", path);
    return file;
}

static void read_vmstat(struct counts *counts)
{
    FILE *file = open_or_end("/proc/vmstat");
    char name[64];
    unsigned long value;

    while (fscanf(file, "%63s %lu", name, &value) == 2) {
        for (size_t i = 0; i < sizeof(vmstat_fields) / sizeof(vmstat_fields[0]); i++) {
            if (!strcmp(name, vmstat_fields[i].name))
                *(unsigned long *)((char *)counts + vmstat_fields[i].place) = value;
        }
    }
    fclose(file);
}

/* Partitions are left out: their disks count for them. */
static void read_diskstats(struct counts *counts)
{
    FILE *file = open_or_end("/proc/diskstats");
    char line[512], name[64];
    unsigned long reads, reads_merged, sectors_read, writes, writes_merged, sectors_written, weighted;

    while (fgets(line, sizeof(line), file)) {
        if (sscanf(line, "%*u %*u %63s %lu %lu %lu %*u %lu %lu %lu %*u %*u %*u %lu", name, &reads, &reads_merged,
                   &sectors_read, &writes, &writes_merged, &sectors_written, &weighted) != 8 ||
            strpbrk(name, "0123456789"))
            continue;
        counts->requests += reads + writes;
        counts->merges += reads_merged + writes_merged;
        counts->sectors_read += sectors_read;
        counts->sectors_written += sectors_written;
        counts->weighted += weighted;
    }
    fclose(file);
}

static struct counts read_counts(void)
{
    struct counts counts = {0};
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    counts.time = (double)now.tv_sec + (double)now.tv_nsec / 1e9;
    read_vmstat(&counts);
    read_diskstats(&counts);
    return counts;
}

static void print_header(void)
{
    puts("    hits   misses    ahead     used   wasted   behind     r kB     w kB requests   merges  kB/req  depth");
}

static void print_line(const struct counts *from, const struct counts *to)
{
    unsigned long requests = to->requests - from->requests;
    unsigned long read_kilobytes = (to->sectors_read - from->sectors_read) / 2;
    unsigned long written_kilobytes = (to->sectors_written - from->sectors_written) / 2;
    double milliseconds = (to->time - from->time) * 1000;

    printf("%8lu %8lu %8lu %8lu %8lu %8lu %8lu %8lu %8lu %8lu %7.1f %6.2f\n", to->hits - from->hits,
           to->misses - from->misses, to->issued - from->issued, to->used - from->used, to->wasted - from->wasted,
           to->written - from->written, read_kilobytes, written_kilobytes, requests, to->merges - from->merges,
           requests ? (double)(read_kilobytes + written_kilobytes) / (double)requests : 0.0,
           milliseconds > 0 ? (double)(to->weighted - from->weighted) / milliseconds : 0.0);
    fflush(stdout);
}

static double interval_parse(const char *text)
{
    char *end;
    double interval = strtod(text, &end);
    if (end == text || *end || !(interval > 0 && interval <= PROGRAM_COUNT_MAX))
        errx(1, "'%s' is not a number of seconds", text);
    return interval;
}

int main(int count, char **arguments)
{
    enum { HEADER_EVERY = 20 };

    program_help(count, arguments, help);
    if (count > 3)
        program_usage(1, help);
    double interval = count > 1 ? interval_parse(arguments[1]) : 1;
    long lines = count > 2 ? (long)program_number(arguments[2], 1, PROGRAM_COUNT_MAX) : -1;
    struct timespec pause = {.tv_sec = (time_t)interval,
                             .tv_nsec = (long)((interval - (double)(time_t)interval) * 1e9)};
    struct counts before = read_counts();
    for (long line = 0; line != lines; line++) {
        if (line % HEADER_EVERY == 0)
            print_header();
        nanosleep(&pause, NULL);
        struct counts now = read_counts();
        print_line(&before, &now);
        before = now;
    }
    return 0;
}

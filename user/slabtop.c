/*
 * slabtop: the kernel's caches of small objects, from /proc/slabinfo, the largest first.
 *
 *      USED    ROOM  USE%   SIZE  PER SLAB   SLABS      KB NAME
 *      3541    3552   99%    192        21     169     676 dentry
 */
#include <err.h>
#include <program.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
    "slabtop [-d SECONDS] [-n COUNT] [-s s|u|o|n]\n"
    "Shows the kernel's caches of small objects: objects in use and room for, their size in bytes, how many a slab\n"
    "holds, slabs, and memory in KB. -d shows it again every so often, -n so many times; -s sorts by memory (s),\n"
    "objects in use (u), room (o) or name (n).";

struct cache {
    char name[32];
    unsigned long used, room, size, per_slab, pages, slabs;
};

static char order = 's';

static unsigned long cache_kilobytes(const struct cache *cache)
{
    return cache->slabs * cache->pages * ((unsigned long)getpagesize() / 1024);
}

static int compare_largest(unsigned long left, unsigned long right)
{
    return left < right ? 1 : left > right ? -1 : 0;
}

static int compare_caches(const void *left_cache, const void *right_cache)
{
    const struct cache *left = left_cache, *right = right_cache;
    int result = order == 's'   ? compare_largest(cache_kilobytes(left), cache_kilobytes(right))
                 : order == 'u' ? compare_largest(left->used, right->used)
                 : order == 'o' ? compare_largest(left->room, right->room)
                                : 0;

    return result ? result : strcmp(left->name, right->name);
}

/* All caches; how many. */
static size_t caches_read(struct cache **caches)
{
    char line[256];
    size_t count = 0;
    struct cache cache;
    FILE *file = fopen("/proc/slabinfo", "r");

    if (!file)
        err(1, "/proc/slabinfo");
    *caches = NULL;
    while (fgets(line, sizeof line, file)) {
        if (sscanf(line, "%31s %lu %lu %lu %lu %lu : tunables %*u %*u %*u : slabdata %*u %lu", cache.name, &cache.used,
                   &cache.room, &cache.size, &cache.per_slab, &cache.pages, &cache.slabs) != 7)
            continue; /* the titles */
        *caches = reallocarray(*caches, count + 1, sizeof cache);
        if (!*caches)
            err(1, NULL);
        (*caches)[count++] = cache;
    }
    fclose(file);
    return count;
}

static void caches_show(void)
{
    struct cache *caches;
    size_t count = caches_read(&caches);
    unsigned long sum = 0;

    if (count)
        qsort(caches, count, sizeof *caches, compare_caches);
    for (size_t i = 0; i < count; i++)
        sum += cache_kilobytes(&caches[i]);
    printf("%zu caches, %lu KB\n    USED    ROOM  USE%%   SIZE  PER SLAB   SLABS      KB NAME\n", count, sum);
    for (size_t i = 0; i < count; i++) {
        const struct cache *cache = &caches[i];
        printf("%8lu %7lu %4lu%% %6lu %9lu %7lu %7lu %s\n", cache->used, cache->room,
               cache->room ? cache->used * 100 / cache->room : 0, cache->size, cache->per_slab, cache->slabs,
               cache_kilobytes(cache), cache->name);
    }
    free(caches);
    fflush(stdout);
}

int main(int count, char **arguments)
{
    unsigned long seconds = 0, times = 0;
    int letter;

    program_help(count, arguments, help);
    while ((letter = getopt(count, arguments, "d:n:s:")) != -1) {
        if (letter == 'd')
            seconds = program_number(optarg, 1, PROGRAM_COUNT_MAX);
        else if (letter == 'n')
            times = program_number(optarg, 1, PROGRAM_COUNT_MAX);
        else if (letter == 's' && optarg[0] && strchr("suon", optarg[0]))
            order = optarg[0];
        else
            program_usage(1, help);
    }
    if (!seconds && !times)
        times = 1;
    for (unsigned long time = 1;; time++) {
        caches_show();
        if (time == times)
            return program_end(0);
        sleep(seconds ? (unsigned)seconds : 1);
    }
}

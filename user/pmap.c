/*
 * pmap: what is mapped in a process and how much of it is in memory, from /proc/PID/smaps.
 *
 *     ADDRESS          KB     RES   DIRTY  SHARED    SWAP PAGES RIGHTS MAPPING
 *     0000000000401000     24      20       0      20       0 4K    r-xp   /bin/sleep
 *     00007f0000000000   4096    4096    4096       0       0 2M    rw-p   anonymous
 */
#include <ctype.h>
#include <err.h>
#include <program.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
    "pmap [-q] PID...\n"
    "Shows the areas of a process's memory, in KB: size, resident, modified, in use by others as well, on swap; the\n"
    "size of the pages it is mapped with (4K, 2M, 1G; several with a +); rights (p private, s shared); what is "
    "mapped.\n"
    "-q leaves out title and sum.";

/* An area: its line of /proc/PID/maps and what counts of it. */
struct area {
    unsigned long start, end;
    char rights[8], name[256];
    unsigned long resident, dirty, shared, swapped, large, page_size;
};

static bool quiet;

/* The first line of an area: addresses, rights, offset, device, inode, name. */
static bool area_parse(const char *line, struct area *area)
{
    int name_at = 0;

    *area = (struct area){0};
    if (sscanf(line, "%lx-%lx %7s %*x %*x:%*x %*u %n", &area->start, &area->end, area->rights, &name_at) < 3)
        return false;
    snprintf(area->name, sizeof area->name, "%.*s", (int)strcspn(line + name_at, "\n"), line + name_at);
    return true;
}

/* Any other line: `Name: NUMBER kB`. */
static void area_add(struct area *area, const char *line)
{
    static const struct {
        const char *name;
        size_t field;
    } fields[] = {
        {"Rss:", offsetof(struct area, resident)},        {"Private_Dirty:", offsetof(struct area, dirty)},
        {"Shared_Dirty:", offsetof(struct area, dirty)},  {"Shared_Dirty:", offsetof(struct area, shared)},
        {"Shared_Clean:", offsetof(struct area, shared)}, {"Swap:", offsetof(struct area, swapped)},
        {"AnonHugePages:", offsetof(struct area, large)}, {"MMUPageSize:", offsetof(struct area, page_size)},
    };
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        size_t length = strlen(fields[i].name);
        if (!strncmp(line, fields[i].name, length))
            *(unsigned long *)((char *)area + fields[i].field) += strtoul(line + length, NULL, 10);
    }
}

/* What the page table has for it; the size that is meant while nothing is mapped. */
static const char *area_pages(const struct area *area)
{
    if (area->page_size >= 1ul << 20)
        return "1G";
    if (area->page_size > 4 || (area->large && area->large >= area->resident))
        return "2M";
    return area->large ? "4K+2M" : "4K";
}

static void area_print(const struct area *area, struct area *sum)
{
    printf("%016lx %8lu %7lu %7lu %7lu %7lu %-5s %-6s %s\n", area->start, (area->end - area->start) >> 10,
           area->resident, area->dirty, area->shared, area->swapped, area_pages(area), area->rights,
           area->name[0] ? area->name : "anonymous");
    sum->end += area->end - area->start;
    sum->resident += area->resident;
    sum->dirty += area->dirty;
    sum->shared += area->shared;
    sum->swapped += area->swapped;
}

static void areas_print(FILE *file)
{
    char line[512];
    struct area area = {0}, sum = {0}, next;

    while (fgets(line, sizeof line, file)) {
        if (!isxdigit((unsigned char)line[0]) || isupper((unsigned char)line[0]) || !area_parse(line, &next)) {
            area_add(&area, line);
            continue;
        }
        if (area.end)
            area_print(&area, &sum);
        area = next;
    }
    if (area.end)
        area_print(&area, &sum);
    if (!quiet)
        printf("%-16s %8lu %7lu %7lu %7lu %7lu\n", "sum", sum.end >> 10, sum.resident, sum.dirty, sum.shared,
               sum.swapped);
}

/* One line with the process's number and name. */
static bool title_print(const char *id)
{
    char path[64], name[64];
    FILE *file;

    snprintf(path, sizeof path, "/proc/%s/comm", id);
    file = fopen(path, "r");
    if (!file || !fgets(name, sizeof name, file)) {
        if (file)
            fclose(file);
        return false;
    }
    fclose(file);
    if (!quiet)
        printf("%s: %s%-16s %8s %7s %7s %7s %7s %-5s %-6s %s\n", id, name, "ADDRESS", "KB", "RES", "DIRTY", "SHARED",
               "SWAP", "PAGES", "RIGHTS", "MAPPING");
    return true;
}

static int process_show(const char *id)
{
    char path[64];
    FILE *file;

    snprintf(path, sizeof path, "/proc/%s/smaps", id);
    file = fopen(path, "r");
    if (!file || !title_print(id)) {
        warnx("there is no process %s", id);
        if (file)
            fclose(file);
        return 1;
    }
    areas_print(file);
    fclose(file);
    return 0;
}

int main(int count, char **arguments)
{
    int letter, result = 0;

    program_help(count, arguments, help);
    while ((letter = getopt(count, arguments, "qx")) != -1) {
        if (letter == '?')
            program_usage(1, help);
        quiet |= letter == 'q';
    }
    if (optind == count)
        program_usage(1, help);
    for (int i = optind; i < count; i++)
        result |= process_show(arguments[i]);
    return program_end(result);
}

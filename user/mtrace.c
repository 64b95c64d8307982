/*
 * mtrace: the kernel's ring of memory events, as text, or its part that the page-replacement policy can be replayed from.
 *
 * A line is: the event's number, seconds since boot, pid, what happened, and with what.
 */
#include <err.h>
#include <fcntl.h>
#include <getopt.h>
#include "kernel/abi/vmtrace.h"
#include <program.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] = "mtrace [-f] [-n COUNT] [-s] [KIND...]\n   or: mtrace -p >FILE\n"
                           "Shows what memory management did: fault, clear, test, evict, rescue, page-in, page-out,\n"
                           "read-ahead, run, hands, clock, process-out, process-in; with KINDs only those.\n"
                           "-f goes on as more happens, -n shows the last COUNT, -s only counts of each kind.\n"
                           "-p writes the policy's events as binary records, for `make replay`.";

enum { KINDS_MAX = 16, LINE_SIZE = 192, LINES_MAX = 1 << 20, POLL_US = 200000 };

static struct {
    char name[16];
    unsigned long count;
} counted[KINDS_MAX];

/* The fifth word of a line, its kind, in `kind`. */
static void line_kind(const char *line, char *kind, size_t size)
{
    for (int word = 0; word < 4 && line; word++) {
        line = strchr(line, ' ');
        line += line != NULL;
    }
    size_t length = line ? strcspn(line, " \n") : 0;
    if (length >= size)
        length = size - 1;
    memcpy(kind, line ? line : "", length);
    kind[length] = 0;
}

static int is_wanted(const char *kind, char **kinds)
{
    if (!*kinds)
        return 1;
    for (; *kinds; kinds++) {
        if (!strcmp(*kinds, kind))
            return 1;
    }
    return 0;
}

static void count_kind(const char *kind)
{
    int at = 0;
    while (at < KINDS_MAX - 1 && counted[at].count > 0 && strcmp(counted[at].name, kind))
        at++;
    snprintf(counted[at].name, sizeof counted[at].name, "%s", kind);
    counted[at].count++;
}

/* The last lines, in a ring: `-n`. */
static struct {
    char (*line)[LINE_SIZE];
    unsigned long size, count;
} kept;

static void keep_line(const char *line)
{
    if (!kept.line && !(kept.line = malloc(kept.size * LINE_SIZE)))
        err(1, "-n %lu", kept.size);
    strcpy(kept.line[kept.count++ % kept.size], line);
}

static void kept_print(void)
{
    unsigned long first = kept.count > kept.size ? kept.count - kept.size : 0;
    for (unsigned long i = first; i < kept.count; i++)
        fputs(kept.line[i % kept.size], stdout);
    kept.count = 0;
}

/* What the ring has that was not read yet. */
static void lines_show(FILE *file, char **kinds, int summary)
{
    char line[LINE_SIZE], kind[16];
    while (fgets(line, sizeof line, file)) {
        line_kind(line, kind, sizeof kind);
        if (!is_wanted(kind, kinds))
            continue;
        if (summary)
            count_kind(kind);
        else if (kept.size > 0)
            keep_line(line);
        else
            fputs(line, stdout);
    }
    kept_print();
    kept.size = 0; /* of what was there at first; what follows is shown all */
}

static void show(char **kinds, int follow, int summary)
{
    FILE *file = fopen("/proc/vmtrace", "r");
    if (!file)
        err(1, "/proc/vmtrace");
    for (;;) {
        lines_show(file, kinds, summary);
        if (!follow)
            break;
        fflush(stdout);
        clearerr(file);
        usleep(POLL_US);
    }
    fclose(file);
    for (int at = 0; at < KINDS_MAX && counted[at].count > 0; at++)
        printf("%10lu %s\n", counted[at].count, counted[at].name);
}

static int is_policy(unsigned kind)
{
    return kind == VMTRACE_CLOCK || kind == VMTRACE_RUN || kind == VMTRACE_CLEAR || kind == VMTRACE_TEST ||
           kind == VMTRACE_EVICT || kind == VMTRACE_HANDS;
}

/* From the last CLOCK event on: what belongs to the clock as it is set now. */
static void policy_write(void)
{
    struct vmtrace_event event;
    unsigned long long from = 0;
    FILE *file = fopen("/proc/vmtrace.bin", "r");
    if (!file)
        err(1, "/proc/vmtrace.bin");
    while (fread(&event, sizeof event, 1, file) == 1) {
        if (event.kind == VMTRACE_CLOCK)
            from = event.sequence;
    }
    if (from == 0)
        errx(
            1,
            "the clock was not set since the oldest event: write its kind to /proc/sys/vm/clock, or use a larger ring");
    fclose(file);
    file = fopen("/proc/vmtrace.bin", "r");
    while (file && fread(&event, sizeof event, 1, file) == 1) {
        if (event.sequence < from)
            continue;
        if (event.sequence != from++)
            errx(1, "events were overwritten: use a larger ring (option vmtrace=)");
        if (is_policy(event.kind))
            fwrite(&event, sizeof event, 1, stdout);
    }
    if (file)
        fclose(file);
}

int main(int count, char **arguments)
{
    int letter, follow = 0, summary = 0, policy = 0;

    program_help(count, arguments, help);
    while ((letter = getopt(count, arguments, "fn:sp")) != -1) {
        if (letter == '?')
            program_usage(1, help);
        follow |= letter == 'f';
        summary |= letter == 's';
        policy |= letter == 'p';
        if (letter == 'n')
            kept.size = program_number(optarg, 1, LINES_MAX);
    }
    if (policy)
        policy_write();
    else
        show(arguments + optind, follow, summary);
    return program_end(0);
}

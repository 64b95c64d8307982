/*
 * vmstat: what memory and the rest of the machine are doing, a line at a time. As Linux's, and the page-out daemon's work behind it.
 *
 * The first line is since boot, each further one since the line before. Column b is the one that shows memory that thrashes: threads that wait for a
 * page or a disk.
 */
#include <err.h>
#include <program.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
    "vmstat [SECONDS [COUNT]]\n   or: vmstat -s\n"
    "Shows, every so often, in KB and per second: threads running, and blocked, that wait for a disk or a page; "
    "memory\n"
    "swapped, free, in buffers (counted as cached: 0), cached; swapped in and out; read and written; interrupts and\n"
    "context switches; percent of CPU time in user mode, in the kernel, idle, idle while a thread waits for a disk,\n"
    "stolen (0); then faults minor and major, frames scanned and evicted by the clock, pages rescued from standby.\n"
    "-s: sums since boot.";

static char text[16384];

static void file_read(const char *name)
{
    FILE *file = fopen(name, "r");
    text[0] = 0;
    if (!file)
        err(1, "%s", name);
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    fclose(file);
}

/* The number behind a word at the start of a line; 0 if there is none. */
static unsigned long long number(const char *word)
{
    size_t length = strlen(word);
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (!strncmp(line, word, length) && (line[length] == ' ' || line[length] == ':'))
            return strtoull(line + length + 1, NULL, 10);
    }
    return 0;
}

/* What only grows. */
enum {
    SWAP_IN,
    SWAP_OUT,
    READ,
    WRITTEN,
    INTERRUPTS,
    SWITCHES,
    USER,
    SYSTEM,
    IDLE,
    WAIT,
    MINOR,
    MAJOR,
    SCANNED,
    EVICTED,
    RESCUED,
    COUNTERS
};

static unsigned long long running, blocked, swapped, unused, buffers, cached;

static void counters_read(unsigned long long counters[COUNTERS])
{
    file_read("/proc/meminfo");
    swapped = number("SwapTotal") - number("SwapFree");
    unused = number("MemFree");
    buffers = number("Buffers");
    cached = number("Cached");
    file_read("/proc/stat");
    running = number("procs_running");
    blocked = number("procs_blocked");
    counters[INTERRUPTS] = number("intr");
    counters[SWITCHES] = number("ctxt");
    (void)sscanf(text, "cpu %llu %*u %llu %llu %llu", &counters[USER], &counters[SYSTEM], &counters[IDLE],
                 &counters[WAIT]);
    file_read("/proc/vmstat");
    counters[SWAP_IN] = number("pswpin") * 4;
    counters[SWAP_OUT] = number("pswpout") * 4;
    counters[READ] = number("pgpgin") * 4;
    counters[WRITTEN] = number("pgpgout") * 4;
    counters[MAJOR] = number("pgmajfault");
    counters[MINOR] = number("pgfault") - counters[MAJOR];
    counters[RESCUED] = number("rescued_anon") + number("rescued_file");
    file_read("/proc/vmclock");
    counters[SCANNED] = number("front_scanned") + number("back_scanned");
    counters[EVICTED] = number("evicted");
}

static void head_print(void)
{
    puts("procs -----------memory---------- ---swap-- -----io---- -system-- ------cpu----- -----faults---- "
         "-------clock--------");
    puts(" r  b   swpd   free   buff  cache   si   so    bi    bo   in    cs us sy id wa st   minor   major    scan   "
         "evict  rescue");
}

static void line_print(const unsigned long long now[COUNTERS], const unsigned long long before[COUNTERS],
                       unsigned seconds)
{
    unsigned long long rate[COUNTERS], ticks = 0;
    for (int i = 0; i < COUNTERS; i++)
        rate[i] = (now[i] - before[i]) / (seconds > 0 ? seconds : 1);
    for (int i = USER; i <= WAIT; i++)
        ticks += now[i] - before[i];
    ticks = ticks > 0 ? ticks : 1;
    printf("%2llu %2llu %6llu %6llu %6llu %6llu %4llu %4llu %5llu %5llu %4llu %5llu", running, blocked, swapped, unused,
           buffers, cached, rate[SWAP_IN], rate[SWAP_OUT], rate[READ], rate[WRITTEN], rate[INTERRUPTS], rate[SWITCHES]);
    for (int i = USER; i <= WAIT; i++)
        printf(" %2llu", (now[i] - before[i]) * 100 / ticks);
    printf(" %2d %7llu %7llu %7llu %7llu %7llu\n", 0, rate[MINOR], rate[MAJOR], rate[SCANNED], rate[EVICTED],
           rate[RESCUED]);
    fflush(stdout);
}

/* The first word of each line is the number: procps's words, as scripts look for them. */
static int sums_show(void)
{
    static unsigned long long counters[COUNTERS];
    static const struct {
        int counter;
        const char *words;
    } lines[] = {{USER, "non-nice user cpu ticks"},
                 {SYSTEM, "system cpu ticks"},
                 {IDLE, "idle cpu ticks"},
                 {WAIT, "IO-wait cpu ticks"},
                 {READ, "K paged in"},
                 {WRITTEN, "K paged out"},
                 {SWAP_IN, "pages swapped in"},
                 {SWAP_OUT, "pages swapped out"},
                 {INTERRUPTS, "interrupts"},
                 {SWITCHES, "CPU context switches"},
                 {MINOR, "minor faults"},
                 {MAJOR, "major faults"},
                 {SCANNED, "frames scanned"},
                 {EVICTED, "frames evicted"},
                 {RESCUED, "pages rescued"}};

    counters_read(counters);
    counters[SWAP_IN] /= 4;
    counters[SWAP_OUT] /= 4;
    file_read("/proc/meminfo");
    unsigned long long total = number("MemTotal"), swap = number("SwapTotal");
    unsigned long long rest = unused + cached + buffers; /* read one after the other: it may be more */
    printf("%13llu K total memory\n%13llu K used memory\n", total, total > rest ? total - rest : 0);
    printf("%13llu K active memory\n%13llu K inactive memory\n", number("Active"), number("Inactive"));
    printf("%13llu K free memory\n%13llu K buffer memory\n%13llu K swap cache\n", unused, buffers, cached);
    printf("%13llu K total swap\n%13llu K used swap\n%13llu K free swap\n", swap, swapped, swap - swapped);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        printf("%13llu %s\n", counters[lines[i].counter], lines[i].words);
    file_read("/proc/stat");
    printf("%13llu boot time\n", number("btime"));
    return program_end(0);
}

static unsigned uptime(void)
{
    file_read("/proc/uptime");
    return (unsigned)strtoul(text, NULL, 10);
}

int main(int count, char **arguments)
{
    static unsigned long long now[COUNTERS], before[COUNTERS];
    program_help(count, arguments, help);
    if (count == 2 && !strcmp(arguments[1], "-s"))
        return sums_show();
    if (count > 3)
        program_usage(1, help);
    unsigned seconds = count > 1 ? (unsigned)program_number(arguments[1], 1, PROGRAM_COUNT_MAX) : 0;
    unsigned long lines = count > 2 ? program_number(arguments[2], 1, PROGRAM_COUNT_MAX) : 0;
    if (seconds == 0)
        lines = 1;
    head_print();
    for (unsigned long line = 1;; line++) {
        counters_read(now);
        line_print(now, before, line == 1 ? uptime() : seconds);
        if (line == lines)
            return program_end(0);
        memcpy(before, now, sizeof before);
        sleep(seconds);
        if (line % 20 == 0)
            head_print();
    }
}

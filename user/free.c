/* free: how much memory is in use, from /proc/meminfo. */
#include <err.h>
#include <program.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] = "free [-bkmg]\nShows memory and swap: total, used, free, in bytes (-b), KB, MB or GB.";

static char text[8192];

/* A line of /proc/meminfo, in KB; 0 if it is not there. */
static unsigned long field(const char *name)
{
    size_t length = strlen(name);

    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (!strncmp(line, name, length) && line[length] == ':')
            return strtoul(line + length + 1, NULL, 10);
    }
    return 0;
}

int main(int count, char **arguments)
{
    unsigned long multiply = 1, divide = 1;
    int letter;

    program_help(count, arguments, help);
    while ((letter = getopt(count, arguments, "bkmg")) != -1) {
        if (letter == '?')
            program_usage(1, help);
        multiply = letter == 'b' ? 1024 : 1;
        divide = letter == 'm' ? 1024 : letter == 'g' ? 1024 * 1024 : 1;
    }
    FILE *file = fopen("/proc/meminfo", "r");
    if (!file)
        err(1, "/proc/meminfo");
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    fclose(file);
    unsigned long total = field("MemTotal"), unused = field("MemFree");
    unsigned long cache = field("Cached") + field("Buffers") + field("SReclaimable"), available = field("MemAvailable");
    unsigned long swap = field("SwapTotal"), swap_free = field("SwapFree");
    unsigned long used = total > unused + cache ? total - unused - cache : 0;
    unsigned long rows[2][6] = {{total, used, unused, field("Shmem"), cache, available},
                                {swap, swap - swap_free, swap_free}};
    puts("               total        used        free      shared  buff/cache   available");
    for (int row = 0; row < 2; row++) {
        printf("%-5s  ", row ? "Swap:" : "Mem:");
        for (int column = 0; column < (row ? 3 : 6); column++)
            printf(" %11lu", rows[row][column] * multiply / divide);
        putchar('\n');
    }
    return program_end(0);
}

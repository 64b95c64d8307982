/* ps: the processes, from /proc. */
#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <program.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char help[] = "ps [-a]\n"
                           "Lists the processes: number, parent, state (R S D T Z, W: swapped out whole);\n"
                           "size, resident and swapped memory in KB; page faults, of these major ones;\n"
                           "CPU time, command.";

/* The fields of /proc/PID/stat that are shown. */
struct process {
    int id, parent;
    char state, name[64];
    unsigned long minor_faults, major_faults, ticks, size;
    long resident;
};

/* The name stands in brackets and may contain anything, so the last closing one counts. */
static bool process_parse(const char *line, struct process *process)
{
    const char *open = strchr(line, '('), *close = strrchr(line, ')');
    unsigned long user, system;

    if (!open || !close)
        return false;
    process->id = atoi(line);
    snprintf(process->name, sizeof process->name, "%.*s", (int)(close - open - 1), open + 1);
    int found = sscanf(close + 2,
                       "%c %d %*d %*d %*d %*d %*u %lu %*u %lu %*u %lu %lu %*d %*d %*d %*d %*d %*d %*u %lu %ld",
                       &process->state, &process->parent, &process->minor_faults, &process->major_faults, &user,
                       &system, &process->size, &process->resident);
    process->ticks = user + system;
    return found == 8;
}

static bool file_read(const char *id, const char *name, char *buffer, size_t size, size_t *length)
{
    char path[300];

    snprintf(path, sizeof path, "/proc/%s/%s", id, name);
    FILE *file = fopen(path, "r");
    if (!file)
        return false;
    *length = fread(buffer, 1, size - 1, file);
    buffer[*length] = 0;
    fclose(file);
    return *length > 0;
}

/* The arguments, which are separated by zeros; kernel threads have none. */
static void command_print(const char *id, const struct process *process)
{
    char line[256];
    size_t length;

    if (!file_read(id, "cmdline", line, sizeof line, &length)) {
        printf("[%s]\n", process->name);
        return;
    }
    while (length && !line[length - 1])
        length--;
    for (size_t i = 0; i < length; i++)
        putchar(line[i] ? isprint((unsigned char)line[i]) ? line[i] : '?' : ' ');
    putchar('\n');
}

/* What is on swap and not in memory, in KB: a line of /proc/PID/status, which kernel threads have not. */
static unsigned long process_swapped(const char *id)
{
    char text[4096];
    size_t length;
    const char *line = file_read(id, "status", text, sizeof text, &length) ? strstr(text, "\nVmSwap:") : NULL;

    return line ? strtoul(line + strlen("\nVmSwap:"), NULL, 10) : 0;
}

static void process_print(const char *id)
{
    struct process process = {0};
    char line[1024];
    size_t length;
    unsigned long ticks = (unsigned long)sysconf(_SC_CLK_TCK), page = (unsigned long)getpagesize() / 1024;

    if (!file_read(id, "stat", line, sizeof line, &length) || !process_parse(line, &process))
        return; /* it has ended meanwhile */
    printf("%5d %5d %c %8lu %7lu %7lu %7lu %6lu %3lu:%.2lu.%.2lu ", process.id, process.parent, process.state,
           process.size / 1024, (unsigned long)process.resident * page, process_swapped(id), process.minor_faults,
           process.major_faults, process.ticks / ticks / 60, process.ticks / ticks % 60,
           process.ticks % ticks * 100 / ticks);
    command_print(id, &process);
}

static int is_process(const struct dirent *entry)
{
    return isdigit((unsigned char)entry->d_name[0]);
}

static int by_number(const struct dirent **left, const struct dirent **right)
{
    return atoi((*left)->d_name) - atoi((*right)->d_name);
}

int main(int count, char **arguments)
{
    struct dirent **entries;
    int letter;

    program_help(count, arguments, help);
    while ((letter = getopt(count, arguments, "aefx")) != -1)
        if (letter == '?')
            program_usage(1, help);
    int found = scandir("/proc", &entries, is_process, by_number);
    if (found < 0)
        err(1, "/proc");
    puts("  PID  PPID S     SIZE     RES SWAPPED  FAULTS  MAJOR      TIME COMMAND");
    for (int i = 0; i < found; i++)
        process_print(entries[i]->d_name);
    return program_end(0);
}

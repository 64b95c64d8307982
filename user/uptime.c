/* uptime: the time, how long the machine has run, how busy it was. */
#include <err.h>
#include <program.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const char help[] = "uptime\nShows the time of day (UTC), the time since the start, and the load.";

int main(int count, char **arguments)
{
    char now[16], load[64] = "";
    double seconds;
    time_t clock = time(NULL);

    program_help(count, arguments, help);
    FILE *file = fopen("/proc/uptime", "r");
    if (!file || fscanf(file, "%lf", &seconds) != 1)
        err(1, "/proc/uptime");
    fclose(file);
    file = fopen("/proc/loadavg", "r");
    if (file && fgets(load, sizeof load, file))
        load[strcspn(load, "\n")] = 0;
    strftime(now, sizeof now, "%H:%M:%S", localtime(&clock));
    long minutes = (long)seconds / 60;
    printf(" %s up ", now);
    if (minutes >= 24 * 60)
        printf("%ld day%s, ", minutes / (24 * 60), minutes >= 48 * 60 ? "s" : "");
    printf("%2ld:%02ld", minutes / 60 % 24, minutes % 60);
    if (*load)
        printf(", load average: %.*s", (int)strcspn(load, "/") - 2 > 0 ? 14 : 0, load);
    putchar('\n');
    return program_end(0);
}

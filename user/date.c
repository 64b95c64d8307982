/* date: the date and the time of day, in the zone that TZ names or in UTC. */
#include <err.h>
#include <program.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char help[] = "date [-u] [-d @SECONDS] [+FORMAT]\nWrites the time as strftime formats it.";

int main(int count, char **arguments)
{
    const char *format = "%a %b %e %H:%M:%S %Z %Y";
    time_t now = time(NULL);
    char text[1024];
    bool universal = false;
    int letter;

    program_help(count, arguments, help);
    while ((letter = getopt(count, arguments, "ud:")) != -1) {
        if (letter == '?')
            program_usage(1, help);
        universal |= letter == 'u';
        if (letter == 'd' && *optarg != '@')
            errx(1, "invalid date '%s'", optarg);
        if (letter == 'd')
            now = atol(optarg + 1);
    }
    if (arguments[optind]) {
        if (*arguments[optind] != '+')
            program_usage(1, help);
        format = arguments[optind] + 1;
    }
    const struct tm *parts = universal ? gmtime(&now) : localtime(&now);
    if (!parts)
        errx(1, "time %ld is out of range", now);
    if (!strftime(text, sizeof text, format, parts))
        *text = 0;
    puts(text);
    return program_end(0);
}

/* sleep: nothing, for a while. */
#include <err.h>
#include <errno.h>
#include <program.h>
#include <stdlib.h>
#include <time.h>

static const char help[] =
    "sleep SECONDS...\nWaits for the sum of its arguments, which may have fractions and end in s, m, h or d.";

static double seconds_of(const char *text)
{
    char *end;
    double value = strtod(text, &end);
    double unit = *end == 'm' ? 60 : *end == 'h' ? 3600 : *end == 'd' ? 86400 : 1;

    if (end == text || value < 0 || (*end && (end[1] || (unit == 1 && *end != 's'))))
        errx(1, "invalid time interval '%s'", text);
    return value * unit;
}

int main(int count, char **arguments)
{
    double seconds = 0;

    program_help(count, arguments, help);
    if (count < 2)
        program_usage(1, help);
    for (int i = 1; i < count; i++)
        seconds += seconds_of(arguments[i]);
    struct timespec rest = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
    while (nanosleep(&rest, &rest) && errno == EINTR)
        ;
    return 0;
}

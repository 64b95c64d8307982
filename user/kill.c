/* kill: sends signals. */
#include <ctype.h>
#include <err.h>
#include <program.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char help[] =
    "kill [-SIGNAL | -s SIGNAL] PROCESS...\n   or: kill -l\nSends a signal (TERM) to processes, or lists the signals.";

static const char *const names[] = {
    "0",    "HUP",  "INT",  "QUIT", "ILL",    "TRAP",   "ABRT",  "BUS",  "FPE",  "KILL", "USR1",
    "SEGV", "USR2", "PIPE", "ALRM", "TERM",   "STKFLT", "CHLD",  "CONT", "STOP", "TSTP", "TTIN",
    "TTOU", "URG",  "XCPU", "XFSZ", "VTALRM", "PROF",   "WINCH", "IO",   "PWR",  "SYS",
};

enum { SIGNALS = sizeof names / sizeof names[0] };

static int signal_of(const char *text)
{
    if (isdigit((unsigned char)*text))
        return atoi(text);
    if (!strncasecmp(text, "SIG", 3))
        text += 3;
    for (int i = 0; i < SIGNALS; i++)
        if (!strcasecmp(text, names[i]))
            return i;
    errx(1, "unknown signal %s", text);
}

static void signals_list(void)
{
    for (int i = 1; i < SIGNALS; i++)
        printf("%2d %-7s%s", i, names[i], i % 8 && i + 1 < SIGNALS ? " " : "\n");
}

int main(int count, char **arguments)
{
    int number = SIGTERM, first = 1, result = 0;

    program_help(count, arguments, help);
    if (count == 2 && !strcmp(arguments[1], "-l")) {
        signals_list();
        return program_end(0);
    }
    if (count > 2 && !strcmp(arguments[1], "-s")) {
        number = signal_of(arguments[2]);
        first = 3;
    } else if (count > 1 && arguments[1][0] == '-' && strcmp(arguments[1], "--")) {
        number = signal_of(arguments[1] + 1);
        first = 2;
    }
    if (first < count && !strcmp(arguments[first], "--"))
        first++;
    if (first >= count)
        program_usage(1, help);
    for (int i = first; i < count; i++) {
        char *end;
        long process = strtol(arguments[i], &end, 10);
        if (end == arguments[i] || *end) {
            warnx("%s: not a process number", arguments[i]);
            result = 1;
        } else if (kill((pid_t)process, number)) {
            warn("%s", arguments[i]);
            result = 1;
        }
    }
    return result;
}

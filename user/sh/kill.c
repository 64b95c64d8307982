/* kill: a signal to processes and jobs, and the signals' names. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sh.h"

/* All names, or that of a signal or of what ended a program with that status. */
static int signals_list(const char *which)
{
    if (which) {
        size_t number = strtoul(which, NULL, 10);
        const char *name = signal_name(number - (number > 128 ? 128 : 0));
        return name && number ? puts(name) < 0 : complain("kill: %s: no such signal", which);
    }
    for (size_t number = 1; signal_name(number); number++)
        puts(signal_name(number));
    return 0;
}

/* -?[0-9]+ that fits; false after a message. */
static bool process_read(const char *text, pid_t *process)
{
    const char *digits = text + (*text == '-');
    long number = strtol(text, NULL, 10);

    if (!*digits || digits[strspn(digits, "0123456789")])
        return complain("kill: %s: not a number", text), false;
    *process = (pid_t)number;
    if (number > INT_MAX || number < -INT_MAX)
        return complain("kill: %s: %s", text, strerror(ESRCH)), false;
    return true;
}

/* To a process, or with % to all of a job's; 1 after a message. */
static int target_kill(const char *target, int number)
{
    bool stopped = false;
    pid_t group = *target == '%' ? job_group(target, "kill", &stopped) : 0, process = -group;

    if (group < 0 || (!group && !process_read(target, &process)))
        return 1;
    if (kill(process, number))
        return complain("kill: %s: %s", target, strerror(errno));
    if (stopped && (number == SIGTERM || number == SIGHUP))
        kill(-group, SIGCONT); /* so that it can die */
    return 0;
}

int builtin_kill(char **arguments)
{
    int number = SIGTERM, status = 0, i = 1;

    if (arguments[i] && !strcmp(arguments[i], "-l"))
        return signals_list(arguments[i + 1]);
    if (arguments[i] && !strcmp(arguments[i], "-s") && arguments[i + 1]) {
        number = signal_number(arguments[i + 1]);
        i += 2;
    } else if (arguments[i] && arguments[i][0] == '-' && strcmp(arguments[i], "--")) {
        number = signal_number(arguments[i++] + 1);
    }
    if (arguments[i] && !strcmp(arguments[i], "--"))
        i++;
    if (number < 0 || !arguments[i])
        return complain("kill: %s", number < 0 ? "unknown signal" : "usage: kill [-SIGNAL] PID...");
    for (; arguments[i]; i++)
        status |= target_kill(arguments[i], number);
    return status;
}

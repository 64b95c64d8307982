/* trap: commands for signals and for the end of the shell.  A handler only notes the signal; the command runs between others. */
#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "sh.h"

static const char *const names[] = {
    "EXIT", "HUP",  "INT",  "QUIT", "ILL",    "TRAP",   "ABRT",  "BUS",  "FPE",  "KILL", "USR1",
    "SEGV", "USR2", "PIPE", "ALRM", "TERM",   "STKFLT", "CHLD",  "CONT", "STOP", "TSTP", "TTIN",
    "TTOU", "URG",  "XCPU", "XFSZ", "VTALRM", "PROF",   "WINCH", "IO",   "PWR",  "SYS",
};

enum { SIGNALS = sizeof names / sizeof names[0] };

static char *commands[SIGNALS]; /* "" ignores */
static volatile sig_atomic_t pending[SIGNALS];
static volatile sig_atomic_t any_pending;

int signal_number(const char *name)
{
    if (isdigit((unsigned char)*name)) {
        int number = atoi(name);
        return number < NSIG ? number : -1;
    }
    if (!strncasecmp(name, "SIG", 3))
        name += 3;
    for (int i = 0; i < SIGNALS; i++)
        if (!strcasecmp(name, names[i]))
            return i;
    return -1;
}

const char *signal_name(size_t number)
{
    return number < SIGNALS ? names[number] : NULL;
}

int trap_signal(void)
{
    for (int number = 1; number < SIGNALS; number++)
        if (pending[number])
            return number;
    return 0;
}

static void signal_note(int number)
{
    pending[number] = 1;
    any_pending = 1;
}

static void trap_set(int number, const char *command)
{
    struct sigaction action = {.sa_handler = command ? *command ? signal_note : SIG_IGN : SIG_DFL};

    free(commands[number]);
    commands[number] = command ? memory_text(command) : NULL;
    if (number)
        sigaction(number, &action, NULL);
}

int builtin_trap(char **arguments)
{
    const char *command = arguments[1];
    int first = 2;

    if (!command) {
        for (int i = 0; i < SIGNALS; i++)
            if (commands[i])
                printf("trap -- '%s' %s\n", commands[i], names[i]);
        return 0;
    }
    if (!strcmp(command, "--") && arguments[2]) {
        arguments++;
        command = arguments[1];
    }
    if (!strcmp(command, "-"))
        command = NULL;
    else if (isdigit((unsigned char)*command) && !arguments[2])
        command = NULL, first = 1;
    for (int i = first; arguments[i]; i++) {
        int number = signal_number(arguments[i]);
        if (number < 0 || number >= SIGNALS)
            return complain("trap: %s: bad trap", arguments[i]);
        trap_set(number, command);
    }
    return 0;
}

static void command_run(const char *command)
{
    int status = shell.status;
    enum jump jump = shell.jump;
    char *copy = memory_text(command); /* it may replace itself */

    shell.jump = JUMP_NONE;
    text_execute(copy, false);
    free(copy);
    if (!shell.jump) {
        shell.status = status;
        shell.jump = jump;
    }
}

void traps_run(void)
{
    if (!any_pending)
        return;
    any_pending = 0;
    for (int i = 1; i < SIGNALS; i++)
        if (pending[i]) {
            pending[i] = 0;
            if (commands[i] && *commands[i])
                command_run(commands[i]);
        }
}

void traps_exit(void)
{
    char *command = commands[0];

    commands[0] = NULL;
    if (command && *command)
        command_run(command);
    free(command);
}

/* A child inherits what is ignored, neither the commands nor the signals that came. */
void traps_forget(void)
{
    for (int i = 0; i < SIGNALS; i++) {
        if (commands[i] && (*commands[i] || !i))
            trap_set(i, NULL);
        pending[i] = 0;
    }
    any_pending = 0;
}

bool traps_pending(void)
{
    return commands[0];
}

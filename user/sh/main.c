/* The shell's beginning and end: options, which text to run, messages. */
#include <errno.h>
#include <fcntl.h>
#include <program.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sh.h"

enum { TERMINAL_DESCRIPTOR = 10 };

struct shell shell;

const struct shell_option shell_options[] = {
    {'a', "allexport", &shell.export_all},
    {'b', "notify", &shell.notify},
    {'C', "noclobber", &shell.no_clobber},
    {'e', "errexit", &shell.exit_on_error},
    {'f', "noglob", &shell.no_glob},
    {'I', "ignoreeof", &shell.ignore_end},
    {'i', "interactive", &shell.interactive},
    {'m', "monitor", &shell.monitor},
    {'n', "noexec", &shell.no_exec},
    {'u', "nounset", &shell.no_unset},
    {'v', "verbose", &shell.verbose},
    {'x', "xtrace", &shell.trace},
    {0, NULL, NULL},
};

int complain(const char *format, ...)
{
    va_list args;

    fflush(stdout);
    fprintf(stderr, "%s: ", shell.name ? shell.name : "sh");
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    return 1;
}

int script_fail(void)
{
    shell.failed |= !shell.interactive && !shell.forgiving;
    return STATUS_ERROR;
}

void shell_exit(int status)
{
    shell.status = status;
    shell.jump = JUMP_NONE;
    traps_exit();
    fflush(stdout);
    _exit(shell.status);
}

static void interactive_begin(void)
{
    static const int ignored[] = {SIGQUIT, SIGTERM};
    struct sigaction nothing = {.sa_handler = SIG_IGN};

    for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++)
        sigaction(ignored[i], &nothing, NULL);
    /* A handler, not "ignore": ^C must end the reading of a line, and children must not inherit that. */
    char *trap[] = {"trap", ":", "INT", NULL};
    builtin_trap(trap);
    shell.terminal = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, TERMINAL_DESCRIPTOR);
    shell.monitor = shell.terminal >= 0 && tcgetpgrp(shell.terminal) > 0;
    jobs_init();
}

/* Handles the options; returns the index of the first other argument. *command is the text behind -c. */
static int options_read(char **arguments, const char **command, bool *from_input)
{
    int i = 1;

    for (; arguments[i] && (arguments[i][0] == '-' || arguments[i][0] == '+') && arguments[i][1]; i++) {
        bool on = arguments[i][0] == '-';
        if (!strcmp(arguments[i], "--"))
            return i + 1;
        bool text = false;
        for (char *letter = arguments[i] + 1; *letter; letter++) {
            char group[] = {on ? '-' : '+', *letter, 0};
            char *set[] = {"set", group, *letter == 'o' ? arguments[i + 1] : NULL, NULL};
            if (*letter == 'c')
                text = true;
            else if (*letter == 's')
                *from_input = true;
            else if (*letter != 'l' && builtin_set(set))
                _exit(2);
            if (*letter == 'o')
                i++;
        }
        if (!text)
            continue;
        *command = arguments[++i];
        if (*command)
            return i + 1;
        complain("-c requires an argument");
        _exit(2);
    }
    return i;
}

static void parameters_from(char **arguments)
{
    int count = 0;

    while (arguments[count])
        count++;
    parameters_set(arguments, count);
}

int main(int count, char **arguments)
{
    const char *command = NULL;
    bool from_input = false;
    int status;

    program_help(count, arguments,
                 "sh [-abCefImnuvx] [-o OPTION] [-c COMMAND [NAME]] [SCRIPT] [ARGUMENT...]\nThe shell. `help` lists "
                 "its own commands.\nExit status: the last command's; 2 after an error of the script.");
    shell.name = count ? arguments[0] + (arguments[0][0] == '-') : "sh";
    shell.id = getpid();
    variables_init();
    char **rest = arguments + options_read(arguments, &command, &from_input);
    if (command || (*rest && !from_input)) {
        if (*rest)
            shell.name = *rest++;
        parameters_from(rest);
        status = command ? text_execute(command, !shell.interactive) : file_execute(shell.name);
        shell_exit(status);
    }
    parameters_from(rest);
    shell.interactive |= isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
    if (shell.interactive)
        interactive_begin();
    status = source_execute(shell.interactive ? source_of_terminal() : source_of_descriptor(STDIN_FILENO), false);
    shell_exit(status);
}

/* env: shows the environment, or runs a command in another one. */
#include <err.h>
#include <errno.h>
#include <program.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
    "env [-i] [-u NAME] [NAME=VALUE...] [COMMAND [ARGUMENT...]]\n"
    "Runs a command in a changed environment, or shows that; -i: from nothing; -u: without NAME.\n"
    "Exit status: the command's; 125 after an error of env, 126 if COMMAND cannot be run, 127 if it is not there.";

int main(int count, char **arguments)
{
    int letter;

    program_help(count, arguments, help);
    while ((letter = getopt(count, arguments, "iu:")) != -1) {
        if (letter == '?')
            program_usage(125, help);
        if (letter == 'i')
            clearenv();
        else
            unsetenv(optarg);
    }
    for (; arguments[optind] && strchr(arguments[optind], '='); optind++)
        putenv(arguments[optind]);
    if (arguments[optind]) {
        execvp(arguments[optind], arguments + optind);
        err(errno == ENOENT ? 127 : 126, "%s", arguments[optind]);
    }
    for (char **at = environ; *at; at++)
        puts(*at);
    return program_end(0);
}

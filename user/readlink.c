/* readlink: where a symbolic link leads. */
#include <limits.h>
#include <program.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char help[] = "readlink [-f] PATH...\nWrites where links lead; -f: the path without any link in it.";

int main(int count, char **arguments)
{
    bool canonical = false;
    int letter, result = 0;
    char path[PATH_MAX];

    program_help(count, arguments, help);
    while ((letter = getopt(count, arguments, "f")) != -1) {
        if (letter == '?')
            program_usage(1, help);
        canonical = true;
    }
    if (!arguments[optind])
        program_usage(1, help);
    for (char **at = arguments + optind; *at; at++) {
        ssize_t length = canonical ? -1 : readlink(*at, path, sizeof path - 1);
        if (length >= 0)
            path[length] = 0;
        if (canonical ? realpath(*at, path) != NULL : length >= 0)
            puts(path);
        else
            result = 1;
    }
    return program_end(result);
}

/* hostname: the machine's name. */
#include <err.h>
#include <limits.h>
#include <program.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char help[] = "hostname [NAME]\nShows the machine's name, or sets it.";

int main(int count, char **arguments)
{
    char name[HOST_NAME_MAX + 1];

    program_help(count, arguments, help);
    if (count > 2)
        program_usage(1, help);
    if (count == 2) {
        if (sethostname(arguments[1], strlen(arguments[1])))
            err(1, NULL);
        return 0;
    }
    if (gethostname(name, sizeof name))
        err(1, NULL);
    puts(name);
    return program_end(0);
}

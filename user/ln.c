/* ln: further names for files. */
#include <err.h>
#include <program.h>
#include <stdbool.h>
#include <unistd.h>

static const char help[] = "ln [-sf] TARGET... NAME\nMakes links, with -s symbolic ones; -f removes what has the name.";

static bool symbolic, force;

static int link_make(const char *target, const char *name)
{
    if (force)
        unlink(name);
    if (!(symbolic ? symlink(target, name) : link(target, name)))
        return 0;
    warn("failed to create %s link '%s'", symbolic ? "symbolic" : "hard", name);
    return 1;
}

int main(int count, char **arguments)
{
    int letter;

    program_help(count, arguments, help);
    while ((letter = getopt(count, arguments, "sfn")) != -1) {
        if (letter == '?')
            program_usage(1, help);
        symbolic |= letter == 's';
        force |= letter == 'f';
    }
    if (optind == count)
        program_usage(1, help);
    int targets = count - optind > 1 ? count - optind - 1 : 1;
    return program_each_target(arguments + optind, targets, targets < count - optind ? arguments[count - 1] : ".",
                               link_make);
}

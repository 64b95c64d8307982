/* ln: further names for files. */
#include <err.h>
#include <program.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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
    struct stat status;
    int letter, result = 0;

    program_help(count, arguments, help);
    while ((letter = getopt(count, arguments, "sfn")) != -1) {
        if (letter == '?')
            program_usage(1, help);
        symbolic |= letter == 's';
        force |= letter == 'f';
    }
    if (optind == count)
        program_usage(1, help);
    const char *last = count - optind > 1 ? arguments[count - 1] : ".";
    int end = count - optind > 1 ? count - 1 : count;
    if (stat(last, &status) || !S_ISDIR(status.st_mode)) {
        if (end - optind > 1)
            errx(1, "target '%s' is not a directory", last);
        return link_make(arguments[optind], last);
    }
    for (int i = optind; i < end; i++) {
        const char *slash = strrchr(arguments[i], '/');
        char *name;
        if (asprintf(&name, "%s/%s", last, slash ? slash + 1 : arguments[i]) < 0)
            err(1, NULL);
        result |= link_make(arguments[i], name);
        free(name);
    }
    return result;
}

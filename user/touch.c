/* touch: makes files, or sets their times to now. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <program.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

static const char help[] =
    "touch [-c] FILE...\nSets the times of files to now, and makes those that do not exist (not with -c).";

int main(int count, char **arguments)
{
    bool create = true;
    int letter, result = 0;

    program_help(count, arguments, help);
    while ((letter = getopt(count, arguments, "cam")) != -1) {
        if (letter == '?')
            program_usage(1, help);
        create &= letter != 'c';
    }
    if (!arguments[optind])
        program_usage(1, help);
    for (char **path = arguments + optind; *path; path++) {
        if (!utimensat(AT_FDCWD, *path, NULL, 0) || (!create && errno == ENOENT))
            continue;
        int made = errno == ENOENT ? open(*path, O_WRONLY | O_CREAT, 0666) : -1;
        if (made < 0) {
            warn("cannot touch '%s'", *path);
            result = 1;
        } else {
            close(made);
        }
    }
    return result;
}

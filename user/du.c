/* du: the room files take. */
#include <dirent.h>
#include <err.h>
#include <program.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char help[] =
    "du [-as] [PATH...]\nShows the room that directories take, in KB; -a: files too, -s: only the sums.";

static bool all, sums;
static int result;

/* Blocks of 512 bytes of a path and all that is below it. */
static unsigned long path_sum(const char *path, bool top)
{
    struct stat status;
    unsigned long sum = 0;

    if (lstat(path, &status)) {
        warn("cannot access '%s'", path);
        result = 1;
        return 0;
    }
    sum = (unsigned long)status.st_blocks;
    DIR *directory = S_ISDIR(status.st_mode) ? opendir(path) : NULL;
    for (struct dirent *entry; directory && (entry = readdir(directory));) {
        char *inner;
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        if (asprintf(&inner, "%s/%s", path, entry->d_name) < 0)
            err(1, NULL);
        sum += path_sum(inner, false);
        free(inner);
    }
    if (directory)
        closedir(directory);
    if (top || (!sums && (all || S_ISDIR(status.st_mode))))
        printf("%lu\t%s\n", (sum + 1) / 2, path);
    return sum;
}

int main(int count, char **arguments)
{
    static char here[] = ".";
    char *default_arguments[] = {here, NULL};
    int letter;

    program_help(count, arguments, help);
    while ((letter = getopt(count, arguments, "ask")) != -1) {
        if (letter == '?')
            program_usage(1, help);
        all |= letter == 'a';
        sums |= letter == 's';
    }
    for (char **path = arguments[optind] ? arguments + optind : default_arguments; *path; path++)
        path_sum(*path, true);
    return program_end(result);
}

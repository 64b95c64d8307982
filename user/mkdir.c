/* mkdir: makes directories. */
#include <err.h>
#include <errno.h>
#include <program.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char help[] = "mkdir [-p] [-m MODE] DIRECTORY...\nMakes directories; -p: with those above them, and "
                           "without complaint if they exist.";

/* The directories above a path. Returns 0, or -1 with errno. */
static int parents_make(char *path)
{
    for (char *at = path + 1; *at; at++) {
        if (*at != '/' || at[-1] == '/')
            continue;
        *at = 0;
        int failed = mkdir(path, 0777) && errno != EEXIST;
        *at = '/';
        if (failed)
            return -1;
    }
    return 0;
}

static bool directory_exists(const char *path)
{
    struct stat status;

    return !stat(path, &status) && S_ISDIR(status.st_mode);
}

int main(int count, char **arguments)
{
    mode_t mode = 0777;
    bool parents = false, has_mode = false;
    int letter, result = 0;

    program_help(count, arguments, help);
    while ((letter = getopt(count, arguments, "pm:")) != -1) {
        if (letter == '?')
            program_usage(1, help);
        parents |= letter == 'p';
        if (letter == 'm') {
            mode = (mode_t)strtoul(optarg, NULL, 8);
            has_mode = true;
        }
    }
    if (!arguments[optind])
        program_usage(1, help);
    for (char **path = arguments + optind; *path; path++) {
        if ((parents && parents_make(*path)) || mkdir(*path, mode)) {
            if (parents && errno == EEXIST && directory_exists(*path))
                continue;
            warn("cannot create directory '%s'", *path);
            result = 1;
        } else if (has_mode) {
            chmod(*path, mode);
        }
    }
    return result;
}

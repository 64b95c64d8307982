/* rm: removes files, and with -r whole trees. */
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <program.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char help[] =
    "rm [-fr] FILE...\nRemoves files; -r: directories with all that is in them; -f: what does not exist is no error.";

static bool force, recursive;

static int path_remove(const char *path);

static int problem(const char *path)
{
    if (force && errno == ENOENT)
        return 0;
    warn("cannot remove '%s'", path);
    return 1;
}

static int entry_wanted(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
}

/* The names are read before the first is removed, because removing may reorder a directory. */
static int contents_remove(const char *path)
{
    struct dirent **names;
    int result = 0, count = scandir(path, &names, entry_wanted, NULL);

    if (count < 0)
        return problem(path);
    for (int i = 0; i < count; i++) {
        char *inner;
        if (asprintf(&inner, "%s/%s", path, names[i]->d_name) < 0)
            err(1, NULL);
        result |= path_remove(inner);
        free(inner);
        free(names[i]);
    }
    free(names);
    return result;
}

static int path_remove(const char *path)
{
    struct stat status;

    if (lstat(path, &status))
        return problem(path);
    if (!S_ISDIR(status.st_mode))
        return unlink(path) ? problem(path) : 0;
    if (!recursive) {
        errno = EISDIR;
        return problem(path);
    }
    int result = contents_remove(path);
    return result ? result : rmdir(path) ? problem(path) : 0;
}

int main(int count, char **arguments)
{
    int letter, result = 0;

    program_help(count, arguments, help);
    while ((letter = getopt(count, arguments, "frRi")) != -1) {
        if (letter == '?')
            program_usage(1, help);
        force |= letter == 'f';
        recursive |= letter == 'r' || letter == 'R';
    }
    if (!arguments[optind] && !force)
        program_usage(1, help);
    for (char **path = arguments + optind; *path; path++)
        result |= path_remove(*path);
    return result;
}

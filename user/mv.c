/* mv: renames files; across file systems it copies and removes. */
#include <err.h>
#include <errno.h>
#include <program.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char help[] = "mv [-f] FROM... TO\nRenames a file, or moves files into a directory.";

static int program_run(const char *path, const char *option, const char *first, const char *second)
{
    int status;
    pid_t child = fork();

    if (!child) {
        execl(path, path, option, "--", first, second, (char *)NULL);
        err(127, "%s", path);
    }
    if (child < 0 || waitpid(child, &status, 0) < 0)
        err(1, NULL);
    return status != 0;
}

static int path_move(const char *from, const char *to)
{
    if (!rename(from, to))
        return 0;
    if (errno != EXDEV) {
        warn("cannot move '%s' to '%s'", from, to);
        return 1;
    }
    return program_run("/bin/cp", "-a", from, to) || program_run("/bin/rm", "-rf", from, NULL);
}

static int into_directory(const char *from, const char *directory)
{
    char *copy = strdup(from), *to;
    size_t length = copy ? strlen(copy) : 0;

    while (length > 1 && copy[length - 1] == '/')
        copy[--length] = 0;
    const char *slash = copy ? strrchr(copy, '/') : NULL;
    if (!copy || asprintf(&to, "%s/%s", directory, slash ? slash + 1 : copy) < 0)
        err(1, NULL);
    int result = path_move(from, to);
    free(copy);
    free(to);
    return result;
}

int main(int count, char **arguments)
{
    struct stat status;
    int letter, result = 0;

    program_help(count, arguments, help);
    while ((letter = getopt(count, arguments, "f")) != -1)
        if (letter == '?')
            program_usage(1, help);
    if (count - optind < 2)
        program_usage(1, help);
    const char *to = arguments[count - 1];
    bool directory = !stat(to, &status) && S_ISDIR(status.st_mode);
    if (count - optind > 2 && !directory)
        errx(1, "target '%s' is not a directory", to);
    for (int i = optind; i < count - 1; i++)
        result |= directory ? into_directory(arguments[i], to) : path_move(arguments[i], to);
    return result;
}

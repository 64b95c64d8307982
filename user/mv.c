/* mv: renames files; across file systems it copies and removes. */
#include <err.h>
#include <errno.h>
#include <program.h>
#include <stdio.h>
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

int main(int count, char **arguments)
{
    int letter;

    program_help(count, arguments, help);
    while ((letter = getopt(count, arguments, "f")) != -1)
        if (letter == '?')
            program_usage(1, help);
    if (count - optind < 2)
        program_usage(1, help);
    return program_each_target(arguments + optind, count - optind - 1, arguments[count - 1], path_move);
}

/* cat: files, one behind the other. */
#include <err.h>
#include <fcntl.h>
#include <program.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char help[] = "cat [FILE...]\nWrites the files, or standard input (also called -), to standard output.";

static int copy(int from, const char *name)
{
    static char buffer[65536];
    ssize_t length;

    while ((length = read(from, buffer, sizeof buffer)) > 0)
        for (ssize_t at = 0, done; at < length; at += done) {
            done = write(STDOUT_FILENO, buffer + at, (size_t)(length - at));
            if (done < 0)
                err(1, "write error");
        }
    if (length < 0)
        warn("%s", name);
    return length < 0;
}

int main(int count, char **arguments)
{
    static char input[] = "-";
    char *default_arguments[] = {input, NULL};
    int letter, result = 0;

    program_help(count, arguments, help);
    while ((letter = getopt(count, arguments, "u")) != -1)
        if (letter == '?')
            program_usage(1, help);
    for (char **name = arguments[optind] ? arguments + optind : default_arguments; *name; name++) {
        int from = strcmp(*name, "-") ? open(*name, O_RDONLY) : STDIN_FILENO;
        if (from < 0) {
            warn("%s", *name);
            result = 1;
            continue;
        }
        result |= copy(from, *name);
        if (from != STDIN_FILENO)
            close(from);
    }
    return result;
}

/* tee: what comes in goes to standard output and to files. */
#include <err.h>
#include <fcntl.h>
#include <program.h>
#include <stdlib.h>
#include <unistd.h>

static const char help[] =
    "tee [-a] [FILE...]\nCopies standard input to standard output and to files; -a: behind what they hold.";

static int write_all(int to, const char *from, ssize_t length)
{
    for (ssize_t done; length; from += done, length -= done) {
        done = write(to, from, (size_t)length);
        if (done < 0)
            return -1;
    }
    return 0;
}

int main(int count, char **arguments)
{
    static char buffer[65536];
    int letter, result = 0, mode = O_TRUNC, outputs = 1;
    ssize_t length;

    program_help(count, arguments, help);
    while ((letter = getopt(count, arguments, "a")) != -1) {
        if (letter == '?')
            program_usage(1, help);
        mode = O_APPEND;
    }
    int *files = calloc((size_t)count + 1, sizeof *files);
    if (!files)
        err(1, NULL);
    files[0] = STDOUT_FILENO;
    for (; arguments[optind]; optind++) {
        files[outputs] = open(arguments[optind], O_WRONLY | O_CREAT | mode, 0666);
        if (files[outputs] >= 0) {
            outputs++;
            continue;
        }
        warn("%s", arguments[optind]);
        result = 1;
    }
    while ((length = read(STDIN_FILENO, buffer, sizeof buffer)) > 0)
        for (int i = 0; i < outputs; i++)
            if (files[i] >= 0 && write_all(files[i], buffer, length)) {
                warn("write error");
                files[i] = -1;
                result = 1;
            }
    return result;
}

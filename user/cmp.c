/* cmp: whether two files are the same. */
#include <err.h>
#include <program.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
    "cmp [-s] FILE1 FILE2\nShows where two files first differ, if they do; -s: only by the status.\n"
    "Exit status: 0 if they are the same, 1 if they differ, 2 after an error.";

int main(int count, char **arguments)
{
    bool silent = false;
    FILE *files[2];
    unsigned long byte = 1, line = 1;
    int letter, a, b;

    program_help(count, arguments, help);
    while ((letter = getopt(count, arguments, "s")) != -1) {
        if (letter == '?')
            program_usage(2, help);
        silent = true;
    }
    if (count - optind != 2)
        program_usage(2, help);
    char **names = arguments + optind;
    for (int i = 0; i < 2; i++) {
        files[i] = strcmp(names[i], "-") ? fopen(names[i], "r") : stdin;
        if (!files[i])
            err(2, "%s", names[i]);
    }
    while ((a = getc(files[0])) == (b = getc(files[1])) && a != EOF) {
        byte++;
        line += a == '\n';
    }
    if (a == b)
        return 0;
    if (!silent && (a == EOF || b == EOF))
        fprintf(stderr, "cmp: EOF on %s after byte %lu, line %lu\n", names[a != EOF], byte - 1, line - 1);
    else if (!silent)
        printf("%s %s differ: char %lu, line %lu\n", names[0], names[1], byte, line);
    return program_end(1);
}

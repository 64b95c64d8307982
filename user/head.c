/* head: the beginning of files. */
#include <program.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char help[] = "head [-n LINES | -c BYTES] [FILE...]\nWrites the first lines (10) or bytes of files.";

static long amount = 10;
static bool lines = true;

static void copy(FILE *file, bool last)
{
    int character;

    (void)last;
    for (long left = amount; left > 0 && (character = getc(file)) != EOF; left -= !lines || character == '\n')
        putchar(character);
}

int main(int count, char **arguments)
{
    int letter;

    program_help(count, arguments, help);
    if (count > 1 && arguments[1][0] == '-' && arguments[1][1] >= '0' && arguments[1][1] <= '9') {
        amount = atol(arguments[1] + 1);
        optind = 2;
    }
    while ((letter = getopt(count, arguments, "n:c:")) != -1) {
        if (letter == '?')
            program_usage(1, help);
        lines = letter == 'n';
        amount = atol(optarg);
    }
    return program_end(program_each_file(arguments + optind, copy));
}

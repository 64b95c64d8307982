/* head: the beginning of files. */
#include <err.h>
#include <program.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] = "head [-n LINES | -c BYTES] [FILE...]\nWrites the first lines (10) or bytes of files.";

static void copy(FILE *file, long left, bool lines)
{
    int character;

    while (left > 0 && (character = getc(file)) != EOF) {
        putchar(character);
        left -= !lines || character == '\n';
    }
}

int main(int count, char **arguments)
{
    static char input[] = "-";
    char *default_arguments[] = {input, NULL};
    long left = 10;
    bool lines = true, first = true;
    int letter, result = 0;

    program_help(count, arguments, help);
    if (count > 1 && arguments[1][0] == '-' && arguments[1][1] >= '0' && arguments[1][1] <= '9') {
        left = atol(arguments[1] + 1);
        optind = 2;
    }
    while ((letter = getopt(count, arguments, "n:c:")) != -1) {
        if (letter == '?')
            program_usage(1, help);
        lines = letter == 'n';
        left = atol(optarg);
    }
    char **names = arguments[optind] ? arguments + optind : default_arguments;
    bool several = names[0] && names[1];
    for (; *names; names++) {
        FILE *file = strcmp(*names, "-") ? fopen(*names, "r") : stdin;
        if (!file) {
            warn("cannot open '%s' for reading", *names);
            result = 1;
            continue;
        }
        if (several)
            printf("%s==> %s <==\n", first ? "" : "\n", file == stdin ? "standard input" : *names);
        first = false;
        copy(file, left, lines);
        if (file != stdin)
            fclose(file);
    }
    return program_end(result);
}

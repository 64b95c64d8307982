/* seq: numbers in a row. */
#include <err.h>
#include <program.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
    "seq [-s SEPARATOR] [FIRST [STEP]] LAST\nWrites the integers from FIRST (1) to LAST, STEP (1) apart.";

static long number(const char *text)
{
    char *end;
    long value = strtol(text, &end, 10);

    if (end == text || *end)
        errx(1, "invalid number '%s'", text);
    return value;
}

int main(int count, char **arguments)
{
    const char *separator = "\n", *before = "";
    int at = 1;

    program_help(count, arguments, help);
    if (count > 2 && !strcmp(arguments[1], "-s")) {
        separator = arguments[2];
        at = 3;
    }
    int given = count - at;
    if (given < 1 || given > 3)
        program_usage(1, help);
    long first = given > 1 ? number(arguments[at]) : 1, step = given > 2 ? number(arguments[at + 1]) : 1;
    long last = number(arguments[count - 1]);
    if (!step)
        errx(1, "the step must not be 0");
    for (long value = first; step > 0 ? value <= last : value >= last; value += step) {
        printf("%s%ld", before, value);
        before = separator;
    }
    if (*before)
        putchar('\n');
    return program_end(0);
}

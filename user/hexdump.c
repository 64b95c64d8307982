/* hexdump: bytes as numbers and characters. */
#include <ctype.h>
#include <err.h>
#include <program.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] = "hexdump [-v] [-s SKIP] [-n LENGTH] [FILE...]\n"
                           "Shows bytes in sixteens, with their characters; -v: repeated lines too, not as *.";

enum { LINE = 16 };

static void line_print(unsigned long offset, const unsigned char *bytes, size_t length)
{
    printf("%.8lx ", offset);
    for (size_t i = 0; i < LINE; i++) {
        if (i < length)
            printf("%s %.2x", i == LINE / 2 ? " " : "", bytes[i]);
        else
            printf("%s   ", i == LINE / 2 ? " " : "");
    }
    fputs("  |", stdout);
    for (size_t i = 0; i < length; i++)
        putchar(isprint(bytes[i]) ? bytes[i] : '.');
    puts("|");
}

static void dump(FILE *file, unsigned long offset, unsigned long left, bool verbose)
{
    unsigned char bytes[LINE], previous[LINE];
    bool first = true, starred = false;
    size_t length;

    while (left && (length = fread(bytes, 1, left < LINE ? left : LINE, file))) {
        bool same = !first && length == LINE && !memcmp(bytes, previous, LINE) && !verbose;
        if (!same)
            line_print(offset, bytes, length);
        else if (!starred)
            puts("*");
        starred = same;
        first = false;
        memcpy(previous, bytes, LINE);
        offset += length;
        left -= length;
    }
    if (!first)
        printf("%.8lx\n", offset);
}

int main(int count, char **arguments)
{
    unsigned long skip = 0, left = ~0UL;
    bool verbose = false;
    int letter, result = 0;

    program_help(count, arguments, help);
    while ((letter = getopt(count, arguments, "Cvs:n:")) != -1) {
        if (letter == '?')
            program_usage(1, help);
        verbose |= letter == 'v';
        if (letter == 's')
            skip = strtoul(optarg, NULL, 0);
        if (letter == 'n')
            left = strtoul(optarg, NULL, 0);
    }
    for (bool once = !arguments[optind]; once || arguments[optind]; optind++) {
        FILE *file = once ? stdin : fopen(arguments[optind], "r");
        if (!file) {
            warn("%s", arguments[optind]);
            result = 1;
            continue;
        }
        if (skip && fseek(file, (long)skip, SEEK_SET))
            for (unsigned long i = 0; i < skip && getc(file) != EOF; i++)
                ;
        dump(file, skip, left, verbose);
        if (once)
            break;
        fclose(file);
    }
    return program_end(result);
}

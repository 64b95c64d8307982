/* cut: columns or fields of lines. */
#include <err.h>
#include <limits.h>
#include <program.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] = "cut -c LIST | -f LIST [-d CHARACTER] [-s] [FILE...]\n"
                           "Writes the characters or fields of each line that LIST names, such as 1,3-5,7-.";

static const char *list;
static bool fields, only_delimited;
static char delimiter = '\t';

static bool listed(long place)
{
    for (const char *at = list; *at;) {
        char *end;
        long first = *at == '-' ? 1 : strtol(at, &end, 10), last = first;
        if (*at == '-')
            end = (char *)at;
        if (*end == '-') {
            at = end + 1;
            last = *at >= '0' && *at <= '9' ? strtol(at, &end, 10) : LONG_MAX;
            end = last == LONG_MAX ? (char *)at : end;
        }
        if (place >= first && place <= last)
            return true;
        at = *end == ',' ? end + 1 : end + strlen(end);
    }
    return false;
}

static void characters_cut(const char *line)
{
    for (long place = 1; *line; line++, place++)
        if (listed(place))
            putchar(*line);
    putchar('\n');
}

static void fields_cut(const char *line)
{
    bool any = false;

    if (!strchr(line, delimiter)) {
        if (!only_delimited)
            puts(line);
        return;
    }
    for (long place = 1; line; place++) {
        const char *end = strchrnul(line, delimiter);
        if (listed(place)) {
            printf("%s%.*s", any ? (char[]){delimiter, 0} : "", (int)(end - line), line);
            any = true;
        }
        line = *end ? end + 1 : NULL;
    }
    putchar('\n');
}

static void file_cut(FILE *file)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t length;

    while ((length = getline(&line, &size, file)) > 0) {
        if (line[length - 1] == '\n')
            line[length - 1] = 0;
        if (fields)
            fields_cut(line);
        else
            characters_cut(line);
    }
    free(line);
}

int main(int count, char **arguments)
{
    static char input[] = "-";
    char *default_arguments[] = {input, NULL};
    int letter, result = 0;

    program_help(count, arguments, help);
    while ((letter = getopt(count, arguments, "b:c:f:d:s")) != -1) {
        if (letter == '?')
            program_usage(1, help);
        if (letter == 'd')
            delimiter = *optarg;
        else if (letter == 's')
            only_delimited = true;
        else {
            list = optarg;
            fields = letter == 'f';
        }
    }
    if (!list)
        program_usage(1, help);
    for (char **name = arguments[optind] ? arguments + optind : default_arguments; *name; name++) {
        FILE *file = strcmp(*name, "-") ? fopen(*name, "r") : stdin;
        if (!file) {
            warn("%s", *name);
            result = 1;
            continue;
        }
        file_cut(file);
        if (file != stdin)
            fclose(file);
    }
    return program_end(result);
}

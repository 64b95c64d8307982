/* sort: lines in order. */
#include <ctype.h>
#include <err.h>
#include <program.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static const char help[] =
    "sort [-bfnru] [-k FIELD[,FIELD]] [-t CHARACTER] [-o OUTPUT] [FILE...]\n"
    "Writes the lines of files in order; -n by number, -f without case, -r reversed, -u each once,\n"
    "-b without leading blanks, -k by fields, which -t separates (else blanks do).\n"
    "Exit status: 0, or 2 after an error.";

struct lines {
    char **list;
    size_t count, size;
};

static bool blanks, fold, numeric, reverse, unique;
static long first_field, last_field; /* counted from 1; 0: none */
static char separator;

/* The end of the field at text, with the separator that follows if `with` is set. */
static const char *field_end(const char *text, bool with)
{
    if (separator) {
        text = strchrnul(text, separator);
        return *text && with ? text + 1 : text;
    }
    while (isblank((unsigned char)*text))
        text++;
    while (*text && !isblank((unsigned char)*text))
        text++;
    return text;
}

struct key {
    const char *start;
    size_t length;
};

static struct key key_of(const char *line)
{
    struct key key = {line, 0};

    for (long i = 1; i < first_field; i++)
        key.start = field_end(key.start, true);
    const char *end = key.start;
    if (last_field)
        for (long i = first_field; i <= last_field; i++)
            end = field_end(separator && i > first_field ? end + (*end == separator) : end, false);
    else
        end = key.start + strlen(key.start);
    while (blanks && key.start < end && isblank((unsigned char)*key.start))
        key.start++;
    key.length = (size_t)(end - key.start);
    return key;
}

static int numbers_compare(const struct key *a, const struct key *b)
{
    double x = strtod(a->start, NULL), y = strtod(b->start, NULL);

    return (x > y) - (x < y);
}

static int keys_compare(const char *left, const char *right)
{
    struct key a = key_of(left), b = key_of(right);

    if (numeric)
        return numbers_compare(&a, &b);
    size_t common = a.length < b.length ? a.length : b.length;
    int order = fold ? strncasecmp(a.start, b.start, common) : memcmp(a.start, b.start, common);
    return order ? order : (a.length > b.length) - (a.length < b.length);
}

/* Equal keys are told apart by the whole line, unless one of them is to go. */
static int lines_compare(const void *left, const void *right)
{
    const char *a = *(char *const *)left, *b = *(char *const *)right;
    int order = keys_compare(a, b);

    if (!order && !unique)
        order = strcmp(a, b);
    return reverse ? -order : order;
}

static void lines_read(struct lines *lines, FILE *file)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t length;

    while ((length = getline(&line, &size, file)) > 0) {
        if (line[length - 1] == '\n')
            line[length - 1] = 0;
        if (lines->count == lines->size) {
            lines->size = lines->size * 2 + 64;
            lines->list = reallocarray(lines->list, lines->size, sizeof *lines->list);
        }
        if (!lines->list || !(lines->list[lines->count++] = strdup(line)))
            err(2, NULL);
    }
    free(line);
}

static void option_set(int letter, const char **output)
{
    switch (letter) {
    case 'b':
        blanks = true;
        break;
    case 'f':
        fold = true;
        break;
    case 'n':
        numeric = true;
        break;
    case 'r':
        reverse = true;
        break;
    case 'u':
        unique = true;
        break;
    case 't':
        separator = *optarg;
        break;
    case 'o':
        *output = optarg;
        break;
    case 'k': {
        char *end;
        first_field = strtol(optarg, &end, 10);
        end += strspn(end, ".0123456789");
        for (; *end && *end != ','; end++)
            option_set(*end, output);
        last_field = *end ? atol(end + 1) : 0;
        break;
    }
    default:
        program_usage(2, help);
    }
}

int main(int count, char **arguments)
{
    static char input[] = "-";
    char *default_arguments[] = {input, NULL};
    const char *output = NULL;
    struct lines lines = {0};
    int letter;

    program_help(count, arguments, help);
    while ((letter = getopt(count, arguments, "bfnruk:t:o:")) != -1)
        option_set(letter, &output);
    for (char **name = arguments[optind] ? arguments + optind : default_arguments; *name; name++) {
        FILE *file = strcmp(*name, "-") ? fopen(*name, "r") : stdin;
        if (!file)
            err(2, "cannot read: %s", *name);
        lines_read(&lines, file);
        if (file != stdin)
            fclose(file);
    }
    qsort(lines.list, lines.count, sizeof *lines.list, lines_compare);
    if (output && !freopen(output, "w", stdout))
        err(2, "%s", output);
    for (size_t i = 0; i < lines.count; i++)
        if (!i || !unique || keys_compare(lines.list[i - 1], lines.list[i]))
            puts(lines.list[i]);
    return program_end(0);
}

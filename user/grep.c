/* grep: the lines that match a pattern.  The pattern language is POSIX's basic one without back-references: . [set] * ^ $ \ . */
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
    "grep [-cEFhHilLnoqsvx] [-e] PATTERN [FILE...]\n"
    "Writes the lines that match; -v those that do not, -i without case, -F a plain string, -x whole lines only,\n"
    "-c how many, -l -L names of files with and without, -n line numbers, -o matches only, -q only the status.\n"
    "Exit status: 0 if a line matched, 1 if none did, 2 after an error.";

static bool counts, fixed, fold, invert, names_with, names_without, numbers, only, quiet, silent, whole;
static int show_names = -1;
static const char *pattern;
static bool found_any, failed;

static char folded(char character)
{
    return fold ? (char)tolower((unsigned char)character) : character;
}

/* The end of the set behind '[': its closing bracket. */
static const char *set_end(const char *set)
{
    set += *set == '^';
    set += *set == ']';
    while (*set && *set != ']') {
        const char *close = *set == '[' && set[1] == ':' ? strstr(set, ":]") : NULL;
        set = close ? close + 2 : set + 1;
    }
    return set;
}

static bool class_has(const char *name, size_t length, char character)
{
    static const struct {
        const char *name;
        int (*has)(int);
    } classes[] = {{"alpha", isalpha}, {"digit", isdigit},  {"alnum", isalnum}, {"upper", isupper},
                   {"lower", islower}, {"space", isspace},  {"blank", isblank}, {"punct", ispunct},
                   {"print", isprint}, {"xdigit", isxdigit}};

    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        if (strlen(classes[i].name) == length && !memcmp(classes[i].name, name, length))
            return classes[i].has((unsigned char)character);
    return false;
}

static bool set_has(const char *at, const char *end, char character)
{
    bool inverted = *at == '^', found = false;

    for (at += inverted; at < end; at++) {
        const char *close = *at == '[' && at[1] == ':' ? strstr(at, ":]") : NULL;
        if (close) {
            found |= class_has(at + 2, (size_t)(close - at - 2), character);
            at = close + 1;
        } else if (at[1] == '-' && at + 2 < end) {
            found |= folded(character) >= folded(*at) && folded(character) <= folded(at[2]);
            at += 2;
        } else {
            found |= folded(*at) == folded(character);
        }
    }
    return found != inverted;
}

/* Length of the element at the beginning of the expression: a character, an escape, a set. */
static size_t element_length(const char *expression)
{
    if (*expression == '\\' && expression[1])
        return 2;
    if (*expression != '[')
        return 1;
    const char *end = set_end(expression + 1);
    return (size_t)(end - expression) + (*end == ']');
}

static bool element_matches(const char *expression, size_t length, char character)
{
    if (!character)
        return false;
    if (*expression == '.')
        return true;
    if (*expression == '[' && length > 1)
        return set_has(expression + 1, expression + length - 1, character);
    if (*expression == '\\' && length == 2)
        expression++;
    return folded(*expression) == folded(character);
}

/* The end of the longest match of the expression at text, or NULL. */
static const char *match_here(const char *expression, const char *text)
{
    if (!*expression)
        return text;
    if (*expression == '$' && !expression[1])
        return *text ? NULL : text;
    size_t length = element_length(expression);
    if (expression[length] != '*')
        return element_matches(expression, length, *text) ? match_here(expression + length, text + 1) : NULL;
    const char *last = text;
    while (element_matches(expression, length, *last))
        last++;
    for (; last >= text; last--) {
        const char *end = match_here(expression + length + 1, last);
        if (end)
            return end;
    }
    return NULL;
}

static const char *match_fixed(const char *expression, const char *text)
{
    size_t length = strlen(expression);

    return (fold ? strncasecmp : strncmp)(expression, text, length) ? NULL : text + length;
}

/* The first match of one expression in the line; *end is set. */
static const char *expression_find(const char *expression, const char *line, const char *from, const char **end)
{
    bool anchored = !fixed && *expression == '^';

    for (const char *at = from;; at++) {
        if (!anchored || at == line) {
            *end = fixed ? match_fixed(expression, at) : match_here(expression + anchored, at);
            if (*end && (!whole || (at == line && !**end)))
                return at;
        }
        if (!*at)
            return NULL;
    }
}

/* The pattern may be several expressions, one to the line. */
static const char *line_find(const char *line, const char *from, const char **end)
{
    const char *best = NULL, *best_end = NULL;
    char *copy = strdup(pattern), *rest = copy;

    for (char *expression; (expression = strsep(&rest, "\n"));) {
        const char *at = expression_find(expression, line, from, end);
        if (at && (!best || at < best || (at == best && *end > best_end))) {
            best = at;
            best_end = *end;
        }
    }
    free(copy);
    *end = best_end;
    return best;
}

static void prefix_print(const char *name, unsigned long number)
{
    if (show_names)
        printf("%s:", name);
    if (numbers)
        printf("%lu:", number);
}

static void matches_print(const char *name, unsigned long number, const char *line)
{
    const char *end, *at = line;

    while ((at = line_find(line, at, &end))) {
        if (end > at) {
            prefix_print(name, number);
            printf("%.*s\n", (int)(end - at), at);
        }
        at = end > at ? end : at + 1;
        if (at > line + strlen(line))
            break;
    }
}

static void file_search(FILE *file, const char *name)
{
    unsigned long number = 0, count = 0;
    char *line = NULL;
    size_t size = 0;
    ssize_t length;
    const char *end;

    while ((length = getline(&line, &size, file)) > 0) {
        number++;
        if (line[length - 1] == '\n')
            line[length - 1] = 0;
        if (!line_find(line, line, &end) != invert)
            continue;
        found_any = true;
        count++;
        if (quiet || names_with || names_without)
            break;
        if (counts)
            continue;
        if (only && !invert) {
            matches_print(name, number, line);
        } else if (!only) {
            prefix_print(name, number);
            puts(line);
        }
    }
    free(line);
    if (counts && show_names)
        printf("%s:", name);
    if (counts)
        printf("%lu\n", count);
    if ((names_with && count) || (names_without && !count))
        puts(name);
}

static void option_set(int letter)
{
    switch (letter) {
    case 'c':
        counts = true;
        break;
    case 'F':
        fixed = true;
        break;
    case 'h':
        show_names = 0;
        break;
    case 'H':
        show_names = 1;
        break;
    case 'i':
        fold = true;
        break;
    case 'l':
        names_with = true;
        break;
    case 'L':
        names_without = true;
        break;
    case 'n':
        numbers = true;
        break;
    case 'o':
        only = true;
        break;
    case 'q':
        quiet = true;
        break;
    case 's':
        silent = true;
        break;
    case 'v':
        invert = true;
        break;
    case 'x':
        whole = true;
        break;
    case 'e':
        pattern = optarg;
        break;
    case '?':
        program_usage(2, help);
    default:
        break;
    }
}

int main(int count, char **arguments)
{
    static char input[] = "-";
    char *default_arguments[] = {input, NULL};
    int letter;

    program_help(count, arguments, help);
    while ((letter = getopt(count, arguments, "cEFhHilLnoqsvxe:")) != -1)
        option_set(letter);
    if (!pattern)
        pattern = arguments[optind] ? arguments[optind++] : NULL;
    if (!pattern)
        program_usage(2, help);
    char **names = arguments[optind] ? arguments + optind : default_arguments;
    if (show_names < 0)
        show_names = names[1] != NULL;
    for (; *names; names++) {
        FILE *file = strcmp(*names, "-") ? fopen(*names, "r") : stdin;
        if (!file) {
            failed = true;
            fflush(stdout);
            if (!silent)
                warn("%s", *names);
            continue;
        }
        file_search(file, file == stdin ? "(standard input)" : *names);
        if (file != stdin)
            fclose(file);
    }
    int status = program_end(0);
    return status || (failed && !(quiet && found_any)) ? 2 : !found_any;
}

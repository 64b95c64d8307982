/* tr: replaces or removes characters. */
#include <ctype.h>
#include <err.h>
#include <program.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
    "tr [-cds] FROM [TO]\n"
    "Copies standard input with the characters of FROM replaced by those of TO; -d: without them,\n"
    "-s: runs of the same one once, -c: all but those of FROM. a-z and [:class:] are understood.";

enum { BYTES = 256, SET_SIZE = 1024 };

struct set {
    unsigned char list[SET_SIZE];
    size_t count;
};

static void set_add(struct set *set, int byte)
{
    if (set->count < SET_SIZE)
        set->list[set->count++] = (unsigned char)byte;
}

static bool class_add(struct set *set, const char **at)
{
    static const struct {
        const char *name;
        int (*has)(int);
    } classes[] = {{"[:alpha:]", isalpha}, {"[:digit:]", isdigit}, {"[:alnum:]", isalnum}, {"[:upper:]", isupper},
                   {"[:lower:]", islower}, {"[:space:]", isspace}, {"[:blank:]", isblank}, {"[:punct:]", ispunct},
                   {"[:print:]", isprint}, {"[:cntrl:]", iscntrl}};

    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        size_t length = strlen(classes[i].name);
        if (strncmp(*at, classes[i].name, length))
            continue;
        for (int byte = 0; byte < BYTES; byte++)
            if (classes[i].has(byte))
                set_add(set, byte);
        *at += length;
        return true;
    }
    return false;
}

static int byte_parse(const char **at)
{
    static const char letters[] = "abfnrtv\\", values[] = "\a\b\f\n\r\t\v\\";
    int byte = (unsigned char)*(*at)++;

    if (byte != '\\' || !**at)
        return byte;
    if (**at >= '0' && **at <= '7') {
        for (byte = 0; **at >= '0' && **at <= '7' && byte < 32; ++*at)
            byte = byte * 8 + **at - '0';
        return byte;
    }
    const char *found = strchr(letters, *(*at)++);
    return found ? values[found - letters] : (unsigned char)(*at)[-1];
}

static struct set set_parse(const char *text)
{
    struct set set = {.count = 0};

    while (*text) {
        if (class_add(&set, &text))
            continue;
        int first = byte_parse(&text), last = first;
        if (*text == '-' && text[1]) {
            text++;
            last = byte_parse(&text);
        }
        for (; first <= last; first++)
            set_add(&set, first);
    }
    return set;
}

static struct set set_complement(const struct set *set)
{
    bool has[BYTES] = {false};
    struct set result = {.count = 0};

    for (size_t i = 0; i < set->count; i++)
        has[set->list[i]] = true;
    for (int byte = 0; byte < BYTES; byte++)
        if (!has[byte])
            set_add(&result, byte);
    return result;
}

int main(int count, char **arguments)
{
    bool complement = false, delete = false, squeeze = false, in_from[BYTES] = {false}, in_last[BYTES] = {false};
    unsigned char map[BYTES];
    int letter, previous = EOF, byte;

    program_help(count, arguments, help);
    while ((letter = getopt(count, arguments, "cCds")) != -1) {
        if (letter == '?')
            program_usage(1, help);
        complement |= letter == 'c' || letter == 'C';
        delete |= letter == 'd';
        squeeze |= letter == 's';
    }
    if (!arguments[optind] || (!arguments[optind + 1] && !delete &&!squeeze))
        program_usage(1, help);
    struct set from = set_parse(arguments[optind]), to = set_parse(arguments[optind + 1] ? arguments[optind + 1] : "");
    if (complement)
        from = set_complement(&from);
    for (int i = 0; i < BYTES; i++)
        map[i] = (unsigned char)i;
    for (size_t i = 0; i < from.count; i++) {
        in_from[from.list[i]] = true;
        if (to.count && !delete)
            map[from.list[i]] = to.list[i < to.count ? i : to.count - 1];
    }
    const struct set *last = to.count ? &to : &from;
    for (size_t i = 0; i < last->count; i++)
        in_last[last->list[i]] = true;
    while ((byte = getchar()) != EOF) {
        if (delete &&in_from[byte])
            continue;
        byte = map[byte];
        if (!squeeze || !in_last[byte] || byte != previous)
            putchar(byte);
        previous = byte;
    }
    return program_end(0);
}

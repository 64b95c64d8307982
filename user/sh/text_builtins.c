/* printf and read. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sh.h"

struct printer {
    char **arguments; /* the next one */
    bool stopped;     /* \c */
    int status;
};

static const char *argument_take(struct printer *printer)
{
    return *printer->arguments ? *printer->arguments++ : NULL;
}

static int octal_read(const char **at, int digits)
{
    int value = 0;

    for (; digits-- && **at >= '0' && **at <= '7'; ++*at)
        value = value * 8 + (**at - '0');
    return value;
}

/* Prints the escape behind a backslash; *at is left on what follows it. In %b octal numbers begin with a zero. */
static void escape_print(struct printer *printer, const char **at, bool argument)
{
    static const char letters[] = "abfnrtv\\", values[] = "\a\b\f\n\r\t\v\\";
    const char *found = **at ? strchr(letters, **at) : NULL;

    if (found) {
        putchar(values[found - letters]);
        ++*at;
    } else if (**at == 'c' && argument) {
        printer->stopped = true;
    } else if (**at >= '0' && **at <= '7') {
        if (argument && **at == '0')
            ++*at;
        putchar(octal_read(at, 3));
    } else {
        putchar('\\');
    }
}

static void escaped_print(struct printer *printer, const char *text)
{
    while (*text && !printer->stopped)
        if (*text == '\\') {
            text++;
            escape_print(printer, &text, true);
        } else {
            putchar(*text++);
        }
}

/* 'x is the character's code. A number that does not fit becomes the nearest that does. */
static long number_of(struct printer *printer, const char *text, bool is_signed)
{
    char *end;

    if (!text)
        return 0;
    if (*text == '\'' || *text == '"')
        return (unsigned char)text[1];
    errno = 0;
    long value = is_signed || *text == '-' ? strtol(text, &end, 0) : (long)strtoul(text, &end, 0);
    if (end == text || *end || errno)
        printer->status = complain("printf: %s: %s", text,
                                   end == text ? "expected numeric value" : "not completely converted");
    return value;
}

/* The number that a * stands for. A precision below zero is none. */
static void star_put(struct text *format, long value)
{
    char number[24];

    if (value < 0 && format->data[format->length - 1] == '.') {
        format->data[--format->length] = 0;
        return;
    }
    snprintf(number, sizeof number, "%ld", value);
    text_append(format, number, strlen(number));
}

/* One % specification; returns what follows it. */
static const char *specification_print(struct printer *printer, const char *at)
{
    struct text format = {0};
    char conversion;

    if (*at == '%') {
        putchar('%');
        return at + 1;
    }
    text_add(&format, '%');
    for (; *at && strchr("-+ #0123456789.*", *at); at++) {
        if (*at == '*')
            star_put(&format, number_of(printer, argument_take(printer), true));
        else
            text_add(&format, *at);
    }
    conversion = *at;
    if (conversion && strchr("diouxX", conversion)) {
        text_add(&format, 'l');
        text_add(&format, conversion);
        printf(format.data, number_of(printer, argument_take(printer), conversion == 'd' || conversion == 'i'));
    } else if (conversion && strchr("aeEfFgG", conversion)) {
        const char *text = argument_take(printer);
        text_add(&format, conversion);
        printf(format.data, text ? strtod(text, NULL) : 0.0);
    } else if (conversion == 'c') {
        const char *text = argument_take(printer);
        if (text && *text)
            putchar(*text);
    } else if (conversion == 's') {
        const char *text = argument_take(printer);
        text_add(&format, 's');
        printf(format.data, text ? text : "");
    } else if (conversion == 'b') {
        const char *text = argument_take(printer);
        escaped_print(printer, text ? text : "");
    } else {
        printer->status = complain("printf: %%%c: bad conversion", conversion);
        printer->stopped = true;
    }
    free(format.data);
    return conversion ? at + 1 : at;
}

/* The format is used again as long as it takes arguments. */
int builtin_printf(char **arguments)
{
    struct printer printer = {0};
    char **before;

    if (arguments[1] && !strcmp(arguments[1], "--"))
        arguments++;
    if (!arguments[1])
        return complain("printf: usage: printf FORMAT [ARGUMENT...]") + 1;
    printer.arguments = arguments + 2;
    do {
        before = printer.arguments;
        for (const char *at = arguments[1]; *at && !printer.stopped;) {
            if (*at == '%') {
                at = specification_print(&printer, at + 1);
            } else if (*at == '\\') {
                at++;
                escape_print(&printer, &at, false);
            } else {
                putchar(*at++);
            }
        }
    } while (*printer.arguments && printer.arguments != before && !printer.stopped);
    return printer.status;
}

/* One line from standard input, byte by byte: what follows belongs to other commands. False at the end. */
static bool line_read(struct text *line, struct text *marks, bool raw)
{
    char byte;
    bool quoted = false;

    for (;;) {
        ssize_t length = read(STDIN_FILENO, &byte, 1);
        if (length < 0 && errno == EINTR) {
            traps_run();
            if (shell.jump)
                return false;
            continue;
        }
        if (length <= 0)
            return false;
        if (quoted && byte == '\n') {
            quoted = false;
            continue;
        }
        if (byte == '\n' && !quoted)
            return true;
        if (byte == '\\' && !raw && !quoted) {
            quoted = true;
            continue;
        }
        text_add(line, byte);
        text_add(marks, quoted ? 'q' : '.');
        quoted = false;
    }
}

static bool separates(const struct text *line, const struct text *marks, size_t i, const char *separators)
{
    return marks->data[i] == '.' && strchr(separators, line->data[i]);
}

static bool space_separates(const struct text *line, const struct text *marks, size_t i, const char *separators)
{
    return separates(line, marks, i, separators) && isspace((unsigned char)line->data[i]);
}

/* Whether there is no separator, so that one behind it only ends it. */
static bool is_field(const struct text *line, const struct text *marks, size_t from, size_t to, const char *separators)
{
    while (from < to && !separates(line, marks, from, separators))
        from++;
    while (from < to && space_separates(line, marks, from, separators))
        from++;
    return from == to;
}

/* The next field from *at; the last variable gets everything that is left. */
static char *field_take(const struct text *line, const struct text *marks, size_t *at, bool last,
                        const char *separators)
{
    size_t i = *at, start, end;

    while (i < line->length && space_separates(line, marks, i, separators))
        i++;
    start = i;
    while (i < line->length && (last || !separates(line, marks, i, separators)))
        i++;
    end = i;
    while (last && end > start && space_separates(line, marks, end - 1, separators))
        end--;
    if (last && end > start && separates(line, marks, end - 1, separators) &&
        is_field(line, marks, start, end - 1, separators))
        end--;
    while (last && end > start && space_separates(line, marks, end - 1, separators))
        end--;
    while (i < line->length && space_separates(line, marks, i, separators))
        i++;
    if (!last && i < line->length && separates(line, marks, i, separators))
        i++;
    *at = i;
    return arena_text(line->data ? line->data + start : "", end - start);
}

int builtin_read(char **arguments)
{
    struct text line = {0}, marks = {0};
    const char *separators = variable_get("IFS");
    bool raw = false;
    size_t at = 0;
    int i = 1;

    for (; arguments[i] && arguments[i][0] == '-'; i++) {
        if (!strcmp(arguments[i], "-r"))
            raw = true;
        else if (!strcmp(arguments[i], "-p") && arguments[i + 1])
            fputs(arguments[++i], stderr);
        else
            return complain("read: %s: bad option", arguments[i]) + 1;
    }
    if (!arguments[i])
        return complain("read: usage: read [-r] [-p PROMPT] NAME...") + 1;
    fflush(stdout);
    separators = separators ? arena_text(separators, strlen(separators)) : " \t\n"; /* a trap, or this, may set IFS */
    bool ended = !line_read(&line, &marks, raw);
    int status = ended;
    for (; arguments[i]; i++)
        status |= variable_set(arguments[i], field_take(&line, &marks, &at, !arguments[i + 1], separators));
    free(line.data);
    free(marks.data);
    return status;
}

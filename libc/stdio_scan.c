/*
 * The scanf family.  Characters come from a stream with one of lookahead; what a conversion accepts is collected in a small
 * buffer (numbers) or goes straight to its destination (strings).  (C17 7.21.6.2)
 */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "libc/stdio_file.h"

enum { NUMBER_MOST = 128 };

struct scanner {
    FILE *file;
    long consumed;
    va_list args;
};

struct conversion {
    bool suppress, allocate;
    size_t width; /* 0: none given */
    char length;  /* 0 h l j z t L, 'H' for hh, 'q' for ll */
    char kind;
    const char *set; /* of %[ */
    const char *set_end;
};

enum outcome { MATCHED, MISMATCH, INPUT_ENDED };

static int peek(struct scanner *scanner)
{
    FILE *file = scanner->file;

    if (file->read_at == file->read_end) {
        if (getc(file) == EOF)
            return EOF;
        file->read_at--; /* unlike ungetc this never writes, and sscanf's buffer is the caller's string */
    }
    return *file->read_at;
}

static void advance(struct scanner *scanner)
{
    getc(scanner->file);
    scanner->consumed++;
}

static void space_skip(struct scanner *scanner)
{
    while (isspace(peek(scanner)))
        advance(scanner);
}

static void integer_store(struct scanner *scanner, const struct conversion *conversion, uintmax_t value)
{
    void *to = va_arg(scanner->args, void *);

    switch (conversion->kind == 'p' ? 'l' : conversion->length) {
    case 'H':
        *(signed char *)to = (signed char)value;
        break;
    case 'h':
        *(short *)to = (short)value;
        break;
    case 0:
        *(int *)to = (int)value;
        break;
    default:
        *(long *)to = (long)value;
        break;
    }
}

/* Takes the next character into text if it is wanted. */
static bool take(struct scanner *scanner, char *text, size_t *used, size_t limit, const char *wanted)
{
    int character = peek(scanner);

    if (*used >= limit || character == EOF || !character || !strchr(wanted, character))
        return false;
    text[(*used)++] = (char)character;
    advance(scanner);
    return true;
}

static size_t limit_of(const struct conversion *conversion)
{
    return conversion->width && conversion->width < NUMBER_MOST ? conversion->width : NUMBER_MOST;
}

static int base_of(char kind)
{
    switch (kind) {
    case 'd':
    case 'u':
        return 10;
    case 'o':
        return 8;
    case 'i':
        return 0;
    default:
        return 16;
    }
}

static enum outcome integer_scan(struct scanner *scanner, const struct conversion *conversion)
{
    static const char digits[] = "0123456789abcdefABCDEF";
    char text[NUMBER_MOST + 1], allowed[24];
    size_t used = 0, limit = limit_of(conversion);
    int base = base_of(conversion->kind);

    take(scanner, text, &used, limit, "+-");
    size_t sign = used;
    if (take(scanner, text, &used, limit, "0") && (base == 0 || base == 16)) {
        if (take(scanner, text, &used, limit, "xX"))
            base = 16;
        else if (!base)
            base = 8;
    }
    base = base ? base : 10;
    snprintf(allowed, sizeof allowed, "%.*s", base == 16 ? 22 : base, digits);
    while (take(scanner, text, &used, limit, allowed))
        ;
    text[used] = 0;
    if (used == sign || !isxdigit((unsigned char)text[used - 1]))
        return peek(scanner) == EOF && !used ? INPUT_ENDED : MISMATCH;
    if (conversion->suppress)
        return MATCHED;
    bool is_signed = conversion->kind == 'd' || conversion->kind == 'i';
    integer_store(scanner, conversion, is_signed ? (uintmax_t)strtol(text, NULL, base) : strtoul(text, NULL, base));
    return MATCHED;
}

/* Collects the longest text that can begin a number. */
static size_t float_collect(struct scanner *scanner, char *text, size_t limit)
{
    size_t used = 0;
    const char *digits = "0123456789", *exponent = "eE";

    take(scanner, text, &used, limit, "+-");
    if (take(scanner, text, &used, limit, "iInN")) {
        while (take(scanner, text, &used, limit, "nNfFiItTyYaA"))
            ;
        return used;
    }
    if (take(scanner, text, &used, limit, "0") && take(scanner, text, &used, limit, "xX")) {
        digits = "0123456789abcdefABCDEF";
        exponent = "pP";
    }
    while (take(scanner, text, &used, limit, digits))
        ;
    if (take(scanner, text, &used, limit, "."))
        while (take(scanner, text, &used, limit, digits))
            ;
    if (used && take(scanner, text, &used, limit, exponent)) {
        take(scanner, text, &used, limit, "+-");
        while (take(scanner, text, &used, limit, "0123456789"))
            ;
    }
    return used;
}

static enum outcome float_scan(struct scanner *scanner, const struct conversion *conversion)
{
    char text[NUMBER_MOST + 1], *end;
    size_t used = float_collect(scanner, text, limit_of(conversion));

    text[used] = 0;
    long double value = strtold(text, &end);
    if (end == text || *end)
        return peek(scanner) == EOF && !used ? INPUT_ENDED : MISMATCH;
    if (conversion->suppress)
        return MATCHED;
    if (conversion->length == 'L')
        *va_arg(scanner->args, long double *) = value;
    else if (conversion->length == 'l')
        *va_arg(scanner->args, double *) = strtod(text, NULL);
    else
        *va_arg(scanner->args, float *) = strtof(text, NULL);
    return MATCHED;
}

static bool set_has(const struct conversion *conversion, int character)
{
    const char *at = conversion->set, *end = conversion->set_end;
    bool inverted = *at == '^', found = false;

    for (at += inverted; at < end; at++) {
        unsigned char first = (unsigned char)*at, last = first;
        if (at[1] == '-' && at + 2 < end) {
            last = (unsigned char)at[2];
            at += 2;
        }
        found |= character >= first && character <= last;
    }
    return found != inverted;
}

static bool text_accepts(const struct conversion *conversion, int character)
{
    if (character == EOF)
        return false;
    if (conversion->kind == 's')
        return !isspace(character);
    return conversion->kind == 'c' || set_has(conversion, character);
}

/* %s %c %[ : to the caller's memory, or with `m` to new memory. */
static enum outcome text_scan(struct scanner *scanner, const struct conversion *conversion)
{
    size_t limit = conversion->width ? conversion->width : conversion->kind == 'c' ? 1 : SIZE_MAX, used = 0, size = 0;
    char *to = NULL, **result = NULL;

    if (!conversion->suppress && conversion->allocate)
        result = va_arg(scanner->args, char **);
    else if (!conversion->suppress)
        to = va_arg(scanner->args, char *);
    for (int character; used < limit && text_accepts(conversion, character = peek(scanner)); used++) {
        if (result && used + 1 >= size) {
            size = size * 2 + 16;
            char *grown = realloc(to, size);
            if (!grown) {
                free(to);
                return INPUT_ENDED;
            }
            to = grown;
        }
        if (to)
            to[used] = (char)character;
        advance(scanner);
    }
    bool enough = conversion->kind == 'c' ? used == limit : used > 0;
    if (to && enough && conversion->kind != 'c')
        to[used] = 0;
    if (result && enough)
        *result = to;
    else if (result)
        free(to);
    return enough ? MATCHED : peek(scanner) == EOF ? INPUT_ENDED : MISMATCH;
}

/* Reads what stands behind '%'; returns what follows it. */
static const char *conversion_parse(struct conversion *conversion, const char *at)
{
    *conversion = (struct conversion){0};
    for (; *at == '*' || *at == 'm'; at++)
        *(*at == '*' ? &conversion->suppress : &conversion->allocate) = true;
    for (; isdigit((unsigned char)*at); at++)
        conversion->width = conversion->width * 10 + (size_t)(*at - '0');
    if (*at == 'm') {
        conversion->allocate = true;
        at++;
    }
    if (*at && strchr("hljztL", *at)) {
        conversion->length = *at++;
        if ((conversion->length == 'h' || conversion->length == 'l') && *at == conversion->length) {
            conversion->length = conversion->length == 'h' ? 'H' : 'q';
            at++;
        }
    }
    conversion->kind = *at ? *at++ : 0;
    if (conversion->kind != '[')
        return at;
    conversion->set = at;
    at += *at == '^';
    at += *at == ']';
    at = strchrnul(at, ']');
    conversion->set_end = at;
    return *at ? at + 1 : at;
}

static enum outcome conversion_scan(struct scanner *scanner, const struct conversion *conversion)
{
    if (!strchr("c[n", conversion->kind))
        space_skip(scanner);
    if (conversion->kind != 'n' && peek(scanner) == EOF)
        return INPUT_ENDED;
    switch (conversion->kind) {
    case 'd':
    case 'i':
    case 'u':
    case 'o':
    case 'x':
    case 'X':
    case 'p':
        return integer_scan(scanner, conversion);
    case 'a':
    case 'A':
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G':
        return float_scan(scanner, conversion);
    case 's':
    case 'c':
    case '[':
        return text_scan(scanner, conversion);
    case 'n':
        if (!conversion->suppress)
            integer_store(scanner, conversion, (uintmax_t)scanner->consumed);
        return MATCHED;
    case '%':
        if (peek(scanner) != '%')
            return MISMATCH;
        advance(scanner);
        return MATCHED;
    default:
        return MISMATCH;
    }
}

/* One directive; *format is left behind it. *stored tells whether it counts in the result. */
static enum outcome directive_scan(struct scanner *scanner, const char **format, bool *stored)
{
    struct conversion conversion;

    *stored = false;
    if (isspace((unsigned char)**format)) {
        space_skip(scanner);
        ++*format;
        return MATCHED;
    }
    if (**format != '%') {
        int character = peek(scanner);
        if (character == EOF)
            return INPUT_ENDED;
        if (character != (unsigned char)**format)
            return MISMATCH;
        advance(scanner);
        ++*format;
        return MATCHED;
    }
    *format = conversion_parse(&conversion, *format + 1);
    *stored = !conversion.suppress && !strchr("n%", conversion.kind);
    return conversion_scan(scanner, &conversion);
}

static int vfscanf_locked(FILE *restrict file, const char *restrict format, va_list args)
{
    struct scanner scanner = {.file = file};
    enum outcome outcome = MATCHED;
    const char *at = format;
    int count = 0;

    va_copy(scanner.args, args);
    while (*at && outcome == MATCHED) {
        bool stored;
        outcome = directive_scan(&scanner, &at, &stored);
        count += outcome == MATCHED && stored;
    }
    va_end(scanner.args);
    return outcome == INPUT_ENDED && !count ? EOF : count;
}

int vfscanf(FILE *restrict file, const char *restrict format, va_list args)
{
    stdio_lock(file);
    int result = vfscanf_locked(file, format, args);
    stdio_unlock(file);
    return result;
}

static ssize_t nothing_read(FILE *file, void *buffer, size_t length)
{
    (void)file;
    (void)buffer;
    (void)length;
    return 0;
}

/* A stream whose buffer is the string itself. */
int vsscanf(const char *restrict text, const char *restrict format, va_list args)
{
    static const struct stdio_ops ops = {.read = nothing_read};
    unsigned char back[STDIO_UNGET];
    unsigned char *start = (unsigned char *)text;
    FILE file = {
        .ops = &ops,
        .descriptor = -1,
        .readable = true,
        .read_at = start,
        .read_end = start + strlen(text),
        .buffer = back + STDIO_UNGET,
    };

    return vfscanf(&file, format, args);
}

int vscanf(const char *restrict format, va_list args)
{
    return vfscanf(stdin, format, args);
}

int scanf(const char *restrict format, ...)
{
    va_list args;

    va_start(args, format);
    int count = vfscanf(stdin, format, args);
    va_end(args);
    return count;
}

int fscanf(FILE *restrict file, const char *restrict format, ...)
{
    va_list args;

    va_start(args, format);
    int count = vfscanf(file, format, args);
    va_end(args);
    return count;
}

int sscanf(const char *restrict text, const char *restrict format, ...)
{
    va_list args;

    va_start(args, format);
    int count = vsscanf(text, format, args);
    va_end(args);
    return count;
}

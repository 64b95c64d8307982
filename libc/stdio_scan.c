/*
 * The scanf family.  Characters come from a stream with one of lookahead; what a conversion accepts is collected first (numbers,
 * stdio_scan_number.c) or goes straight to its destination (strings).  (C17 7.21.6.2)
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "libc/stdio_scan.h"

static void space_skip(struct scanner *scanner)
{
    while (isspace(scan_peek(scanner)))
        scan_advance(scanner);
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

/* What %s, %c and %[ store: characters, or with l wide ones, in the caller's memory, or with m in new memory. */
struct destination {
    char *text;
    wchar_t *wide;
    void **result; /* of m */
    size_t size;   /* what there is room for; only of m */
};

static void destination_begin(struct destination *to, struct scanner *scanner, const struct conversion *conversion)
{
    *to = (struct destination){0};
    if (conversion->suppress)
        return;
    void *place = scan_destination(scanner, conversion);
    if (conversion->allocate)
        to->result = place;
    else if (conversion->length == 'l')
        to->wide = place;
    else
        to->text = place;
}

/* Room for character `used` and an end behind it; false without memory. */
static bool destination_grow(struct destination *to, const struct conversion *conversion, size_t used)
{
    bool is_wide = conversion->length == 'l';

    if (!to->result || used + 1 < to->size)
        return true;
    size_t size = to->size * 2 + 16;
    void *grown = realloc(is_wide ? (void *)to->wide : to->text, size * (is_wide ? sizeof(wchar_t) : 1));
    if (!grown)
        return false;
    to->wide = is_wide ? grown : NULL;
    to->text = is_wide ? NULL : grown;
    to->size = size;
    return true;
}

static void destination_put(const struct destination *to, size_t used, int character)
{
    if (to->text)
        to->text[used] = (char)character;
    if (to->wide)
        to->wide[used] = character;
}

/* The new memory becomes the caller's, or is given back. */
static void destination_end(const struct destination *to, bool matched)
{
    void *memory = to->wide ? (void *)to->wide : to->text;

    if (to->result && matched)
        *to->result = memory;
    else if (to->result)
        free(memory);
}

static enum outcome text_scan(struct scanner *scanner, const struct conversion *conversion)
{
    size_t limit = conversion->width ? conversion->width : conversion->kind == 'c' ? 1 : SIZE_MAX, used = 0;
    struct destination to;

    destination_begin(&to, scanner, conversion);
    for (int character; used < limit && text_accepts(conversion, character = scan_peek(scanner)); used++) {
        if (!destination_grow(&to, conversion, used)) {
            destination_end(&to, false);
            return INPUT_ENDED;
        }
        destination_put(&to, used, character);
        scan_advance(scanner);
    }
    bool enough = conversion->kind == 'c' ? used == limit : used > 0;
    if (enough && conversion->kind != 'c')
        destination_put(&to, used, 0);
    destination_end(&to, enough);
    return enough ? MATCHED : scan_peek(scanner) == EOF ? INPUT_ENDED : MISMATCH;
}

static size_t digits_parse(const char **at)
{
    size_t value = 0;

    for (; isdigit((unsigned char)**at); ++*at)
        value = value > SIZE_MAX / 20 ? SIZE_MAX / 2 : value * 10 + (size_t)(**at - '0');
    return value;
}

/* Reads what stands behind '%'; returns what follows it. */
static const char *conversion_parse(struct conversion *conversion, const char *at)
{
    *conversion = (struct conversion){0};
    size_t position = digits_parse(&at);
    if (position && *at == '$') {
        conversion->position = position <= SCAN_POSITIONS_MOST ? (int)position : SCAN_POSITIONS_MOST + 1;
        at++;
    } else {
        conversion->width = position;
    }
    for (; *at == '*' || *at == 'm'; at++)
        *(*at == '*' ? &conversion->suppress : &conversion->allocate) = true;
    if (!conversion->width)
        conversion->width = digits_parse(&at);
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
    if (conversion->kind == 'C' || conversion->kind == 'S') {
        conversion->kind |= 'a' - 'A';
        conversion->length = 'l';
    }
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
    if (conversion->kind != 'n' && scan_peek(scanner) == EOF)
        return INPUT_ENDED;
    switch (conversion->kind) {
    case 'd':
    case 'i':
    case 'u':
    case 'o':
    case 'x':
    case 'X':
    case 'p':
        return scan_integer(scanner, conversion);
    case 'a':
    case 'A':
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G':
        return scan_float(scanner, conversion);
    case 's':
    case 'c':
    case '[':
        return text_scan(scanner, conversion);
    case 'n':
        if (!conversion->suppress)
            scan_store(scanner, conversion, (uintmax_t)scanner->consumed);
        return MATCHED;
    case '%':
        if (scan_peek(scanner) != '%')
            return MISMATCH;
        scan_advance(scanner);
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
        int character = scan_peek(scanner);
        if (character == EOF)
            return INPUT_ENDED;
        if (character != (unsigned char)**format)
            return MISMATCH;
        scan_advance(scanner);
        ++*format;
        return MATCHED;
    }
    *format = conversion_parse(&conversion, *format + 1);
    *stored = !conversion.suppress && !strchr("n%", conversion.kind);
    return conversion_scan(scanner, &conversion);
}

/* Takes all arguments, if the format numbers them; false if there are too many. */
static bool places_take(struct scanner *scanner, const char *format)
{
    struct conversion conversion;
    int last = 0;

    while ((format = strchr(format, '%'))) {
        format = conversion_parse(&conversion, format + 1);
        last = conversion.position > last ? conversion.position : last;
    }
    for (int i = 1; i <= last && last <= SCAN_POSITIONS_MOST; i++)
        scanner->places[i] = va_arg(scanner->args, void *);
    return last <= SCAN_POSITIONS_MOST;
}

static int vfscanf_locked(FILE *restrict file, const char *restrict format, va_list args)
{
    struct scanner scanner = {.file = file};
    enum outcome outcome = MATCHED;
    const char *at = format;
    int count = 0;

    va_copy(scanner.args, args);
    if (!places_take(&scanner, format)) {
        errno = EINVAL;
        outcome = INPUT_ENDED;
    }
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

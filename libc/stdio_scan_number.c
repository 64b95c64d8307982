/*
 * Numbers in scanf: the longest text that can begin one is collected, of any length, and must then be one altogether.
 * (C17 7.21.6.2)
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libc/stdio_scan.h"

enum { NUMBER_SMALL = 120 };

/* What is collected: in `small`, and when that is full, in memory of malloc. */
struct number {
    struct scanner *scanner;
    char *text;
    size_t used, size, limit;
    bool failed; /* no memory */
    char small[NUMBER_SMALL];
};

void scan_store(struct scanner *scanner, const struct conversion *conversion, uintmax_t value)
{
    void *to = scan_destination(scanner, conversion);

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

static void number_begin(struct number *number, struct scanner *scanner, const struct conversion *conversion)
{
    number->scanner = scanner;
    number->text = number->small;
    number->used = 0;
    number->size = NUMBER_SMALL;
    number->limit = conversion->width ? conversion->width : SIZE_MAX;
    number->failed = false;
}

static enum outcome number_end(struct number *number, enum outcome outcome)
{
    if (number->text != number->small)
        free(number->text);
    return number->failed ? INPUT_ENDED : outcome;
}

/* Makes room for one more, and for the end. */
static bool number_grow(struct number *number)
{
    if (number->used + 1 < number->size)
        return true;
    char *grown = realloc(number->text == number->small ? NULL : number->text, number->size * 2);
    if (!grown) {
        number->failed = true;
        return false;
    }
    if (number->text == number->small)
        memcpy(grown, number->small, number->used);
    number->text = grown;
    number->size *= 2;
    return true;
}

/* Takes the next character if it is wanted. */
static bool take(struct number *number, const char *wanted)
{
    int character = number->used < number->limit ? scan_peek(number->scanner) : EOF;

    if (character == EOF || !character || !strchr(wanted, character) || !number_grow(number))
        return false;
    number->text[number->used++] = (char)character;
    number->text[number->used] = 0;
    scan_advance(number->scanner);
    return true;
}

static size_t take_all(struct number *number, const char *wanted)
{
    size_t before = number->used;

    while (take(number, wanted))
        ;
    return number->used - before;
}

/* Takes a word in small or capital letters. */
static bool take_word(struct number *number, const char *word)
{
    for (; *word; word++)
        if (!take(number, (char[]){*word, (char)toupper((unsigned char)*word), 0}))
            return false;
    return true;
}

static enum outcome mismatch(struct number *number)
{
    return number_end(number, scan_peek(number->scanner) == EOF && !number->used ? INPUT_ENDED : MISMATCH);
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

/* Sign, 0x and digits; *base, if 0, becomes what they say. Returns whether there were digits. */
static bool integer_collect(struct number *number, int *base)
{
    char allowed[24] = "0123456789abcdefABCDEF";

    take(number, "+-");
    bool zero = take(number, "0");
    if (zero && (*base == 0 || *base == 16)) {
        if (take(number, "xX")) {
            *base = 16;
            zero = false;
        } else if (!*base) {
            *base = 8;
        }
    }
    *base = *base ? *base : 10;
    if (*base < 16)
        allowed[*base] = 0;
    return take_all(number, allowed) || zero;
}

enum outcome scan_integer(struct scanner *scanner, const struct conversion *conversion)
{
    bool is_signed = conversion->kind == 'd' || conversion->kind == 'i';
    int base = base_of(conversion->kind);
    struct number number;
    uintmax_t value = 0;

    number_begin(&number, scanner, conversion);
    if (conversion->kind == 'p' && take(&number, "(")) {
        if (!take_word(&number, "nil") || !take(&number, ")"))
            return mismatch(&number);
    } else {
        if (!integer_collect(&number, &base))
            return mismatch(&number);
        value = is_signed ? (uintmax_t)strtol(number.text, NULL, base) : strtoul(number.text, NULL, base);
    }
    if (!number.failed && !conversion->suppress)
        scan_store(scanner, conversion, value);
    return number_end(&number, MATCHED);
}

/* "nan" or "nan(...)", "inf" or "infinity": none of these cut short. */
static bool name_collect(struct number *number)
{
    static const char identifier[] = "0123456789_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

    if (take(number, "nN")) {
        if (!take_word(number, "an"))
            return false;
        if (!take(number, "("))
            return true;
        take_all(number, identifier);
        return take(number, ")");
    }
    if (!take_word(number, "inf"))
        return false;
    return !take(number, "iI") || take_word(number, "nity");
}

static bool float_collect(struct number *number)
{
    const char *digits = "0123456789", *exponent = "eE";
    bool any;

    take(number, "+-");
    int first = number->used < number->limit ? scan_peek(number->scanner) : EOF;
    if (first != EOF && strchr("iInN", first))
        return first && name_collect(number);
    any = take(number, "0");
    if (any && take(number, "xX")) {
        any = false;
        digits = "0123456789abcdefABCDEF";
        exponent = "pP";
    }
    any |= take_all(number, digits) > 0;
    if (take(number, "."))
        any |= take_all(number, digits) > 0;
    if (!any || !take(number, exponent))
        return any;
    take(number, "+-");
    return take_all(number, "0123456789") > 0;
}

enum outcome scan_float(struct scanner *scanner, const struct conversion *conversion)
{
    struct number number;

    number_begin(&number, scanner, conversion);
    if (!float_collect(&number))
        return mismatch(&number);
    if (number.failed || conversion->suppress)
        return number_end(&number, MATCHED);
    void *to = scan_destination(scanner, conversion);
    if (conversion->length == 'L')
        *(long double *)to = strtold(number.text, NULL);
    else if (conversion->length == 'l')
        *(double *)to = strtod(number.text, NULL);
    else
        *(float *)to = strtof(number.text, NULL);
    return number_end(&number, MATCHED);
}

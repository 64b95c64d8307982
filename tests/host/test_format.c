/*
 * printf, strtod and strtol of libc against the host's: random formats and values, in all rounding modes, compared byte by byte.
 *
 * Links: tests/host/support/format.c libc/format_float.c libc/format_position.c libc/format_wide.c libc/decimal.c tests/host/support/numbers.c
 */
#include <errno.h>
#include <fenv.h>
#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "tests/host/support/numbers.h"
#include "tests/host/support/tap.h"

enum { ROUNDS = 40000, SIZE = 6000 };

#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-truncation"

static uint64_t random_bits(void)
{
    uint64_t bits = (uint64_t)random_below(1u << 31) << 33 ^ (uint64_t)random_below(1u << 31) << 11 ^
                    random_below(1u << 31);

    return bits >> random_below(64);
}

/* Flags, width, precision, length modifier: what stands between % and the conversion. */
static int specification_begin(char *format, const char *modifier)
{
    int used = sprintf(format, "%%");

    for (unsigned i = random_below(3); i; i--)
        format[used++] = "-+ #0"[random_below(5)];
    if (random_below(2))
        used += sprintf(format + used, "%u", random_below(40));
    if (random_below(2))
        used += sprintf(format + used, ".%u", random_below(30));
    return used + sprintf(format + used, "%s", modifier);
}

static bool agree(const char *format, const char *ours, int our_length, const char *theirs, int their_length)
{
    if (our_length == their_length && !strcmp(ours, theirs))
        return true;
    printf("# %s: '%s' (%d), expected '%s' (%d)\n", format, ours, our_length, theirs, their_length);
    return false;
}

#define COMPARE(value)                                                                                                 \
    agree(format, ours, ck_snprintf(ours, size, format, value), theirs, snprintf(theirs, size, format, value))

static bool integer_round(void)
{
    static const char *const modifiers[] = {"", "hh", "h", "l", "ll", "j", "z", "t"};
    char format[64], ours[SIZE], theirs[SIZE];
    size_t size = random_below(4) ? SIZE : 1 + random_below(20), kind = random_below(8);
    int used = specification_begin(format, modifiers[kind]);
    uint64_t value = random_bits();

    format[used++] = "diuoxX"[random_below(6)];
    strcpy(format + used, random_below(2) ? "|" : "");
    return kind < 3 ? COMPARE((int)value) : COMPARE((long)value);
}

static bool text_round(void)
{
    static char *const texts[] = {"", "a", "text", "a longer text of many words"};
    char format[64], ours[SIZE], theirs[SIZE];
    size_t size = SIZE;
    int used = sprintf(format, "<%%%s", random_below(2) ? "-" : "");

    if (random_below(2))
        used += sprintf(format + used, "%u", random_below(40));
    if (random_below(2))
        used += sprintf(format + used, ".%u", random_below(9));
    strcpy(format + used, "s>");
    char *text = texts[random_below(4)];
    if (!COMPARE(text))
        return false;
    strcpy(format, random_below(2) ? "%5c%%" : "%-3c");
    int character = 'a' + (int)random_below(20);
    if (!COMPARE(character))
        return false;
    strcpy(format, random_below(2) ? "%20p" : "%p");
    void *pointer = (void *)(uintptr_t)(random_below(3) ? random_bits() : 0);
    return COMPARE(pointer);
}

static double random_double(void)
{
    uint64_t bits = random_bits() << random_below(8);
    double value;

    switch (random_below(5)) {
    case 0:
        return (int)random_below(2000000) / 1000.0;
    case 1:
        return random_below(1000) * 0.5;
    case 2:
        return -(double)random_below(100000) / 1e7;
    default:
        bits = bits << 17 ^ (uint64_t)random_below(1u << 31) << 32;
        memcpy(&value, &bits, sizeof value);
        return value;
    }
}

/* Any of the four modes, until the next call. */
static void rounding_choose(void)
{
    static const int modes[] = {FE_TONEAREST, FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};

    fesetround(modes[random_below(5)]);
}

static bool float_round(void)
{
    char format[64], ours[SIZE], theirs[SIZE];
    size_t size = SIZE;
    bool is_long = random_below(4) == 0;
    int used = specification_begin(format, is_long ? "L" : "");
    double value = random_double();

    format[used++] = "aefgAEFG"[random_below(8)];
    format[used] = 0;
    rounding_choose();
    bool same = is_long ? COMPARE((long double)value / 3) : COMPARE(value);
    fesetround(FE_TONEAREST);
    return same;
}

static bool wide_round(void)
{
    static wchar_t *const texts[] = {L"", L"a", L"text", L"a longer text of many words", NULL};
    char format[64], ours[SIZE], theirs[SIZE];
    size_t size = random_below(4) ? SIZE : 1 + random_below(20);
    int used = sprintf(format, "<%%%s", random_below(2) ? "-" : "");

    if (random_below(2))
        used += sprintf(format + used, "%u", random_below(40));
    if (random_below(3) == 0) {
        strcpy(format + used, random_below(2) ? "lc>" : "C>");
        wint_t character = 'a' + random_below(20);
        return COMPARE(character);
    }
    if (random_below(2))
        used += sprintf(format + used, ".%u", random_below(9));
    strcpy(format + used, random_below(2) ? "ls>" : "S>");
    wchar_t *text = texts[random_below(5)];
    return COMPARE(text);
}

/* Up to eight arguments by number: the first four are integers, then two of type double and two long double. */
static bool numbered_round(void)
{
    char format[256], ours[SIZE], theirs[SIZE];
    unsigned count = 1 + random_below(8);
    int used = 0;

    for (unsigned i = 0; i < count + 4;
         i++) { /* each up to count at least once: an argument that is not named has no type */
        unsigned which = i < count ? i : random_below(count);
        const char *flags = random_below(2) ? "" : "-";
        used += sprintf(format + used, "%%%u$%s", which + 1, flags);
        if (random_below(3) == 0)
            used += sprintf(format + used, "*%u$", 1u);
        used += sprintf(format + used, "%s ",
                        which == 0  ? "d"
                        : which < 4 ? (random_below(2) ? "lu" : "lx")
                        : which < 6 ? "g"
                                    : "La");
    }
    long first = (long)random_bits(), second = (long)random_bits(), third = (long)random_bits();
    double real = random_double(), other = random_double();
    int width = (int)random_below(20);
    int our_length = ck_snprintf(ours, SIZE, format, width, first, second, third, real, other, (long double)real / 3,
                                 (long double)other);
    int their_length = snprintf(theirs, SIZE, format, width, first, second, third, real, other, (long double)real / 3,
                                (long double)other);
    return agree(format, ours, our_length, theirs, their_length);
}

static bool same_bits(const void *left, const void *right, size_t size)
{
    return !memcmp(left, right, size);
}

/* Parses a text with both libraries: value, end and errno. */
static bool parse_agrees(const char *text)
{
    char *our_end, *their_end;
    errno = 0;
    double ours = ck_strtod(text, &our_end);
    int our_error = errno;
    errno = 0;
    double theirs = strtod(text, &their_end);
    bool same = our_end == their_end && our_error == errno &&
                (same_bits(&ours, &theirs, 8) || (ours != ours && theirs != theirs));
    float our_float = ck_strtof(text, NULL), their_float = strtof(text, NULL);
    long double our_long = ck_strtold(text, NULL), their_long = strtold(text, NULL);

    same &= same_bits(&our_float, &their_float, 4) || our_float != our_float;
    same &= same_bits(&our_long, &their_long, 10) || our_long != our_long;
    if (!same)
        printf("# '%s': %a %d %td, expected %a %d %td\n", text, ours, our_error, our_end - text, theirs, errno,
               their_end - text);
    return same;
}

static bool number_parse_round(void)
{
    char text[400];

    snprintf(text, sizeof text, random_below(2) ? "%.*g" : "%.*e", (int)random_below(30), random_double());
    rounding_choose();
    bool same = parse_agrees(text);
    fesetround(FE_TONEAREST);
    return same;
}

static bool integer_parse_round(void)
{
    char text[60], *our_end, *their_end;
    int base = random_below(3) ? (int[]){0, 8, 10, 16}[random_below(4)] : (int)(2 + random_below(35)), used = 0;
    size_t length = random_below(24);

    for (unsigned i = random_below(3); i; i--)
        text[used++] = " \t-+0x"[random_below(6)];
    while (length--)
        text[used++] = "0123456789abcdefzZ-"[random_below(random_below(3) ? 10 : 19)];
    text[used] = 0;
    errno = 0;
    long ours = ck_strtol(text, &our_end, base);
    int our_error = errno;
    errno = 0;
    long theirs = strtol(text, &their_end, base);
    bool same = ours == theirs && our_end == their_end && our_error == errno;
    same &= ck_strtoul(text, NULL, base) == strtoul(text, NULL, base);
    if (!same)
        printf("# '%s' base %d: %ld, expected %ld\n", text, base, ours, theirs);
    return same;
}

static void rounds(bool (*round)(void), const char *name)
{
    bool good = true;

    for (int i = 0; i < ROUNDS && good; i++)
        good = round();
    check(good, name);
}

static void parse_cases(void)
{
    static const char *const cases[] = {
        "1e400",
        "-1e-400",
        "0x1p-1074",
        "0x1.fffffffffffff8p0",
        "1e",
        "1e+",
        "  +.5e1x",
        "inf",
        "-infinity",
        "nan",
        "0x",
        "0x.p1",
        "1e5000000000000",
        "123456789012345678901234567890",
        "2.2250738585072011e-308",
        "4.9406564584124654e-324",
        "2.4703282292062327e-324",
        "2.4703282292062328e-324",
        "1.7976931348623158e308",
        "1.7976931348623159e308",
        "1e-4950",
        "3.6e-4951",
        "1e4932",
        "2e4932",
        "0.1",
        "9007199254740993",
        ".",
        "-",
        "",
        "1.5.5",
        "0x1.8p+1z",
        "1e-5000000000",
    };
    static const int modes[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
    bool good = true;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0] * 4; i++) {
        fesetround(modes[i % 4]);
        good &= parse_agrees(cases[i / 4]);
    }
    fesetround(FE_TONEAREST);
    check(good, "numbers at the limits are read like the host's");
}

static void print_cases(void)
{
    char ours[SIZE], theirs[SIZE];
    int our_count = -1, their_count = -1;

    int our_length = ck_snprintf(ours, SIZE, "%*d|%-*d|%.*s|%n%%|%hhn", 5, 1, -6, 2, 2, "abc", &our_count,
                                 (signed char *)theirs);
    int their_length = snprintf(theirs, SIZE, "%*d|%-*d|%.*s|%n%%|", 5, 1, -6, 2, 2, "abc", &their_count);
    check(our_length == their_length && !strcmp(ours, theirs) && our_count == their_count, "* and %n");
    check(ck_snprintf(NULL, 0, "%d", 12345) == 5, "a length without a buffer");
    check(ck_snprintf(ours, SIZE, "%s %.3s", (char *)NULL, (char *)NULL) == 7 && !strcmp(ours, "(null) "), "no string");
    check(ck_snprintf(ours, SIZE, "%.400Lf", 0x1p-16445L) == 402, "the smallest number, at length");
    check(ck_snprintf(ours, SIZE, "%.0Lf", 0x1.fp16383L) == 4933, "the largest number, at length");
    check(ck_snprintf(ours, SIZE, "%.5000f", 1.5) == 5002, "more digits than there are");
}

/* Not asked of the host: its answers to these are not the standard's. */
static void length_cases(void)
{
    static const char *const formats[] = {"%.*e", "%.*f", "%.*a", "%#.*g"};
    char ours[SIZE];

    fesetround(FE_UPWARD);
    for (unsigned i = 0; i < sizeof formats / sizeof formats[0]; i++)
        for (int less = 0; less < 12; less++)
            check(ck_snprintf(ours, SIZE, formats[i], INT_MAX - less, 1.5) == -1 && errno == EOVERFLOW,
                  "digits up to INT_MAX");
    check(ck_snprintf(ours, SIZE, "%.*a", INT_MAX / 4 + 1, 1.0) == INT_MAX / 4 + 8, "INT_MAX / 4 digits");
    check(ck_snprintf(ours, SIZE, "%.*g", INT_MAX, 1e300) == 301, "no more than there are with %g");
    fesetround(FE_TONEAREST);
    check(ck_snprintf(ours, SIZE, "%.*f", INT_MAX, (double)INFINITY) == 3, "none with infinity");
    check(ck_snprintf(ours, SIZE, "%*d", INT_MIN, 1) == -1 && errno == EOVERFLOW, "the width INT_MIN");
    check(ck_snprintf(ours, SIZE, "%2$*1$d", INT_MIN, 1) == -1 && errno == EOVERFLOW, "the width INT_MIN, numbered");
}

int main(void)
{
    rounds(integer_round, "integers are written like the host's");
    rounds(text_round, "strings, characters, pointers are written like the host's");
    rounds(float_round, "floating point is written like the host's");
    rounds(wide_round, "wide characters are written like the host's");
    rounds(numbered_round, "numbered arguments are written like the host's");
    rounds(number_parse_round, "floating point is read like the host's");
    rounds(integer_parse_round, "integers are read like the host's");
    parse_cases();
    print_cases();
    length_cases();
    printf("1..%u\n", checks);
    return failures != 0;
}

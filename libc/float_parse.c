/*
 * Floating-point numbers from text, correctly rounded: the exact decimal number is scaled by powers of two until its integer
 * part holds 67 bits, more than any type keeps; those bits, and whether anything is left behind them, decide the rounding.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "libc/decimal.h"

typedef unsigned __int128 wide_t;

enum {
    WIDE_BITS = 67,
    EXPONENT_MOST = 100000, /* more is infinite or zero for every type */
    DIGITS_MOST = (DECIMAL_LIMBS - DECIMAL_POINT - 600) * 9,
};

/* What the types differ in: bits of the mantissa, least exponent, greatest exponent. */
struct float_kind {
    int bits;
    int least, most;
};

static const struct float_kind SINGLE = {24, -126, 127};
static const struct float_kind DOUBLE = {53, -1022, 1023};
static const struct float_kind EXTENDED = {64, -16382, 16383};

/* mantissa * 2^exponent with the mantissa's bit WIDE_BITS - 1 set, unless the number is zero or special. */
struct parsed {
    wide_t mantissa;
    int exponent;
    bool negative, sticky, infinite, nan;
};

/* The result for one kind: exponent 0 means subnormal or zero. */
struct rounded {
    uint64_t mantissa;
    int biased;
    bool infinite;
};

/* The integer part, if it has at most three limbs. */
static wide_t integer_part(const struct decimal *decimal)
{
    wide_t value = 0;

    for (int i = decimal->first; i < DECIMAL_POINT; i++)
        value = value * 1000000000 + (i < decimal->end ? decimal->limbs[i] : 0);
    return value;
}

static int wide_length(wide_t value)
{
    uint64_t high = (uint64_t)(value >> 64), low = (uint64_t)value;

    if (high)
        return 128 - __builtin_clzl(high);
    return low ? 64 - __builtin_clzl(low) : 0;
}

static int at_most(int bits)
{
    return bits < DECIMAL_SHIFT_MOST ? bits : DECIMAL_SHIFT_MOST;
}

static void decimal_to_binary(struct decimal *decimal, struct parsed *parsed)
{
    wide_t value;
    int length;

    if (decimal_is_zero(decimal))
        return;
    while (decimal->first < DECIMAL_POINT - 3) {
        decimal_halve(decimal, DECIMAL_SHIFT_MOST);
        parsed->exponent += DECIMAL_SHIFT_MOST;
    }
    while ((length = wide_length(value = integer_part(decimal))) != WIDE_BITS) {
        int bits = at_most(length < WIDE_BITS ? WIDE_BITS - length : length - WIDE_BITS);
        if (length < WIDE_BITS)
            decimal_double(decimal, bits);
        else
            decimal_halve(decimal, bits);
        parsed->exponent += length < WIDE_BITS ? -bits : bits;
    }
    parsed->mantissa = value;
    parsed->sticky = decimal->inexact || decimal->end > DECIMAL_POINT;
}

/* An exponent such as e-12 behind a number; *at moves only if digits follow. */
static long exponent_parse(const char **at, char letter)
{
    const char *text = *at + 1;
    long value = 0;

    if ((**at | 32) != letter)
        return 0;
    bool negative = *text == '-';
    if (*text == '-' || *text == '+')
        text++;
    if (!isdigit((unsigned char)*text))
        return 0;
    for (; isdigit((unsigned char)*text); text++)
        if (value < EXPONENT_MOST)
            value = value * 10 + (*text - '0');
    *at = text;
    return negative ? -value : value;
}

/* Puts a digit at its place: position counts from the decimal point, 0 being the ones. */
static void digit_place(struct decimal *decimal, long position, int digit)
{
    static const uint32_t powers[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};
    long limb = position >= 0 ? position / 9 : -((-position + 8) / 9);
    long index = DECIMAL_POINT - 1 - limb;

    if (index < 0 || index >= DECIMAL_LIMBS)
        return;
    if (decimal_is_zero(decimal))
        decimal->first = decimal->end = (int)index;
    while (decimal->end <= index)
        decimal->limbs[decimal->end++] = 0;
    decimal->limbs[index] += (uint32_t)digit * powers[position - limb * 9];
}

/* digits[.digits][e[sign]digits]; returns what follows, or NULL when it is no number. */
static const char *decimal_parse(const char *text, struct parsed *parsed)
{
    struct decimal decimal = {.first = DECIMAL_POINT, .end = DECIMAL_POINT};
    long point = 0, kept = 0;
    bool seen_point = false, any = false, significant = false;
    const char *at = text;

    /* First pass: where the point is, counted from the first digit that matters. */
    for (; isdigit((unsigned char)*at) || (*at == '.' && !seen_point); at++) {
        if (*at == '.') {
            seen_point = true;
            continue;
        }
        any = true;
        significant |= *at != '0';
        if (significant && !seen_point)
            point++;
        else if (!significant && seen_point)
            point--;
    }
    if (!any)
        return NULL;
    const char *end = at;
    long exponent = point + exponent_parse(&end, 'e');
    if (!significant)
        return end;
    if (exponent < -20000 || exponent > 5000) {
        parsed->mantissa = (wide_t)1 << (WIDE_BITS - 1);
        parsed->exponent = exponent < 0 ? -EXPONENT_MOST : EXPONENT_MOST;
        return end;
    }
    for (significant = false; text < at; text++) {
        significant |= *text != '0' && *text != '.';
        if (*text == '.' || !significant)
            continue;
        if (kept < DIGITS_MOST)
            digit_place(&decimal, exponent - 1 - kept, *text - '0');
        else
            decimal.inexact |= *text != '0';
        kept++;
    }
    while (decimal.first < decimal.end && !decimal.limbs[decimal.end - 1])
        decimal.end--;
    decimal_to_binary(&decimal, parsed);
    return end;
}

/* Behind 0x. */
static const char *hexadecimal_parse(const char *text, struct parsed *parsed)
{
    bool seen_point = false, any = false;
    long exponent = 0;
    wide_t value = 0;

    for (; isxdigit((unsigned char)*text) || (*text == '.' && !seen_point); text++) {
        if (*text == '.') {
            seen_point = true;
            continue;
        }
        int digit = isdigit((unsigned char)*text) ? *text - '0' : (*text | 32) - 'a' + 10;
        any = true;
        if (value >> (WIDE_BITS - 4)) {
            parsed->sticky |= digit != 0;
            exponent += 4;
        } else {
            value = value << 4 | (unsigned)digit;
        }
        exponent -= seen_point ? 4 : 0;
    }
    if (!any)
        return NULL;
    exponent += exponent_parse(&text, 'p');
    if (!value)
        return text;
    int shift = WIDE_BITS - wide_length(value);
    parsed->mantissa = value << shift;
    exponent -= shift;
    parsed->exponent = (int)(exponent > EXPONENT_MOST    ? EXPONENT_MOST
                             : exponent < -EXPONENT_MOST ? -EXPONENT_MOST
                                                         : exponent);
    return text;
}

static const char *name_parse(const char *text, struct parsed *parsed)
{
    if (!strncasecmp(text, "inf", 3)) {
        parsed->infinite = true;
        return text + (strncasecmp(text, "infinity", 8) ? 3 : 8);
    }
    if (strncasecmp(text, "nan", 3))
        return NULL;
    parsed->nan = true;
    text += 3;
    size_t length = *text == '(' ? strspn(text + 1, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")
                                 : 0;
    return *text == '(' && text[length + 1] == ')' ? text + length + 2 : text;
}

static struct parsed float_parse(const char *text, char **end)
{
    struct parsed parsed = {0};
    const char *at = text, *after;

    while (isspace((unsigned char)*at))
        at++;
    parsed.negative = *at == '-';
    if (*at == '-' || *at == '+')
        at++;
    if (isalpha((unsigned char)*at)) {
        after = name_parse(at, &parsed);
    } else if (*at == '0' && (at[1] | 32) == 'x') {
        after = hexadecimal_parse(at + 2, &parsed);
        after = after ? after : at + 1;
    } else {
        after = decimal_parse(at, &parsed);
    }
    if (!after)
        parsed.negative = false;
    if (end)
        *end = (char *)(after ? after : text);
    return parsed;
}

/* The greatest number, or infinity, whichever way it is rounded. */
static struct rounded overflow(const struct float_kind *kind, enum rounding rounding)
{
    errno = ERANGE;
    if (rounding != ROUNDING_TO_ZERO)
        return (struct rounded){.infinite = true};
    return (struct rounded){.mantissa = UINT64_MAX >> (64 - kind->bits), .biased = kind->most - kind->least + 1};
}

/* The number of the kind that the rounding mode asks for. */
static struct rounded float_round(const struct parsed *parsed, const struct float_kind *kind)
{
    enum rounding rounding = rounding_now(parsed->negative);
    int exponent = parsed->exponent + WIDE_BITS - 1;
    int below = exponent < kind->least ? kind->least - exponent : 0;
    int dropped = WIDE_BITS - kind->bits + below;
    struct rounded result = {.biased = below ? 1 : exponent - kind->least + 1};

    if (parsed->infinite || parsed->nan || !parsed->mantissa) {
        result.infinite = parsed->infinite || parsed->nan;
        result.biased = 0;
        return result;
    }
    wide_t kept = 0;
    if (dropped <= WIDE_BITS) {
        wide_t half = (wide_t)1 << (dropped - 1), rest = parsed->mantissa & (2 * half - 1);
        kept = parsed->mantissa >> dropped;
        int order = !rest && !parsed->sticky ? -2 : rest < half ? -1 : rest > half || parsed->sticky;
        kept += rounding_up(rounding, order, kept & 1);
        if (order > -2 && below)
            errno = ERANGE;
    } else {
        kept = rounding == ROUNDING_AWAY;
        errno = ERANGE;
    }
    if (kept >> kind->bits) {
        kept >>= 1;
        result.biased++;
    }
    if (!(kept >> (kind->bits - 1)))
        result.biased = 0;
    result.mantissa = (uint64_t)kept;
    return result.biased > kind->most - kind->least + 1 ? overflow(kind, rounding) : result;
}

double strtod(const char *restrict text, char **restrict end)
{
    struct parsed parsed = float_parse(text, end);
    struct rounded rounded = float_round(&parsed, &DOUBLE);
    uint64_t bits = (uint64_t)parsed.negative << 63 | (uint64_t)rounded.biased << 52 |
                    (rounded.mantissa & ~(UINT64_MAX << 52));
    double result;

    if (rounded.infinite)
        bits = (uint64_t)parsed.negative << 63 | (uint64_t)0x7ff << 52 | (uint64_t)parsed.nan << 51;
    memcpy(&result, &bits, sizeof result);
    return result;
}

float strtof(const char *restrict text, char **restrict end)
{
    struct parsed parsed = float_parse(text, end);
    struct rounded rounded = float_round(&parsed, &SINGLE);
    uint32_t bits = (uint32_t)parsed.negative << 31 | (uint32_t)rounded.biased << 23 |
                    ((uint32_t)rounded.mantissa & 0x7fffff);
    float result;

    if (rounded.infinite)
        bits = (uint32_t)parsed.negative << 31 | (uint32_t)0xff << 23 | (uint32_t)parsed.nan << 22;
    memcpy(&result, &bits, sizeof result);
    return result;
}

long double strtold(const char *restrict text, char **restrict end)
{
    struct parsed parsed = float_parse(text, end);
    struct rounded rounded = float_round(&parsed, &EXTENDED);
    struct {
        uint64_t mantissa;
        uint16_t sign_exponent;
    } bits = {rounded.mantissa, (uint16_t)(parsed.negative << 15 | rounded.biased)};
    long double result = 0;

    if (rounded.infinite) {
        bits.mantissa = (uint64_t)1 << 63 | (uint64_t)parsed.nan << 62;
        bits.sign_exponent = (uint16_t)(parsed.negative << 15 | 0x7fff);
    }
    memcpy(&result, &bits, 10);
    return result;
}

double atof(const char *text)
{
    return strtod(text, NULL);
}

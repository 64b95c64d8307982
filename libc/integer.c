/* Integers from text, and integer arithmetic of <stdlib.h> and <inttypes.h>. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>

struct parsed_integer {
    uintmax_t magnitude;
    bool negative, overflow;
};

static int digit_of(char character)
{
    if (isdigit(character))
        return character - '0';
    return isalpha(character) ? (character | 32) - 'a' + 10 : INT_MAX;
}

/* Skips 0x or decides by the first digits; returns the base. */
static int base_find(const char **at, int base)
{
    const char *text = *at;
    bool hexadecimal = text[0] == '0' && (text[1] | 32) == 'x' && isxdigit(text[2]);

    if ((base == 0 || base == 16) && hexadecimal) {
        *at += 2;
        return 16;
    }
    if (base == 0)
        return *text == '0' ? 8 : 10;
    return base;
}

/* Space, sign, prefix, digits: the common part of all of them. */
static struct parsed_integer integer_parse(const char *text, char **end, int base)
{
    struct parsed_integer result = {0};
    const char *at = text, *digits;

    if (end)
        *end = (char *)text;
    if (base < 0 || base == 1 || base > 36) {
        errno = EINVAL;
        return result;
    }
    while (isspace((unsigned char)*at))
        at++;
    if (*at == '-' || *at == '+')
        result.negative = *at++ == '-';
    base = base_find(&at, base);
    for (digits = at; digit_of(*at) < base; at++) {
        if (__builtin_mul_overflow(result.magnitude, (uintmax_t)base, &result.magnitude) ||
            __builtin_add_overflow(result.magnitude, (uintmax_t)digit_of(*at), &result.magnitude))
            result.overflow = true;
    }
    if (at != digits && end)
        *end = (char *)at;
    return result;
}

long strtol(const char *restrict text, char **restrict end, int base)
{
    struct parsed_integer parsed = integer_parse(text, end, base);

    if (!parsed.overflow && parsed.magnitude <= LONG_MAX)
        return parsed.negative ? -(long)parsed.magnitude : (long)parsed.magnitude;
    if (!parsed.overflow && parsed.negative && parsed.magnitude == (uintmax_t)LONG_MAX + 1)
        return LONG_MIN;
    errno = ERANGE;
    return parsed.negative ? LONG_MIN : LONG_MAX;
}

unsigned long strtoul(const char *restrict text, char **restrict end, int base)
{
    struct parsed_integer parsed = integer_parse(text, end, base);

    if (parsed.overflow) {
        errno = ERANGE;
        return ULONG_MAX;
    }
    return parsed.negative ? -parsed.magnitude : parsed.magnitude;
}

long long strtoll(const char *restrict text, char **restrict end, int base)
{
    return strtol(text, end, base);
}

unsigned long long strtoull(const char *restrict text, char **restrict end, int base)
{
    return strtoul(text, end, base);
}

intmax_t strtoimax(const char *restrict text, char **restrict end, int base)
{
    return strtol(text, end, base);
}

uintmax_t strtoumax(const char *restrict text, char **restrict end, int base)
{
    return strtoul(text, end, base);
}

int atoi(const char *text)
{
    return (int)strtol(text, NULL, 10);
}

long atol(const char *text)
{
    return strtol(text, NULL, 10);
}

long long atoll(const char *text)
{
    return strtol(text, NULL, 10);
}

int abs(int number)
{
    return number < 0 ? -number : number;
}

long labs(long number)
{
    return number < 0 ? -number : number;
}

long long llabs(long long number)
{
    return number < 0 ? -number : number;
}

intmax_t imaxabs(intmax_t number)
{
    return number < 0 ? -number : number;
}

div_t div(int numerator, int denominator)
{
    return (div_t){numerator / denominator, numerator % denominator};
}

ldiv_t ldiv(long numerator, long denominator)
{
    return (ldiv_t){numerator / denominator, numerator % denominator};
}

lldiv_t lldiv(long long numerator, long long denominator)
{
    return (lldiv_t){numerator / denominator, numerator % denominator};
}

imaxdiv_t imaxdiv(intmax_t numerator, intmax_t denominator)
{
    return (imaxdiv_t){numerator / denominator, numerator % denominator};
}

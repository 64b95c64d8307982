/*
 * A long decimal number, exact: what every binary floating-point number is, and what rounding must start from.  Limbs of nine
 * digits, the most significant first; those outside first..end are zero; the decimal point stands before limb DECIMAL_POINT.
 */
#ifndef CLOCKHAND_LIBC_DECIMAL_H
#define CLOCKHAND_LIBC_DECIMAL_H

#include <stdbool.h>
#include <stdint.h>

#include "libc/rounding.h"

enum {
    DECIMAL_POINT = 560,        /* 2^16384 has 4933 digits = 549 limbs */
    DECIMAL_LIMBS = 560 + 1840, /* 2^-16445 has 16445 digits behind the point = 1828 limbs */
    DECIMAL_SHIFT_MOST = 29,    /* 2^29 * 10^9 + carry fits in 64 bits */
};

struct decimal {
    int first, end;
    bool inexact; /* digits were cut off at the low end */
    uint32_t limbs[DECIMAL_LIMBS];
};

/* The number mantissa * 2^exponent. */
void decimal_set(struct decimal *decimal, uint64_t mantissa, int exponent);
/* Multiplies, or divides, by 2^bits; bits <= DECIMAL_SHIFT_MOST. */
void decimal_double(struct decimal *decimal, int bits);
void decimal_halve(struct decimal *decimal, int bits);
/* Rounds to `places` digits behind the point (before it, if negative). */
void decimal_round(struct decimal *decimal, int places, enum rounding rounding);
/* The digit with the weight 10^position. */
int decimal_digit(const struct decimal *decimal, int position);
/* The position of the first digit that is not zero; 0 for zero. */
int decimal_exponent(const struct decimal *decimal);
bool decimal_is_zero(const struct decimal *decimal);

#endif

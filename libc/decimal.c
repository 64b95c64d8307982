/* Long decimal numbers: see decimal.h. */
#include "libc/decimal.h"

#include <string.h>

enum { LIMB_DIGITS = 9 };

static const uint32_t LIMB = 1000000000;
static const uint32_t powers[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000};

/* Zero limbs at either end are dropped, so that `first` is the limb of the leading digit. */
static void decimal_trim(struct decimal *decimal)
{
    while (decimal->first < decimal->end && !decimal->limbs[decimal->first])
        decimal->first++;
    while (decimal->first < decimal->end && !decimal->limbs[decimal->end - 1])
        decimal->end--;
}

bool decimal_is_zero(const struct decimal *decimal)
{
    return decimal->first == decimal->end;
}

static uint32_t limb_get(const struct decimal *decimal, int index)
{
    return index >= decimal->first && index < decimal->end ? decimal->limbs[index] : 0;
}

void decimal_double(struct decimal *decimal, int bits)
{
    uint64_t carry = 0;

    for (int i = decimal->end - 1; i >= decimal->first; i--) {
        carry += (uint64_t)decimal->limbs[i] << bits;
        decimal->limbs[i] = (uint32_t)(carry % LIMB);
        carry /= LIMB;
    }
    for (; carry; carry /= LIMB)
        decimal->limbs[--decimal->first] = (uint32_t)(carry % LIMB);
    decimal_trim(decimal);
}

void decimal_halve(struct decimal *decimal, int bits)
{
    uint64_t rest = 0, mask = ((uint64_t)1 << bits) - 1;

    for (int i = decimal->first; i < decimal->end || rest; i++) {
        if (i == DECIMAL_LIMBS) {
            decimal->inexact = true;
            break;
        }
        rest = rest * LIMB + limb_get(decimal, i);
        decimal->limbs[i] = (uint32_t)(rest >> bits);
        rest &= mask;
        if (i >= decimal->end)
            decimal->end = i + 1;
    }
    decimal_trim(decimal);
}

void decimal_set(struct decimal *decimal, uint64_t mantissa, int exponent)
{
    decimal->first = decimal->end = DECIMAL_POINT;
    decimal->inexact = false;
    for (; mantissa; mantissa /= LIMB)
        decimal->limbs[--decimal->first] = (uint32_t)(mantissa % LIMB);
    for (; exponent > DECIMAL_SHIFT_MOST; exponent -= DECIMAL_SHIFT_MOST)
        decimal_double(decimal, DECIMAL_SHIFT_MOST);
    for (; exponent < -DECIMAL_SHIFT_MOST; exponent += DECIMAL_SHIFT_MOST)
        decimal_halve(decimal, DECIMAL_SHIFT_MOST);
    if (exponent > 0)
        decimal_double(decimal, exponent);
    else if (exponent < 0)
        decimal_halve(decimal, -exponent);
    decimal_trim(decimal);
}

/* Where the digit of weight 10^position is: limb index, and the power of ten within the limb. */
static int position_limb(int position)
{
    int limbs = position >= 0 ? position / LIMB_DIGITS : -((-position + LIMB_DIGITS - 1) / LIMB_DIGITS);

    return DECIMAL_POINT - 1 - limbs;
}

static int position_in_limb(int position)
{
    int rest = position % LIMB_DIGITS;

    return rest < 0 ? rest + LIMB_DIGITS : rest;
}

int decimal_digit(const struct decimal *decimal, int position)
{
    return (int)(limb_get(decimal, position_limb(position)) / powers[position_in_limb(position)] % 10);
}

int decimal_exponent(const struct decimal *decimal)
{
    int digits = 0;

    if (decimal_is_zero(decimal))
        return 0;
    for (uint32_t limb = decimal->limbs[decimal->first]; limb >= 10; limb /= 10)
        digits++;
    return (DECIMAL_POINT - 1 - decimal->first) * LIMB_DIGITS + digits;
}

/* Adds 10^position to a number that has nothing below that. */
static void unit_add(struct decimal *decimal, int position)
{
    int index = position_limb(position);
    uint32_t carry = powers[position_in_limb(position)];

    for (; carry; index--) {
        uint32_t sum = limb_get(decimal, index) + carry;
        while (decimal->first > index)
            decimal->limbs[--decimal->first] = 0;
        while (decimal->end <= index)
            decimal->limbs[decimal->end++] = 0;
        decimal->limbs[index] = sum % LIMB;
        carry = sum / LIMB;
    }
}

/* Sets everything below 10^position to zero; returns -1, 0, 1: that is less than, equal to, more than one half; -2: nothing. */
static int tail_cut(struct decimal *decimal, int position)
{
    int index = position_limb(position);
    uint32_t power = powers[position_in_limb(position)];
    int digit = decimal_digit(decimal, position - 1);
    bool more = decimal->inexact;

    if (index >= decimal->end)
        return -2;
    int half_index = position_limb(position - 1);
    uint32_t below = limb_get(decimal, half_index) % powers[position_in_limb(position - 1)];
    more |= below != 0;
    for (int i = half_index + 1; i < decimal->end && !more; i++)
        more = i >= decimal->first && decimal->limbs[i];
    if (index < decimal->first) {
        decimal->first = decimal->end = index;
    } else {
        decimal->limbs[index] -= decimal->limbs[index] % power;
        decimal->end = index + 1;
    }
    if (digit != 5)
        return digit > 5 ? 1 : digit || more ? -1 : -2;
    return more ? 1 : 0;
}

void decimal_round(struct decimal *decimal, int places, enum rounding rounding)
{
    int position = -places;

    if (position_limb(position) >= decimal->end || decimal_is_zero(decimal))
        return;
    if (position > decimal_exponent(decimal) + 1) {
        decimal->first = decimal->end;
        if (rounding == ROUNDING_AWAY)
            unit_add(decimal, position);
        decimal_trim(decimal);
        return;
    }
    int order = tail_cut(decimal, position);
    if (rounding_up(rounding, order, decimal_digit(decimal, position) % 2))
        unit_add(decimal, position);
    decimal_trim(decimal);
}

/*
 * Which way a number goes that has to be rounded: as fesetround says, which the x87's control word tells (its bits 10 and 11;
 * MXCSR has the same).
 */
#ifndef CLOCKHAND_LIBC_ROUNDING_H
#define CLOCKHAND_LIBC_ROUNDING_H

#include <stdbool.h>
#include <stdint.h>

enum rounding { ROUNDING_NEAREST, ROUNDING_TO_ZERO, ROUNDING_AWAY };

/* For a number of that sign: to the nearest, ties to even, or always towards zero, or always away from it. */
static inline enum rounding rounding_now(bool negative)
{
    enum { NEAREST, DOWN, UP, TO_ZERO };
    uint16_t control;

    __asm__ volatile("fnstcw %0" : "=m"(control));
    switch (control >> 10 & 3) {
    case NEAREST:
        return ROUNDING_NEAREST;
    case DOWN:
        return negative ? ROUNDING_AWAY : ROUNDING_TO_ZERO;
    case UP:
        return negative ? ROUNDING_TO_ZERO : ROUNDING_AWAY;
    default:
        return ROUNDING_TO_ZERO;
    }
}

/* Whether what is kept of a number becomes one more: `order` is -2 when nothing was cut off, else how that compares with half. */
static inline bool rounding_up(enum rounding rounding, int order, bool odd)
{
    if (rounding == ROUNDING_NEAREST)
        return order > 0 || (order == 0 && odd);
    return rounding == ROUNDING_AWAY && order > -2;
}

#endif

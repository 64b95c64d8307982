/*
 * What freed memory is filled with. Neither word is a canonical address, so a pointer read from freed memory faults when it is used.
 */
#ifndef MM_POISON_H
#define MM_POISON_H

#include "kernel/types.h"

#define POISON_FRAME 0x5a5a5a5afeedf4eeULL /* mm/frame_fill.c */
#define POISON_SLAB 0x5b5b5b5bdeadf4eeULL  /* mm/slab.c */
#define POISON_REACH 0x10000               /* a field of a structure that such a pointer leads to is no farther away */

static inline bool poison_is_near(uint64_t value, uint64_t poison)
{
    return value - poison + POISON_REACH < 2 * (uint64_t)POISON_REACH;
}

/* Whose poison `value` is, or an address near it: "frames", "slab objects"; null when it is none. */
static inline const char *poison_owner(uint64_t value)
{
    if (poison_is_near(value, POISON_FRAME))
        return "frames";
    return poison_is_near(value, POISON_SLAB) ? "slab objects" : NULL;
}

#endif

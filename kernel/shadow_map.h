/* Where the shadow of an address is: for the two files that keep it and read it. See shadow.h. */
#ifndef KERNEL_SHADOW_MAP_H
#define KERNEL_SHADOW_MAP_H

#include "kernel/types.h"

#define SHADOW_OFFSET 0xdffffc0000000000ULL /* -fasan-shadow-offset in the Makefile */

enum { SHADOW_UNIT = 8 };

static inline uint8_t *shadow_of(vaddr_t address)
{
    return (uint8_t *)(address / SHADOW_UNIT + SHADOW_OFFSET);
}

/* Whether there is shadow for `address`, or whoever asks deserves the fault. */
bool shadow_watches(vaddr_t address);

/* Opens the rest of the kernel stack that `address` lies in, up to its top. */
void shadow_leave_stack(vaddr_t address);

#endif

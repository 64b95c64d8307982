/*
 * Copies and zeros of many bytes inside the kernel's memory, with the vector registers of the CPU.
 */
#ifndef MM_BULK_H
#define MM_BULK_H

#include "kernel/types.h"

/* As memcpy(); worth its while from a few hundred bytes on. Any context. */
void bulk_copy(void *to, const void *from, size_t length);

/* The same where interrupts are off, as under a spin lock. */
void bulk_copy_atomic(void *to, const void *from, size_t length);

/*
 * Several such copies of at most BULK_RUN bytes each, with the register saved once. Interrupts stay off from begin to end, and nobody else copies
 * meanwhile.
 */
enum { BULK_RUN = 4096 };
struct bulk_register {
    uint8_t bytes[32];
    bool avx;
};
void bulk_begin(struct bulk_register *saved);
void bulk_move(void *to, const void *from, size_t length, const struct bulk_register *saved);
void bulk_end(const struct bulk_register *saved);

/* As memset() with zero. */
void bulk_zero(void *to, size_t length);

#endif

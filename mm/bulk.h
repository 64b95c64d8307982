/*
 * Copies and zeros of many bytes inside the kernel's memory, with the vector registers of the CPU.
 */
#ifndef MM_BULK_H
#define MM_BULK_H

#include "kernel/cpu.h"
#include "kernel/shadow.h"
#include "kernel/types.h"
#include "libc/string.h"

/* As memcpy(); worth its while from a few hundred bytes on. Any context. */
void bulk_copy(void *to, const void *from, size_t length);

/* The same where interrupts are off, as under a spin lock. */
void bulk_copy_atomic(void *to, const void *from, size_t length);

/*
 * Several such copies of at most BULK_RUN bytes each, with the register saved once. Interrupts stay off from begin to end, and nobody else copies
 * meanwhile.
 */
enum {
    BULK_LEAST = 64, /* bytes from which the register is worth its saving */
    BULK_RUN = 4096,
};
struct bulk_register {
    uint8_t bytes[32];
    bool avx;
};

/* A VEX instruction clears what is above bit 255: not where AVX-512 is in use. State components as in XCR0 (SDM volume 1, 13.1). */
static inline bool bulk_avx_is_usable(void)
{
    const uint64_t avx = (uint64_t)1 << 2, avx512 = (uint64_t)7 << 5;
    return (cpu_features.xsave_mask & (avx | avx512)) == avx;
}

static inline void bulk_begin(struct bulk_register *saved)
{
    saved->avx = bulk_avx_is_usable();
    if (__builtin_expect(saved->avx, 1))
        __asm__ volatile("vmovdqu %%ymm0, %0" : "=m"(saved->bytes));
    else
        __asm__ volatile("movups %%xmm0, %0" : "=m"(saved->bytes));
}

static inline void bulk_end(const struct bulk_register *saved)
{
    if (__builtin_expect(saved->avx, 1))
        __asm__ volatile("vmovdqu %0, %%ymm0" ::"m"(saved->bytes));
    else
        __asm__ volatile("movups %0, %%xmm0" ::"m"(saved->bytes));
}

/* Where the rows of steps end (mm/bulk.c), how many bytes a step moves, and how many bytes of code it is: two instructions with displacements of 32 bits. */
extern const char bulk_steps_avx_end[], bulk_steps_sse_end[];
enum {
    BULK_AVX_STEP = 32,
    BULK_AVX_CODE = 16,
    BULK_SSE_STEP = 16,
    BULK_SSE_CODE = 14,
};

/* Inlined, as the loops around it need all registers; the steps are called from the assembly, which the compiler need not know. */
static inline void bulk_move(void *to, const void *from, size_t length, const struct bulk_register *saved)
{
    shadow_check(from, length, false);
    shadow_check(to, length, true);
    if (__builtin_expect(length < BULK_AVX_STEP, 0))
        memcpy(to, from, length);
    else if (__builtin_expect(saved->avx, 1))
        __asm__ volatile("vmovdqu -32(%[from],%[length]), %%ymm0\n"
                         "vmovdqu %%ymm0, -32(%[to],%[length])\n"
                         "call *%[entry]"
                         :
                         : [to] "D"(to), [from] "S"(from), [length] "r"(length),
                           [entry] "r"(bulk_steps_avx_end - length / BULK_AVX_STEP * BULK_AVX_CODE)
                         : "memory");
    else
        __asm__ volatile("movups -16(%[from],%[length]), %%xmm0\n"
                         "movups %%xmm0, -16(%[to],%[length])\n"
                         "call *%[entry]"
                         :
                         : [to] "D"(to), [from] "S"(from), [length] "r"(length),
                           [entry] "r"(bulk_steps_sse_end - length / BULK_SSE_STEP * BULK_SSE_CODE)
                         : "memory");
}

/* As bulk_copy_atomic(), of at most BULK_RUN bytes. */
static inline void bulk_copy_short(void *to, const void *from, size_t length)
{
    struct bulk_register saved;
    bulk_begin(&saved);
    bulk_move(to, from, length, &saved);
    bulk_end(&saved);
}

/* As memset() with zero. */
void bulk_zero(void *to, size_t length);

#endif

/*
 * Large copies and zeros; see bulk.h.
 *
 * The kernel is compiled without vector registers, which hold the user's values while it runs. From a few hundred bytes on it is worth
 * borrowing one: it is saved, used with interrupts off, so that no thread switch comes between, and restored. 32 bytes at a time with AVX, else 16 with
 * SSE, which every x86-64 has:
 *
 *     | rounds of 1024 and 512 bytes, unrolled | steps of a register    |  the last register, which may overlap a step
 *
 * A repeated string instruction would be no better: under QEMU each of its steps counts as an instruction.
 */
#include "mm/bulk.h"

#include "kernel/cpu.h"
#include "kernel/lock.h"
#include "kernel/shadow.h"
#include "libc/string.h"

enum {
    BULK_LEAST = 256, /* bytes from which the register is worth its saving */
    BULK_ROUND = 512,
    AVX_STEP = 32,
    SSE_STEP = 16,
};

/* State components in use, as in XCR0 (SDM volume 1, 13.1). A VEX instruction clears what is above bit 255: not where AVX-512 is in use. */
#define XSTATE_AVX ((uint64_t)1 << 2)
#define XSTATE_AVX512 ((uint64_t)7 << 5)

static inline bool avx_is_usable(void)
{
    return (cpu_features.xsave_mask & (XSTATE_AVX | XSTATE_AVX512)) == XSTATE_AVX;
}

struct vector_space {
    uint8_t bytes[32];
};

/* `length` is at least a register's. Interrupts are off. */
static void copy_avx(char *to, const char *from, size_t length)
{
    struct vector_space saved;
    char *end = to + length;
    const char *last = from + length - AVX_STEP;
    __asm__ volatile("vmovdqu %%ymm0, %0" : "=m"(saved));
    for (; length >= 2 * BULK_ROUND; length -= 2 * BULK_ROUND, to += 2 * BULK_ROUND, from += 2 * BULK_ROUND)
        __asm__ volatile(".irp half, 0,512\n"
                         ".irp offset, 0,32,64,96,128,160,192,224,256,288,320,352,384,416,448,480\n"
                         "vmovdqu \\half+\\offset(%[from]), %%ymm0\n"
                         "vmovdqu %%ymm0, \\half+\\offset(%[to])\n"
                         ".endr\n"
                         ".endr" ::[to] "r"(to),
                         [from] "r"(from)
                         : "memory");
    for (; length >= BULK_ROUND; length -= BULK_ROUND, to += BULK_ROUND, from += BULK_ROUND)
        __asm__ volatile(".irp offset, 0,32,64,96,128,160,192,224,256,288,320,352,384,416,448,480\n"
                         "vmovdqu \\offset(%[from]), %%ymm0\n"
                         "vmovdqu %%ymm0, \\offset(%[to])\n"
                         ".endr" ::[to] "r"(to),
                         [from] "r"(from)
                         : "memory");
    for (; length > AVX_STEP; length -= AVX_STEP, to += AVX_STEP, from += AVX_STEP)
        __asm__ volatile("vmovdqu (%1), %%ymm0\n"
                         "vmovdqu %%ymm0, (%0)" ::"r"(to),
                         "r"(from)
                         : "memory");
    if (length > 0)
        __asm__ volatile("vmovdqu (%1), %%ymm0\n"
                         "vmovdqu %%ymm0, -32(%0)" ::"r"(end),
                         "r"(last)
                         : "memory");
    __asm__ volatile("vmovdqu %0, %%ymm0" ::"m"(saved));
}

static void copy_sse(char *to, const char *from, size_t length)
{
    struct vector_space saved;
    char *end = to + length;
    const char *last = from + length - SSE_STEP;
    __asm__ volatile("movups %%xmm0, %0" : "=m"(saved));
    for (; length >= BULK_ROUND / 2; length -= BULK_ROUND / 2, to += BULK_ROUND / 2, from += BULK_ROUND / 2)
        __asm__ volatile(".irp offset, 0,16,32,48,64,80,96,112,128,144,160,176,192,208,224,240\n"
                         "movups \\offset(%[from]), %%xmm0\n"
                         "movups %%xmm0, \\offset(%[to])\n"
                         ".endr" ::[to] "r"(to),
                         [from] "r"(from)
                         : "memory");
    for (; length > SSE_STEP; length -= SSE_STEP, to += SSE_STEP, from += SSE_STEP)
        __asm__ volatile("movups (%1), %%xmm0\n"
                         "movups %%xmm0, (%0)" ::"r"(to),
                         "r"(from)
                         : "memory");
    if (length > 0)
        __asm__ volatile("movups (%1), %%xmm0\n"
                         "movups %%xmm0, -16(%0)" ::"r"(end),
                         "r"(last)
                         : "memory");
    __asm__ volatile("movups %0, %%xmm0" ::"m"(saved));
}

/* `length`: a multiple of BULK_ROUND, not 0. Interrupts are off. */
static void zero_avx(void *to, size_t length)
{
    struct vector_space saved;
    const char *end = (char *)to + length;
    __asm__ volatile("vmovdqu %%ymm0, (%[saved])\n"
                     "vpxor %%xmm0, %%xmm0, %%xmm0\n"
                     "1:\n"
                     ".irp offset, 0,32,64,96,128,160,192,224,256,288,320,352,384,416,448,480\n"
                     "vmovdqu %%ymm0, \\offset(%[to])\n"
                     ".endr\n"
                     "add $512, %[to]\n"
                     "cmp %[end], %[to]\n"
                     "jne 1b\n"
                     "vmovdqu (%[saved]), %%ymm0"
                     : [to] "+r"(to)
                     : [saved] "r"(&saved), [end] "r"(end)
                     : "memory", "cc");
}

static void zero_sse(void *to, size_t length)
{
    struct vector_space saved;
    const char *end = (char *)to + length;
    __asm__ volatile("movups %%xmm0, (%[saved])\n"
                     "xorps %%xmm0, %%xmm0\n"
                     "1:\n"
                     ".irp offset, 0,16,32,48,64,80,96,112,128,144,160,176,192,208,224,240\n"
                     "movups %%xmm0, \\offset(%[to])\n"
                     ".endr\n"
                     "add $256, %[to]\n"
                     "cmp %[end], %[to]\n"
                     "jne 1b\n"
                     "movups (%[saved]), %%xmm0"
                     : [to] "+r"(to)
                     : [saved] "r"(&saved), [end] "r"(end)
                     : "memory", "cc");
}

void bulk_copy_atomic(void *to, const void *from, size_t length)
{
    shadow_check(from, length, false);
    shadow_check(to, length, true);
    if (length < BULK_LEAST)
        memcpy(to, from, length);
    else if (avx_is_usable())
        copy_avx(to, from, length);
    else
        copy_sse(to, from, length);
}

void bulk_copy(void *to, const void *from, size_t length)
{
    interrupts_push_off();
    bulk_copy_atomic(to, from, length);
    interrupts_pop();
}

void bulk_zero(void *to, size_t length)
{
    size_t rounds = length & ~(size_t)(BULK_ROUND - 1);
    shadow_check(to, length, true);
    if (rounds > 0) {
        interrupts_push_off();
        if (avx_is_usable())
            zero_avx(to, rounds);
        else
            zero_sse(to, rounds);
        interrupts_pop();
    }
    if (rounds < length)
        memset((char *)to + rounds, 0, length - rounds);
}

/*
 * Large copies and zeros; see bulk.h.
 *
 * The kernel is compiled without vector registers, which hold the user's values while it runs. From some dozens of bytes on it is worth
 * borrowing one: it is saved, used with interrupts off, so that no thread switch comes between, and restored. 32 bytes at a time with AVX, else 16 with
 * SSE, which every x86-64 has. A page's worth of such steps stands in a row, and is entered as far from its end as there are bytes to copy:
 *
 *     | step 127 | step 126 | .. | step 2 | step 1 | step 0 |
 *                                ^ here, for three steps; the bytes behind the last whole step are copied before, with a register that overlaps it
 *
 * A repeated string instruction would be no better: under QEMU each of its steps counts as an instruction.
 */
#include "mm/bulk.h"

#include "kernel/cpu.h"
#include "kernel/lock.h"
#include "kernel/shadow.h"
#include "libc/string.h"

enum {
    BULK_LEAST = 64, /* bytes from which the register is worth its saving */
    BULK_ROUND = 512,
    AVX_STEP = 32,
    SSE_STEP = 16,
    AVX_CODE = 16, /* bytes of code in a step: two instructions with displacements of 32 bits */
    SSE_CODE = 14,
};

/* State components in use, as in XCR0 (SDM volume 1, 13.1). A VEX instruction clears what is above bit 255: not where AVX-512 is in use. */
#define XSTATE_AVX ((uint64_t)1 << 2)
#define XSTATE_AVX512 ((uint64_t)7 << 5)

static inline bool avx_is_usable(void)
{
    return (cpu_features.xsave_mask & (XSTATE_AVX | XSTATE_AVX512)) == XSTATE_AVX;
}

/* Copies `length` bytes, at least a step and at most BULK_RUN: the last register first, then the steps. YMM0 is saved. */
static __attribute__((noinline)) void move_avx(char *to, const char *from, size_t length)
{
    uintptr_t entry;
    __asm__ volatile("vmovdqu -32(%[from],%[length]), %%ymm0\n"
                     "vmovdqu %%ymm0, -32(%[to],%[length])\n"
                     "lea 1f(%%rip), %[entry]\n"
                     "sub %[code], %[entry]\n"
                     "jmp *%[entry]\n"
                     ".irp block, 3584,3072,2560,2048,1536,1024,512,0\n"
                     ".irp offset, 480,448,416,384,352,320,288,256,224,192,160,128,96,64,32,0\n"
                     "%{disp32%} vmovdqu \\block+\\offset(%[from]), %%ymm0\n"
                     "%{disp32%} vmovdqu %%ymm0, \\block+\\offset(%[to])\n"
                     ".endr\n"
                     ".endr\n"
                     "1:"
                     : [entry] "=&r"(entry)
                     : [to] "D"(to), [from] "S"(from), [length] "r"(length), [code] "r"(length / AVX_STEP * AVX_CODE)
                     : "memory", "cc");
}

static __attribute__((noinline)) void move_sse(char *to, const char *from, size_t length)
{
    uintptr_t entry;
    __asm__ volatile("movups -16(%[from],%[length]), %%xmm0\n"
                     "movups %%xmm0, -16(%[to],%[length])\n"
                     "lea 1f(%%rip), %[entry]\n"
                     "sub %[code], %[entry]\n"
                     "jmp *%[entry]\n"
                     ".irp block, 3840,3584,3328,3072,2816,2560,2304,2048,1792,1536,1280,1024,768,512,256,0\n"
                     ".irp offset, 240,224,208,192,176,160,144,128,112,96,80,64,48,32,16,0\n"
                     "%{disp32%} movups \\block+\\offset(%[from]), %%xmm0\n"
                     "%{disp32%} movups %%xmm0, \\block+\\offset(%[to])\n"
                     ".endr\n"
                     ".endr\n"
                     "1:"
                     : [entry] "=&r"(entry)
                     : [to] "D"(to), [from] "S"(from), [length] "r"(length), [code] "r"(length / SSE_STEP * SSE_CODE)
                     : "memory", "cc");
}

/* `length`: a multiple of BULK_ROUND, not 0. Interrupts are off. */
static void zero_avx(void *to, size_t length)
{
    struct bulk_register saved;
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
                     : [saved] "r"(saved.bytes), [end] "r"(end)
                     : "memory", "cc");
}

static void zero_sse(void *to, size_t length)
{
    struct bulk_register saved;
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
                     : [saved] "r"(saved.bytes), [end] "r"(end)
                     : "memory", "cc");
}

void bulk_begin(struct bulk_register *saved)
{
    saved->avx = avx_is_usable();
    if (saved->avx)
        __asm__ volatile("vmovdqu %%ymm0, %0" : "=m"(saved->bytes));
    else
        __asm__ volatile("movups %%xmm0, %0" : "=m"(saved->bytes));
}

void bulk_end(const struct bulk_register *saved)
{
    if (saved->avx)
        __asm__ volatile("vmovdqu %0, %%ymm0" ::"m"(saved->bytes));
    else
        __asm__ volatile("movups %0, %%xmm0" ::"m"(saved->bytes));
}

void bulk_move(void *to, const void *from, size_t length, const struct bulk_register *saved)
{
    shadow_check(from, length, false);
    shadow_check(to, length, true);
    if (length < AVX_STEP)
        memcpy(to, from, length);
    else if (saved->avx)
        move_avx(to, from, length);
    else
        move_sse(to, from, length);
}

void bulk_copy_atomic(void *to, const void *from, size_t length)
{
    struct bulk_register saved;
    if (length < BULK_LEAST) {
        shadow_check(from, length, false);
        shadow_check(to, length, true);
        memcpy(to, from, length);
        return;
    }
    bulk_begin(&saved);
    for (size_t done = 0; done < length; done += BULK_RUN)
        bulk_move((char *)to + done, (const char *)from + done, min_u64(length - done, BULK_RUN), &saved);
    bulk_end(&saved);
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

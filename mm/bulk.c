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

#include "kernel/lock.h"
#include "kernel/shadow.h"
#include "libc/string.h"

enum { BULK_ROUND = 512 };

/* The rows of steps. They change YMM0 and XMM0 and nothing else: bulk_move() calls into their middle. */
__asm__(".pushsection .text\n"
        "bulk_steps_avx:\n"
        ".irp block, 3584,3072,2560,2048,1536,1024,512,0\n"
        ".irp offset, 480,448,416,384,352,320,288,256,224,192,160,128,96,64,32,0\n"
        "{disp32} vmovdqu \\block+\\offset(%rsi), %ymm0\n"
        "{disp32} vmovdqu %ymm0, \\block+\\offset(%rdi)\n"
        ".endr\n"
        ".endr\n"
        ".globl bulk_steps_avx_end\n"
        "bulk_steps_avx_end:\n"
        "ret\n"
        "bulk_steps_sse:\n"
        ".irp block, 3840,3584,3328,3072,2816,2560,2304,2048,1792,1536,1280,1024,768,512,256,0\n"
        ".irp offset, 240,224,208,192,176,160,144,128,112,96,80,64,48,32,16,0\n"
        "{disp32} movups \\block+\\offset(%rsi), %xmm0\n"
        "{disp32} movups %xmm0, \\block+\\offset(%rdi)\n"
        ".endr\n"
        ".endr\n"
        ".globl bulk_steps_sse_end\n"
        "bulk_steps_sse_end:\n"
        "ret\n"
        ".popsection");

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
        if (bulk_avx_is_usable())
            zero_avx(to, rounds);
        else
            zero_sse(to, rounds);
        interrupts_pop();
    }
    if (rounds < length)
        memset((char *)to + rounds, 0, length - rounds);
}

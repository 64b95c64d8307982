/*
 * Contents of frames: zeros, copies, and the poison that freed memory is filled with.
 *
 * The kernel is compiled without vector registers, which hold the user's values while it runs. Whole pages are worth borrowing one: it is saved,
 * used with interrupts off, so that no thread switch comes between, and restored. 32 bytes at a time with AVX, else 16 with SSE, which every x86-64
 * has. A VEX instruction clears what is above bit 255, so AVX is not used where AVX-512 is in use. A repeated string instruction would be no better:
 * under QEMU each of its steps counts as an instruction.
 *
 * Poison (POISON_WORD) is written when a frame becomes FREE and verified when it is given out again, so a store through a stale pointer or a
 * transfer into a freed frame is found close to its cause. The first and last POISON_EDGE words are enough to find most of them and cost little;
 * the option poison=full fills and verifies all of it.
 */
#include "kernel/cpu.h"
#include "kernel/lock.h"
#include "kernel/option.h"
#include "kernel/panic.h"
#include "mm/frame.h"

#define FRAME_WORDS (PAGE_SIZE / sizeof(uint64_t))
#define POISON_WORD 0x5a5a5a5afeedf4eeULL
#define POISON_EDGE 8

/* State components in use, as in XCR0 (SDM volume 1, 13.1). */
#define XSTATE_AVX ((uint64_t)1 << 2)
#define XSTATE_AVX512 ((uint64_t)7 << 5)

struct vector_space {
    uint8_t bytes[32];
};

static inline bool avx_is_usable(void)
{
    return (cpu_features.xsave_mask & (XSTATE_AVX | XSTATE_AVX512)) == XSTATE_AVX;
}

static void zero_avx(void *to)
{
    struct vector_space saved;
    const char *end = (char *)to + PAGE_SIZE;
    __asm__ volatile("vmovdqu %%ymm0, (%[saved])\n"
                     "vpxor %%xmm0, %%xmm0, %%xmm0\n"
                     "1:\n"
                     ".irp offset, 0,32,64,96,128,160,192,224,256,288,320,352,384,416,448,480\n"
                     "vmovdqa %%ymm0, \\offset(%[to])\n"
                     ".endr\n"
                     "add $512, %[to]\n"
                     "cmp %[end], %[to]\n"
                     "jne 1b\n"
                     "vmovdqu (%[saved]), %%ymm0"
                     : [to] "+r"(to)
                     : [saved] "r"(&saved), [end] "r"(end)
                     : "memory", "cc");
}

static void zero_sse(void *to)
{
    struct vector_space saved;
    const char *end = (char *)to + PAGE_SIZE;
    __asm__ volatile("movups %%xmm0, (%[saved])\n"
                     "xorps %%xmm0, %%xmm0\n"
                     "1:\n"
                     ".irp offset, 0,16,32,48,64,80,96,112,128,144,160,176,192,208,224,240\n"
                     "movaps %%xmm0, \\offset(%[to])\n"
                     ".endr\n"
                     "add $256, %[to]\n"
                     "cmp %[end], %[to]\n"
                     "jne 1b\n"
                     "movups (%[saved]), %%xmm0"
                     : [to] "+r"(to)
                     : [saved] "r"(&saved), [end] "r"(end)
                     : "memory", "cc");
}

static void copy_avx(void *to, const void *from)
{
    struct vector_space saved;
    const char *end = (char *)to + PAGE_SIZE;
    __asm__ volatile("vmovdqu %%ymm0, (%[saved])\n"
                     "1:\n"
                     ".irp offset, 0,32,64,96,128,160,192,224,256,288,320,352,384,416,448,480\n"
                     "vmovdqa \\offset(%[from]), %%ymm0\n"
                     "vmovdqa %%ymm0, \\offset(%[to])\n"
                     ".endr\n"
                     "add $512, %[from]\n"
                     "add $512, %[to]\n"
                     "cmp %[end], %[to]\n"
                     "jne 1b\n"
                     "vmovdqu (%[saved]), %%ymm0"
                     : [to] "+r"(to), [from] "+r"(from)
                     : [saved] "r"(&saved), [end] "r"(end)
                     : "memory", "cc");
}

static void copy_sse(void *to, const void *from)
{
    struct vector_space saved;
    const char *end = (char *)to + PAGE_SIZE;
    __asm__ volatile("movups %%xmm0, (%[saved])\n"
                     "1:\n"
                     ".irp offset, 0,16,32,48,64,80,96,112,128,144,160,176,192,208,224,240\n"
                     "movaps \\offset(%[from]), %%xmm0\n"
                     "movaps %%xmm0, \\offset(%[to])\n"
                     ".endr\n"
                     "add $256, %[from]\n"
                     "add $256, %[to]\n"
                     "cmp %[end], %[to]\n"
                     "jne 1b\n"
                     "movups (%[saved]), %%xmm0"
                     : [to] "+r"(to), [from] "+r"(from)
                     : [saved] "r"(&saved), [end] "r"(end)
                     : "memory", "cc");
}

void page_zero(struct page *page)
{
    void *to = page_address(page);
    interrupts_push_off();
    if (avx_is_usable())
        zero_avx(to);
    else
        zero_sse(to);
    interrupts_pop();
}

void page_copy(struct page *to_page, const struct page *from_page)
{
    void *to = page_address(to_page);
    const void *from = page_address(from_page);
    interrupts_push_off();
    if (avx_is_usable())
        copy_avx(to, from);
    else
        copy_sse(to, from);
    interrupts_pop();
}

/* Whether all of a frame is poisoned: -1 not yet known. */
static bool poison_is_full(void)
{
    static int8_t full = -1;
    if (__builtin_expect(full < 0, 0))
        full = option_text("poison", "edges")[0] == 'f';
    return full > 0;
}

static inline void poison_fill(uint64_t *words, unsigned count)
{
    for (unsigned i = 0; i < count; i += 8) {
        words[i] = POISON_WORD;
        words[i + 1] = POISON_WORD;
        words[i + 2] = POISON_WORD;
        words[i + 3] = POISON_WORD;
        words[i + 4] = POISON_WORD;
        words[i + 5] = POISON_WORD;
        words[i + 6] = POISON_WORD;
        words[i + 7] = POISON_WORD;
    }
}

static inline bool poison_is_whole(const uint64_t *words, unsigned count)
{
    for (unsigned i = 0; i < count; i += 8) {
        if (words[i] != POISON_WORD || words[i + 1] != POISON_WORD || words[i + 2] != POISON_WORD ||
            words[i + 3] != POISON_WORD || words[i + 4] != POISON_WORD || words[i + 5] != POISON_WORD ||
            words[i + 6] != POISON_WORD || words[i + 7] != POISON_WORD)
            return false;
    }
    return true;
}

static void noreturn_function poison_report(const struct page *page, const uint64_t *words)
{
    unsigned i = 0;
    while (i < FRAME_WORDS - 1 && words[i] == POISON_WORD)
        i++;
    panic("freed memory was written to: frame %#lx, byte %#lx holds %#lx instead of the poison %#llx",
          (unsigned long)page_frame(page), i * sizeof(uint64_t), (unsigned long)words[i],
          (unsigned long long)POISON_WORD);
}

void page_poison(struct page *page)
{
    uint64_t *words = page_address(page);
    if (poison_is_full()) {
        poison_fill(words, FRAME_WORDS);
    } else {
        poison_fill(words, POISON_EDGE);
        poison_fill(words + FRAME_WORDS - POISON_EDGE, POISON_EDGE);
    }
    atomic_store_explicit(&page->flags, PAGE_POISONED, memory_order_relaxed);
}

void page_poison_verify(struct page *page)
{
    const uint64_t *words = page_address(page);
    bool whole;
    if (poison_is_full())
        whole = poison_is_whole(words, FRAME_WORDS);
    else
        whole = poison_is_whole(words, POISON_EDGE) && poison_is_whole(words + FRAME_WORDS - POISON_EDGE, POISON_EDGE);
    if (__builtin_expect(!whole, 0))
        poison_report(page, words);
}

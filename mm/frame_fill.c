/*
 * Contents of frames: zeros, copies, and the poison that freed memory is filled with.
 *
 * Poison (POISON_FRAME) is written when a frame becomes FREE and verified when it is given out again, so a store through a stale pointer or a
 * transfer into a freed frame is found close to its cause. The first and last POISON_EDGE words are enough to find most of them and cost little;
 * the option poison=full fills and verifies all of it.
 */
#include "kernel/option.h"
#include "kernel/panic.h"
#include "mm/bulk.h"
#include "mm/frame.h"
#include "mm/poison.h"

#define FRAME_WORDS (PAGE_SIZE / sizeof(uint64_t))
#define POISON_EDGE 8

void page_zero(struct page *page)
{
    bulk_zero(page_address(page), PAGE_SIZE);
}

void page_copy(struct page *to, const struct page *from)
{
    bulk_copy(page_address(to), page_address(from), PAGE_SIZE);
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
        words[i] = POISON_FRAME;
        words[i + 1] = POISON_FRAME;
        words[i + 2] = POISON_FRAME;
        words[i + 3] = POISON_FRAME;
        words[i + 4] = POISON_FRAME;
        words[i + 5] = POISON_FRAME;
        words[i + 6] = POISON_FRAME;
        words[i + 7] = POISON_FRAME;
    }
}

static inline bool words_are(const uint64_t *words, unsigned count, uint64_t value)
{
    for (unsigned i = 0; i < count; i += 8) {
        if (words[i] != value || words[i + 1] != value || words[i + 2] != value || words[i + 3] != value ||
            words[i + 4] != value || words[i + 5] != value || words[i + 6] != value || words[i + 7] != value)
            return false;
    }
    return true;
}

static void noreturn_function change_report(const struct page *page, const uint64_t *words, uint64_t value)
{
    unsigned i = 0;
    while (i < FRAME_WORDS - 1 && words[i] == value)
        i++;
    panic_advise("ck page %#lx", (unsigned long)page_frame(page));
    panic("use after free: freed memory was written to: frame %#lx, byte %#lx holds %#lx instead of %s %#lx",
          (unsigned long)page_frame(page), i * sizeof(uint64_t), (unsigned long)words[i],
          value == POISON_FRAME ? "the poison" : "the number", (unsigned long)value);
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

/* Whether every word, or those that are poisoned, have one value. */
static inline void contents_verify(const struct page *page, uint64_t value)
{
    const uint64_t *words = page_address(page);
    bool whole;
    if (poison_is_full())
        whole = words_are(words, FRAME_WORDS, value);
    else
        whole = words_are(words, POISON_EDGE, value) &&
                words_are(words + FRAME_WORDS - POISON_EDGE, POISON_EDGE, value);
    if (__builtin_expect(!whole, 0))
        change_report(page, words, value);
}

void page_poison_verify(struct page *page)
{
    contents_verify(page, POISON_FRAME);
}

void page_zero_verify(struct page *page)
{
    contents_verify(page, 0);
}

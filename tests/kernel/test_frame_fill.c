/* Contents of frames: zeros, copies, the poison of freed memory. (That changed poison is a panic: tests/panic.t.) */
#include "kernel/ktest.h"
#include "libc/string.h"
#include "mm/frame.h"
#include "mm/poison.h"

#define WORD_COUNT (PAGE_SIZE / sizeof(uint64_t))

KTEST(frame_fill, zero_and_copy_fill_whole_pages)
{
    struct page *from = frame_alloc_run(2, 0), *to = from + 1;
    memset(page_address(from), 0xaa, 4 * PAGE_SIZE);
    for (unsigned i = 0; i < WORD_COUNT; i++)
        ((uint64_t *)page_address(from))[i] = ~(uint64_t)i;
    page_copy(to, from);
    KTEST_EXPECT(memcmp(page_address(to), page_address(from), PAGE_SIZE) == 0);
    KTEST_EXPECT(*(uint8_t *)page_address(to + 1) == 0xaa);
    page_zero(to);
    const uint8_t *bytes = page_address(from);
    KTEST_EXPECT(bytes[PAGE_SIZE - 1] == 0xff && bytes[PAGE_SIZE] == 0);
    KTEST_EXPECT(bytes[2 * PAGE_SIZE - 1] == 0 && bytes[2 * PAGE_SIZE] == 0xaa);
    frame_free_run(from, 2);
}

KTEST(frame_fill, freed_frames_are_poisoned_at_both_ends)
{
    struct page *page = frame_alloc(FRAME_ZERO);
    uint64_t *words = page_address(page);
    page_zero_verify(page);
    page_poison(page);
    KTEST_EXPECT(words[0] == POISON_FRAME && words[7] == POISON_FRAME);
    KTEST_EXPECT(words[WORD_COUNT - 1] == POISON_FRAME && words[WORD_COUNT - 8] == POISON_FRAME);
    KTEST_EXPECT((atomic_load(&page->flags) & PAGE_POISONED) != 0);
    page_poison_verify(page);
    page_zero(page);
    page_zero_verify(page);
    frame_free(page);
}

KTEST(frame_fill, a_frame_that_comes_back_zeroed_is_zero_again)
{
    struct page *page = frame_alloc(FRAME_ZERO);
    frame_free_zeroed(page);
    page = frame_alloc(FRAME_ZERO);
    page_zero_verify(page);
    frame_free(page);
}

/*
 * The buddy allocator over a small array of the kernel's own: splitting, merging, alignment, the end of what there is. (At random, against a model:
 * tests/host/test_buddy.c.)
 */
#include "mm/buddy.h"

#include "kernel/ktest.h"

enum { FRAMES = 64, ORDER = 6 };

static struct buddy buddy;
static struct page frames[FRAMES];

static void start(void)
{
    for (unsigned i = 0; i < FRAMES; i++)
        frames[i] = (struct page){.state = PAGE_WIRED, .order = PAGE_ORDER_INSIDE};
    buddy_init(&buddy, frames, FRAMES);
    buddy_give_range(&buddy, 0, FRAMES);
}

KTEST(buddy, a_run_is_split_and_merges_again)
{
    start();
    KTEST_EXPECT(buddy.frames == FRAMES && buddy.runs[ORDER] == 1);
    struct page *page = buddy_take(&buddy, 0);
    KTEST_EXPECT(page != NULL && buddy.frames == FRAMES - 1);
    for (unsigned order = 0; order < ORDER; order++)
        KTEST_EXPECT(buddy.runs[order] == 1);
    page->state = PAGE_DETACHED;
    buddy_check(&buddy);
    buddy_give(&buddy, page, 0);
    KTEST_EXPECT(page->state == PAGE_FREE && buddy.frames == FRAMES && buddy.runs[ORDER] == 1 && buddy.runs[0] == 0);
    buddy_check(&buddy);
}

KTEST(buddy, runs_are_aligned_and_apart)
{
    struct page *runs[FRAMES / 8];
    start();
    for (unsigned i = 0; i < ARRAY_LENGTH(runs); i++) {
        runs[i] = buddy_take(&buddy, 3);
        KTEST_EXPECT(runs[i] != NULL && (runs[i] - frames) % 8 == 0);
        for (unsigned j = 0; j < i; j++)
            KTEST_EXPECT(runs[j] != runs[i]);
        for (unsigned j = 0; j < 8; j++)
            runs[i][j].state = PAGE_DETACHED;
    }
    KTEST_EXPECT(buddy.frames == 0 && buddy_take(&buddy, 0) == NULL && buddy_take(&buddy, FRAME_ORDER_MAX) == NULL);
    buddy_give(&buddy, runs[0], 3);
    KTEST_EXPECT(buddy_take(&buddy, 4) == NULL && buddy.frames == 8);
    for (unsigned i = 1; i < ARRAY_LENGTH(runs); i++)
        buddy_give(&buddy, runs[i], 3);
    KTEST_EXPECT(buddy.runs[ORDER] == 1);
    buddy_check(&buddy);
}

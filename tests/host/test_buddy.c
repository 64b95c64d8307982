/*
 * The buddy allocator against a map of which frame belongs to whom: random takes and gives of all orders, ranges with odd ends.
 *
 * Links: tests/host/support/machine.c mm/buddy.c mm/inject.c mm/frame.c mm/frame_fill.c mm/bulk.c
 */
#include <stdio.h>
#include <stdlib.h>

#include "mm/buddy.h"
#include "tests/host/support/machine.h"

enum { FRAMES = 5000, ROUNDS = 12, STEPS = 20000, RUNS_MAX = 4000, ORDERS = 11 };

static struct page pages[FRAMES];
static struct buddy buddy;
static bool taken[FRAMES]; /* the model */
static uint64_t free_count;
static struct run {
    pfn_t start;
    unsigned order;
} runs[RUNS_MAX];
static unsigned run_count;

static void mark(pfn_t start, uint64_t count, bool value)
{
    for (pfn_t pfn = start; pfn < start + count; pfn++) {
        require(taken[pfn] != value, "a frame is given out or back once");
        taken[pfn] = value;
    }
    free_count += value ? -count : count;
}

/* Whether the model has an aligned free run of that order. */
static bool model_has(unsigned order)
{
    uint64_t length = (uint64_t)1 << order;
    for (pfn_t start = 0; start + length <= FRAMES; start += length) {
        pfn_t pfn = start;
        while (pfn < start + length && !taken[pfn])
            pfn++;
        if (pfn == start + length)
            return true;
    }
    return false;
}

static void step_take(void)
{
    unsigned order = (unsigned)random_below(random_below(4) == 0 ? ORDERS : 3);
    struct page *page = run_count < RUNS_MAX ? buddy_take(&buddy, order) : NULL;
    if (page == NULL) {
        require(run_count == RUNS_MAX || !model_has(order), "a run that exists is found");
        return;
    }
    pfn_t start = (pfn_t)(page - pages);
    require(is_aligned(start, (uint64_t)1 << order), "runs are aligned");
    mark(start, (uint64_t)1 << order, true);
    for (uint64_t i = 0; i < (uint64_t)1 << order; i++)
        page[i].state = PAGE_WIRED;
    runs[run_count++] = (struct run){start, order};
}

/* Gives a run back whole, or as its two halves, or frame by frame. */
static void step_give(void)
{
    if (run_count == 0)
        return;
    unsigned index = (unsigned)random_below(run_count);
    struct run run = runs[index];
    runs[index] = runs[--run_count];
    unsigned pieces_order = random_below(3) == 0 ? 0 : run.order;
    for (uint64_t i = 0; i < (uint64_t)1 << run.order; i += (uint64_t)1 << pieces_order)
        buddy_give(&buddy, &pages[run.start + i], pieces_order);
    mark(run.start, (uint64_t)1 << run.order, false);
}

static void give_ranges(void)
{
    buddy_init(&buddy, pages, FRAMES);
    free_count = 0;
    run_count = 0;
    for (pfn_t pfn = 0; pfn < FRAMES; pfn++) {
        taken[pfn] = true;
        pages[pfn] = (struct page){.state = PAGE_WIRED, .order = PAGE_ORDER_INSIDE};
    }
    for (pfn_t start = random_below(40); start < FRAMES;) {
        pfn_t end = min_u64(FRAMES, start + 1 + random_below(1500));
        buddy_give_range(&buddy, start, end);
        mark(start, end - start, false);
        start = end + random_below(70);
    }
}

static void round_run(unsigned number)
{
    random_seed(number);
    give_ranges();
    unsigned bias = 0;
    for (unsigned step = 0; step < STEPS; step++) {
        if (step % 500 == 0) {
            bias = (unsigned)random_below(9) + 1;
            buddy_check(&buddy);
        }
        if (random_below(10) < bias)
            step_take();
        else
            step_give();
        require(buddy.frames == free_count, "free frames are counted");
    }
    while (run_count > 0)
        step_give();
    buddy_check(&buddy);
}

static void whole_memory_merges(void)
{
    buddy_init(&buddy, pages, 4096);
    for (pfn_t pfn = 0; pfn < 4096; pfn++)
        pages[pfn] = (struct page){.state = PAGE_WIRED, .order = PAGE_ORDER_INSIDE};
    buddy_give_range(&buddy, 0, 4096);
    for (unsigned i = 0; i < 4096; i++)
        require(buddy_take(&buddy, 0) != NULL, "every frame is given out");
    require(buddy_take(&buddy, 0) == NULL && buddy.frames == 0, "then none is left");
    for (unsigned i = 0; i < 4096; i++)
        buddy_give(&buddy, &pages[(i * 1103) % 4096], 0);
    require(buddy.runs[12] == 1, "all merge into one run again");
    buddy_check(&buddy);
}

int main(void)
{
    printf("1..2\n");
    whole_memory_merges();
    check_done("4096 frames in any order merge into one run");
    for (unsigned i = 1; i <= ROUNDS; i++)
        round_run(i);
    check_done("random runs agree with the model");
    return 0;
}

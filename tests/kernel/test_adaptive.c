/*
 * The adaptive clock inside the kernel: a page that comes back at once becomes hot and outlives a scan of pages that are used once. (What must hold whatever
 * it remembers: tests/host/test_clock_model.c; fault counts: tests/host/test_simulate.c.)
 */
#include "mm/adaptive.h"

#include "kernel/ktest.h"
#include "mm/slab.h"

enum { FRAMES = 64, KEPT = 8, SCANNED = 1000, ROUND = 16 };

/* A memory of FRAMES frames, in which pages with names from 1 on come and go. */
struct memory {
    uint32_t page[FRAMES]; /* 0: none */
    bool used[FRAMES];
    uint64_t faults_of_kept;
};

static enum clock_answer sample(void *context, pfn_t frame, bool clear, uint32_t *name)
{
    struct memory *memory = context;
    if (memory->page[frame] == 0)
        return CLOCK_SKIPPED;
    *name = memory->page[frame];
    bool used = memory->used[frame];
    memory->used[frame] = used && !clear;
    return used ? CLOCK_REFERENCED : CLOCK_IDLE;
}

static bool evict(void *context, pfn_t frame)
{
    struct memory *memory = context;
    memory->page[frame] = 0;
    return true;
}

static const struct clock_ops ops = {.sample = sample, .evict = evict};

/* A program's use of a page: in memory, or a fault that may have to evict first. */
static void use(struct clock *clock, struct memory *memory, uint32_t page)
{
    unsigned free = FRAMES;
    for (unsigned i = 0; i < FRAMES; i++) {
        if (memory->page[i] == page) {
            memory->used[i] = true;
            return;
        }
        free = memory->page[i] == 0 ? i : free;
    }
    memory->faults_of_kept += page <= KEPT;
    if (free == FRAMES)
        KTEST_EXPECT(clock_run(clock, 100 * FRAMES, 1) == 1);
    for (unsigned i = 0; i < FRAMES && free == FRAMES; i++)
        free = memory->page[i] == 0 ? i : free;
    memory->page[free] = page;
    memory->used[free] = true;
}

KTEST(adaptive, pages_in_use_outlive_a_scan)
{
    struct clock clock;
    struct memory memory = {0};
    void *known = kmalloc(adaptive_size(FRAMES));
    clock_init(&clock, FRAMES, &ops, &memory);
    KTEST_EXPECT(known != NULL && clock_select(&clock, CLOCK_ADAPTIVE, adaptive_init(known, FRAMES)) == 0);
    for (uint32_t i = 0; i < SCANNED; i++) {
        use(&clock, &memory, KEPT + 1 + i);
        for (uint32_t kept = 1; i % ROUND == 0 && kept <= KEPT; kept++)
            use(&clock, &memory, kept);
    }
    KTEST_EXPECT(memory.faults_of_kept < 4 * KEPT); /* of 62 uses each */
    KTEST_EXPECT(adaptive_hot(clock.adaptive) >= KEPT && adaptive_hot(clock.adaptive) <= FRAMES);
    KTEST_EXPECT(adaptive_hot_hand(clock.adaptive) < FRAMES && clock.front == clock.back);
    kfree(known);
}

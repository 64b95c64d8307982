/*
 * The clock policy inside the kernel, over frames of its own: the first lap clears, the second evicts in order. (Victim by victim against a queue:
 * tests/host/test_clock_model.c.)
 */
#include "mm/clock.h"

#include "kernel/abi/errno.h"
#include "kernel/ktest.h"

enum { FRAMES = 32, SPREAD = 8 };

struct table {
    bool gone[FRAMES], used[FRAMES];
    pfn_t last; /* victim */
};

static enum clock_answer sample(void *context, pfn_t frame, bool clear, uint32_t *name)
{
    struct table *table = context;
    if (table->gone[frame])
        return CLOCK_SKIPPED;
    *name = (uint32_t)frame;
    bool used = table->used[frame];
    table->used[frame] = used && !clear;
    return used ? CLOCK_REFERENCED : CLOCK_IDLE;
}

static bool evict(void *context, pfn_t frame)
{
    struct table *table = context;
    table->gone[frame] = true;
    table->last = frame;
    return true;
}

static const struct clock_ops ops = {.sample = sample, .evict = evict};

static struct clock start(struct table *table, enum clock_kind kind)
{
    struct clock clock;
    *table = (struct table){0};
    for (unsigned i = 0; i < FRAMES; i++)
        table->used[i] = true;
    clock_init(&clock, FRAMES, &ops, table);
    KTEST_EXPECT(clock_select(&clock, kind, NULL) == 0);
    return clock;
}

KTEST(clock, one_hand_gives_a_second_chance)
{
    struct table table;
    struct clock clock = start(&table, CLOCK_ONE_HAND);
    KTEST_EXPECT(clock_run(&clock, FRAMES, 1) == 0 && clock.back == 0);
    table.used[0] = true;
    KTEST_EXPECT(clock_run(&clock, FRAMES, 1) == 1 && table.last == 1 && clock.back == 2 && !table.used[0]);
    KTEST_EXPECT(clock_run(&clock, FRAMES, FRAMES) == FRAMES - 1 && table.gone[0]);
}

KTEST(clock, two_hands_evict_what_was_idle_between_them)
{
    struct table table;
    struct clock clock = start(&table, CLOCK_TWO_HANDS);
    KTEST_EXPECT(clock_set_spread(&clock, SPREAD) == 0 && clock_set_spread(&clock, FRAMES) == -EINVAL);
    KTEST_EXPECT(clock_run(&clock, SPREAD, 1) == 0);
    table.used[SPREAD] = true;
    KTEST_EXPECT(clock_run(&clock, FRAMES, 1) == 1 && table.last == SPREAD + 1);
    KTEST_EXPECT(clock.front == (clock.back + SPREAD) % FRAMES);
}

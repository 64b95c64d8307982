/*
 * The replacement policies on the simulator's reference strings: nothing beats OPT, the two-handed clock is near LRU where there is locality, the
 * adaptive clock is near OPT there, and does well where LRU fails. Small cases are checked against figures worked out by hand.
 *
 * Links: tests/sim/trace.c tests/sim/policy.c tests/sim/memory.c mm/clock.c mm/adaptive.c
 */
#include <stdlib.h>
#include <string.h>

#include "kernel/panic.h"
#include "mm/adaptive.h"
#include "tests/host/support/tap.h"
#include "tests/sim/policy.h"

enum { FRAMES = 512, CIRCLE = 48, ROUNDS = 4000 };

void noreturn_function assertion_failed(const char *condition, const char *file, int line, const char *function)
{
    printf("not ok - %s:%d: %s: %s\n", file, line, function, condition);
    exit(1);
}

static struct trace trace_of(const char *pages, unsigned frames)
{
    struct trace trace = {.name = pages, .frames = frames};
    for (; *pages != '\0'; pages++)
        trace_touch(&trace, (uint32_t)(*pages - '0'));
    return trace;
}

/* Belady's reference string, with which FIFO is the worse for more memory. */
static void test_by_hand(void)
{
    struct trace three = trace_of("123412512345", 3), four = trace_of("123412512345", 4);
    check(opt_faults(&three) == 7 && opt_faults(&four) == 6, "OPT: 7 faults in 3 frames, 6 in 4");
    check(lru_faults(&three) == 10 && lru_faults(&four) == 8, "LRU: 10 and 8");
    check(fifo_faults(&three, false) == 9 && fifo_faults(&four, false) == 10, "FIFO: 9 and 10, Belady's anomaly");
    check(clock_faults(&four, POLICY_ONE_HAND) == 10, "one hand, all references set: 10");
    trace_free(&three);
    trace_free(&four);
}

static void check_trace(const struct trace *trace)
{
    char line[120];
    uint64_t faults[POLICIES];
    bool optimal = true;
    for (enum policy policy = POLICY_OPT; policy < POLICIES; policy++) {
        faults[policy] = policy_faults(policy, trace);
        optimal = optimal && faults[policy] >= faults[POLICY_OPT];
        printf("# %s %s: %llu\n", trace->name, policy_name(policy), (unsigned long long)faults[policy]);
    }
    snprintf(line, sizeof line, "%s: OPT is not beaten", trace->name);
    check(optimal, line);
    if (!trace->locality)
        return;
    snprintf(line, sizeof line, "%s: two hands within 15 %% of LRU", trace->name);
    check(faults[POLICY_TWO_HANDS] * 100 <= faults[POLICY_LRU] * 115, line);
    snprintf(line, sizeof line, "%s: adaptive within 1.3 of OPT", trace->name);
    check(faults[POLICY_ADAPTIVE] * 10 <= faults[POLICY_OPT] * 13, line);
}

/* Where LRU fails: at most `percent` of the faults of two hands. */
static void check_gain(const char *name, unsigned percent)
{
    for (unsigned which = 0; which < trace_count(); which++) {
        struct trace trace = trace_make(which, FRAMES);
        if (strcmp(trace.name, name) == 0) {
            char line[120];
            uint64_t two = clock_faults(&trace, POLICY_TWO_HANDS), adaptive = clock_faults(&trace, POLICY_ADAPTIVE);
            snprintf(line, sizeof line, "%s: adaptive takes at most %u %% of the faults of two hands", name, percent);
            check(adaptive * 100 <= two * percent, line);
        }
        trace_free(&trace);
    }
}

/* --- the adaptive clock while frames come, go and refuse --- */

static struct {
    bool present, referenced, stays;
    uint32_t name;
} circle[CIRCLE];

static enum clock_answer circle_sample(void *context, pfn_t frame, bool clear, uint32_t *name)
{
    (void)context;
    if (!circle[frame].present)
        return CLOCK_SKIPPED;
    bool referenced = circle[frame].referenced;
    if (clear)
        circle[frame].referenced = false;
    *name = circle[frame].name;
    return referenced ? CLOCK_REFERENCED : CLOCK_IDLE;
}

static bool circle_evict(void *context, pfn_t frame)
{
    (void)context;
    if (circle[frame].stays)
        return false;
    circle[frame].present = false;
    return true;
}

static unsigned circle_evictable(void)
{
    unsigned count = 0;
    for (unsigned i = 0; i < CIRCLE; i++)
        count += circle[i].present && !circle[i].stays;
    return count;
}

static void circle_change(void)
{
    for (unsigned i = random_below(CIRCLE); i > 0; i--) {
        unsigned frame = random_below(CIRCLE);
        circle[frame].present = random_below(4) != 0;
        circle[frame].referenced = random_below(2) != 0;
        circle[frame].stays = random_below(8) == 0;
        if (random_below(2) != 0)
            circle[frame].name = random_below(3 * CIRCLE);
    }
}

/* However the memory changes, the clock gets a frame within a few laps if one can be had, and no more than there are. */
static void test_adaptive_progress(void)
{
    static const struct clock_ops ops = {.sample = circle_sample, .evict = circle_evict};
    struct clock clock;
    void *memory = malloc(adaptive_size(CIRCLE));
    bool progress = true, bounded = true, counted = true;
    clock_init(&clock, CIRCLE, &ops, NULL);
    check(memory != NULL && clock_select(&clock, CLOCK_ADAPTIVE, adaptive_init(memory, CIRCLE)) == 0, "adaptive");
    for (unsigned round = 0; round < ROUNDS; round++) {
        circle_change();
        unsigned can = circle_evictable(), wanted = 1 + random_below(4);
        uint64_t evicted = clock_run(&clock, 8 * CIRCLE, wanted);
        progress = progress && evicted == (can < wanted ? can : wanted);
        bounded = bounded && circle_evictable() + evicted == can;
        counted = counted && adaptive_hot(clock.adaptive) <= CIRCLE && adaptive_hot_hand(clock.adaptive) < CIRCLE;
    }
    check(progress, "what can be evicted is, within 8 laps");
    check(bounded, "nothing else is");
    check(counted, "there are no more hot frames than frames");
    free(memory);
}

int main(void)
{
    test_by_hand();
    for (unsigned which = 0; which < trace_count(); which++) {
        struct trace trace = trace_make(which, FRAMES);
        check_trace(&trace);
        trace_free(&trace);
    }
    check_gain("loop-10", 50);
    check_gain("loop-25", 60);
    check_gain("sequential", 85);
    check_gain("scan", 90);
    check_gain("database", 95);
    test_adaptive_progress();
    printf("1..%u\n", checks);
    return failures > 0;
}

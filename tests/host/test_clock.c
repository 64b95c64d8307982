/*
 * The clock over a table of frames: second chance, the order of victims, what the hands skip, the spread invariant after every change, the scan
 * rate at 65 points and over 4 GB, the watermarks, the daemon's share.
 *
 * Links: mm/clock.c mm/adaptive.c
 */
#include <stdlib.h>
#include <string.h>

#include "kernel/panic.h"
#include "mm/adaptive.h"
#include "mm/clock.h"
#include "tests/host/support/tap.h"

enum { FRAMES = 64, EVICTED_MAX = 4096, POINTS = 65 };

static struct frame {
    bool present, referenced, pinned, streamed;
} frames[FRAMES];
static pfn_t evicted[EVICTED_MAX];
static unsigned evicted_count;
static unsigned generation; /* of the pages: other ones have other names */

void noreturn_function assertion_failed(const char *condition, const char *file, int line, const char *function)
{
    printf("not ok - %s:%d: %s: %s\n", file, line, function, condition);
    exit(1);
}

static enum clock_answer sample(void *context, pfn_t frame, bool clear, uint32_t *name)
{
    (void)context;
    struct frame *at = &frames[frame];
    if (!at->present)
        return CLOCK_SKIPPED;
    *name = (uint32_t)frame + FRAMES * generation;
    bool referenced = at->referenced;
    if (clear)
        at->referenced = false;
    return !referenced ? CLOCK_IDLE : at->streamed ? CLOCK_STREAMED : CLOCK_REFERENCED;
}

static bool evict(void *context, pfn_t frame)
{
    (void)context;
    if (frames[frame].pinned)
        return false;
    frames[frame].present = false;
    if (evicted_count < EVICTED_MAX)
        evicted[evicted_count++] = frame;
    return true;
}

static const struct clock_ops ops = {.sample = sample, .evict = evict};

static void frames_fill(bool referenced)
{
    for (unsigned i = 0; i < FRAMES; i++)
        frames[i] = (struct frame){.present = true, .referenced = referenced};
    evicted_count = 0;
}

static struct clock clock_start(enum clock_kind kind)
{
    struct clock clock;
    clock_init(&clock, FRAMES, &ops, NULL);
    check(clock_select(&clock, kind, NULL) == 0, "a kind is selected");
    return clock;
}

static void test_one_hand(void)
{
    struct clock clock = clock_start(CLOCK_ONE_HAND);
    frames_fill(true);
    check(clock_run(&clock, FRAMES, 1) == 0 && clock.counts.referenced == FRAMES, "the first lap only clears");
    frames[0].referenced = true;
    frames[2].present = false;
    frames[3].pinned = true;
    check(clock_run(&clock, FRAMES, 2) == 2, "as many as wanted are evicted");
    check(evicted[0] == 1 && evicted[1] == 4, "a referenced frame has a second chance, absent and pinned ones stay");
    check(clock.back == 5 && clock.front == 5, "the hand stops behind its last victim");
    check(clock.counts.refused == 1 && clock.counts.skipped == 1, "refusals and skips are counted");
    check(clock_run(&clock, 10, UINT64_MAX) == 10 && clock.back == 15, "steps bound a run");
}

static void test_two_hands(void)
{
    struct clock clock = clock_start(CLOCK_TWO_HANDS);
    frames_fill(true);
    check(clock_set_spread(&clock, 8) == 0, "a spread is set");
    check(clock_run(&clock, 8, 1) == 0, "frames the front hand has not passed stay");
    check(clock_run(&clock, 1, 1) == 1 && evicted[0] == 8, "what was cleared and not used since goes");
    check(clock.front == 17 && clock.back == 9, "the front hand is the spread ahead");
    frames[9].referenced = true;
    check(clock_run(&clock, 2, 1) == 1 && evicted[1] == 10, "what was used between the hands stays");
    check(frames[9].referenced, "the back hand does not clear");
}

static bool hands_agree(const struct clock *clock)
{
    return clock->front < FRAMES && clock->back < FRAMES && clock->front == (clock->back + clock->spread) % FRAMES;
}

/* Random changes of everything, the invariant C1 after each. */
static void test_spread_invariant(void)
{
    struct clock clock = clock_start(CLOCK_TWO_HANDS);
    bool agree = hands_agree(&clock), right = true;
    frames_fill(true);
    for (unsigned i = 0; i < 20000; i++) {
        pfn_t back = clock.back;
        uint64_t spread = random_below(FRAMES + 2), steps = random_below(5);
        switch (random_below(3)) {
        case 0:
            right = right && clock_set_spread(&clock, spread) == (spread == 0 || spread >= FRAMES ? -22 : 0);
            right = right && clock.back == back;
            break;
        case 1:
            right = right && clock_select(&clock, (enum clock_kind)random_below(2), NULL) == 0 && clock.back == back;
            right = right && clock.spread == (clock.kind == CLOCK_TWO_HANDS ? clock.spread_wanted : 0);
            break;
        default:
            frames[random_below(FRAMES)] = (struct frame){.present = true, .referenced = true};
            (void)clock_run(&clock, steps, UINT64_MAX);
            right = right && clock.back == (back + steps) % FRAMES;
        }
        agree = agree && hands_agree(&clock);
    }
    check(agree, "front == back + spread after every change and run");
    check(right, "changes leave the back hand where it is, refuse spreads outside the circle");
}

static void test_kinds(void)
{
    struct clock clock = clock_start(CLOCK_TWO_HANDS);
    check(clock_kind_find("one") == CLOCK_ONE_HAND && clock_kind_find("two") == CLOCK_TWO_HANDS &&
              clock_kind_find("adaptive") == CLOCK_ADAPTIVE,
          "kinds have names");
    check(clock_kind_find("three") == -22 && clock_kind_find("") == -22, "other names are errors");
    check(strcmp(clock_kind_name(CLOCK_TWO_HANDS), "two") == 0, "and back");
    check(clock_select(&clock, CLOCK_ADAPTIVE, NULL) == -22 && clock.kind == CLOCK_TWO_HANDS,
          "the adaptive clock needs its memory");
}

/* The curve: 65 points from nothing free to lotsfree free, for memories from 16 MB to 64 TB, against the formula in long double. */
static void test_scan_rate(void)
{
    for (unsigned shift = 12; shift <= 34; shift += 11) {
        struct clock_marks marks;
        uint64_t total = (uint64_t)1 << shift, before = UINT64_MAX;
        bool exact = true, falls = true;
        clock_marks_init(&marks, total);
        for (unsigned point = 0; point < POINTS; point++) {
            uint64_t free = marks.lotsfree * point / (POINTS - 1), rate = clock_scan_rate(&marks, free);
            unsigned __int128 product = (unsigned __int128)marks.scan_max * (marks.lotsfree - free);
            exact = exact && rate == (uint64_t)(product / marks.lotsfree);
            falls = falls && rate <= before;
            before = rate;
        }
        printf("# %llu frames: lotsfree %llu\n", (unsigned long long)total, (unsigned long long)marks.lotsfree);
        check(exact, "the scan rate is linear at 65 points");
        check(falls, "and falls as more is free");
        check(clock_scan_rate(&marks, 0) == marks.scan_max, "it is at its maximum when nothing is free");
        check(clock_scan_rate(&marks, marks.lotsfree) == 0 && clock_scan_rate(&marks, UINT64_MAX) == 0,
              "and zero from lotsfree up");
    }
    struct clock_marks odd = {.lotsfree = (uint64_t)1 << 31, .desfree = 1, .minfree = 1, .scan_max = UINT64_MAX};
    check(clock_scan_rate(&odd, 0) == UINT64_MAX, "the largest rate does not overflow");
    check(clock_scan_rate(&odd, (uint64_t)1 << 30) == UINT64_MAX / 2, "nor does half of it");
}

static void test_marks(void)
{
    bool valid = true;
    struct clock_marks marks;
    for (uint64_t total = 2; total < (uint64_t)1 << 40; total += total / 3 + 1) {
        clock_marks_init(&marks, total);
        valid = valid && clock_marks_valid(&marks, total);
    }
    check(valid, "the marks of every size of memory are valid");
    clock_marks_init(&marks, 65536);
    check(marks.lotsfree == 1024 && marks.desfree == 512 && marks.minfree == 256, "1/64, 1/128, 1/256 of 256 MB");
    clock_marks_init(&marks, 4096);
    check(marks.lotsfree == 128 && marks.minfree == 32, "small machines have a little more");
    clock_marks_init(&marks, (uint64_t)4 << 20);
    check(marks.lotsfree == 65536, "16 GB");
    struct clock_marks wrong = marks;
    wrong.desfree = wrong.lotsfree + 1;
    check(!clock_marks_valid(&wrong, (uint64_t)4 << 20), "marks out of order are refused");
    check(!clock_marks_valid(&marks, 65536), "as are those beyond half of memory");
}

/* The daemon's share of a CPU: never more than was said, and not much less. */
static void test_share(void)
{
    bool bounded = true, tight = true;
    for (unsigned share = 1; share <= 100; share++) {
        for (uint64_t busy = 0; busy < (uint64_t)1 << 50; busy = busy * 3 + 1) {
            uint64_t whole = busy + clock_pause(busy, share);
            bounded = bounded && busy * 100 <= whole * share;
            tight = tight && (whole - min_u64(whole, 2)) * share <= busy * 100;
        }
    }
    check(bounded, "work is at most its share of the time");
    check(tight, "and pauses are no longer than that takes");
    check(clock_pause(1000, 50) == 1000 && clock_pause(1000, 100) == 0 && clock_pause(10, 1) == 990, "50 %, all, 1 %");
}

/* A page that a stream has used once: a use like any other for the plain clocks; the adaptive one lets it go, and keeps what it has. */
static void test_streams(void)
{
    static uint64_t memory[FRAMES * 64];
    struct clock clock = clock_start(CLOCK_ONE_HAND);
    frames_fill(true);
    for (unsigned i = 0; i < FRAMES; i++)
        frames[i].streamed = i % 2 == 0;
    check(clock_run(&clock, FRAMES, FRAMES) == 0 && clock.counts.referenced == FRAMES,
          "one hand clears what a stream has used");
    check(adaptive_size(FRAMES) <= sizeof(memory) &&
              clock_select(&clock, CLOCK_ADAPTIVE, adaptive_init(memory, FRAMES)) == 0,
          "the adaptive clock is selected");
    bool right = true;
    for (unsigned lap = 0; lap < 4; lap++) {
        for (unsigned i = 0; i < FRAMES; i++)
            frames[i] = (struct frame){.present = true, .referenced = true, .streamed = i % 2 == 0};
        evicted_count = 0;
        right = right && clock_run(&clock, FRAMES, FRAMES) == FRAMES / 2;
        for (unsigned i = 0; i < evicted_count; i++)
            right = right && evicted[i] % 2 == 0;
    }
    check(right, "the adaptive clock gives up what a stream has used, and nothing else, however often it comes back");
    check(adaptive_hot(clock.adaptive) > FRAMES / 4, "the others become hot");
}

/* Frames that are HOT when their program ends are no longer so when they are used anew, long before their old age would tell. */
static void test_end_of_a_program(void)
{
    static uint64_t memory[FRAMES * 64];
    struct clock clock = clock_start(CLOCK_ONE_HAND);
    check(clock_select(&clock, CLOCK_ADAPTIVE, adaptive_init(memory, FRAMES)) == 0, "the adaptive clock is selected");
    for (unsigned lap = 0; lap < 8; lap++) {
        frames_fill(true);
        (void)clock_run(&clock, FRAMES, FRAMES);
    }
    uint64_t hot = adaptive_hot(clock.adaptive);
    check(hot > FRAMES / 2, "what is used again and again becomes hot");
    generation++;
    for (unsigned lap = 0; lap < 4; lap++) { /* a few pages of the next program are used again */
        frames_fill(false);
        for (unsigned i = 0; i < FRAMES; i += 8)
            frames[i].referenced = true;
        (void)clock_run(&clock, FRAMES, 0);
        (void)clock_run(&clock, FRAMES, 1);
    }
    printf("# hot: %u, then %u\n", (unsigned)hot, (unsigned)adaptive_hot(clock.adaptive));
    check(adaptive_hot(clock.adaptive) < FRAMES / 2, "the dead are soon found out");
}

int main(void)
{
    test_share();
    test_one_hand();
    test_two_hands();
    test_spread_invariant();
    test_kinds();
    test_scan_rate();
    test_marks();
    test_streams();
    test_end_of_a_program();
    printf("1..%u\n", checks);
    return failures > 0;
}

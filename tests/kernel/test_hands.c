/*
 * The machine's clock and its settings: kinds, spread, marks; each change and run is in the event ring as a replay needs it. (What the hands do is the
 * clock's: tests/host/test_clock.c; that they run, pageout's.)
 */
#include "mm/hands.h"

#include "kernel/abi/errno.h"
#include "kernel/abi/vmtrace.h"
#include "kernel/ktest.h"
#include "mm/adaptive.h"
#include "mm/circle.h"
#include "mm/frame.h"
#include "mm/vmtrace.h"

static bool hands_agree(void)
{
    struct clock clock = hands_state();
    uint64_t spread = clock.kind == CLOCK_TWO_HANDS ? clock.spread_wanted : 0;
    return clock.frames == circle_places() && clock.spread == spread && clock.back < clock.frames &&
           clock.front == (clock.back + spread) % clock.frames;
}

KTEST(hands, every_kind_can_be_chosen_and_no_other)
{
    struct clock before = hands_state();
    static const char *const kinds[] = {"adaptive", "one", "two", "adaptive", "one"};
    for (unsigned i = 0; i < ARRAY_LENGTH(kinds); i++) {
        KTEST_EXPECT(hands_select(kinds[i]) == 0 && hands_agree());
        struct clock now = hands_state();
        KTEST_EXPECT(now.kind == (enum clock_kind)clock_kind_find(kinds[i]) && now.back == before.back);
        KTEST_EXPECT((now.adaptive != NULL) == (now.kind == CLOCK_ADAPTIVE));
    }
    KTEST_EXPECT(hands_select("three") == -EINVAL && hands_select("") == -EINVAL);
    KTEST_EXPECT(hands_state().kind == CLOCK_ONE_HAND);
    KTEST_EXPECT(hands_select(clock_kind_name(before.kind)) == 0 && hands_state().spread == before.spread);
}

KTEST(hands, the_spread_is_within_the_circle)
{
    struct clock before = hands_state();
    KTEST_EXPECT(hands_select("two") == 0);
    KTEST_EXPECT(hands_set_spread(0) == -EINVAL && hands_set_spread(circle_places()) == -EINVAL);
    KTEST_EXPECT(hands_state().spread == before.spread_wanted);
    KTEST_EXPECT(hands_set_spread(1) == 0 && hands_agree() && hands_state().spread == 1);
    KTEST_EXPECT(hands_set_spread(circle_places() - 1) == 0 && hands_agree());
    KTEST_EXPECT(hands_set_spread(before.spread_wanted) == 0);
    KTEST_EXPECT(hands_select(clock_kind_name(before.kind)) == 0 && hands_state().front == before.front);
}

KTEST(hands, marks_are_in_order_or_refused)
{
    const struct clock_marks before = hands_marks();
    KTEST_EXPECT(clock_marks_valid(&before, frames_total()));
    struct clock_marks marks = before;
    marks.desfree = marks.lotsfree + 1;
    KTEST_EXPECT(hands_set_marks(&marks) == -EINVAL && hands_marks().desfree == before.desfree);
    marks = before;
    marks.lotsfree = frames_total() / 2 + 1;
    KTEST_EXPECT(hands_set_marks(&marks) == -EINVAL);
    marks = before;
    marks.minfree = marks.minfree / 2 + 1;
    marks.scan_max = 12345;
    KTEST_EXPECT(hands_set_marks(&marks) == 0);
    KTEST_EXPECT(hands_marks().minfree == marks.minfree && hands_marks().scan_max == 12345);
    KTEST_EXPECT(hands_set_marks(&before) == 0);
}

/* The last event of the kind that is in the ring from `since` on. */
static bool event_find(uint64_t since, enum vmtrace_kind kind, struct vmtrace_event *found)
{
    struct vmtrace_event event;
    bool any = false;
    for (uint64_t at = since; at < vmtrace_end(); at++) {
        if (vmtrace_read(at, &event) && event.kind == (unsigned)kind) {
            *found = event;
            any = true;
        }
    }
    return any;
}

KTEST(hands, runs_and_changes_are_in_the_ring)
{
    struct vmtrace_event event;
    struct clock before = hands_state();
    uint64_t since = vmtrace_end();
    if (vmtrace_ring.slots == NULL)
        return;
    KTEST_EXPECT(hands_run(1000, 0) == 0); /* nobody wants a page: not a step */
    KTEST_EXPECT(hands_state().back == before.back && hands_state().counts.laps == before.counts.laps);
    KTEST_EXPECT(event_find(since, VMTRACE_RUN, &event) && event.value == (uint64_t)1000 << 32);
    KTEST_EXPECT(event_find(since, VMTRACE_HANDS, &event) && event.value == before.back && event.frame == before.front);
    since = vmtrace_end();
    KTEST_EXPECT(hands_select("one") == 0 && event_find(since, VMTRACE_CLOCK, &event));
    KTEST_EXPECT(event.detail == CLOCK_ONE_HAND && event.value == (before.frames << 32 | before.back));
    KTEST_EXPECT(hands_select(clock_kind_name(before.kind)) == 0);
}

KTEST(hands, names_have_hashes_of_their_own)
{
    static const char owners[2];
    uint32_t first = page_name_hash(&owners[0], 1);
    KTEST_EXPECT(first == page_name_hash(&owners[0], 1));
    unsigned same = 0;
    for (uint64_t index = 2; index < 1000; index++)
        same += page_name_hash(&owners[0], index) == first;
    KTEST_EXPECT(same == 0);
}

/* Failures on purpose: every n-th, for whom, and whether somebody was struck. */
#include "mm/inject.h"

#include "kernel/ktest.h"
#include "kernel/thread.h"
#include "mm/frame.h"
#include "mm/slab.h"

enum { ASKED = 30 };

static unsigned failures_of(struct injection *injection)
{
    unsigned failures = 0;
    for (unsigned i = 0; i < ASKED; i++)
        failures += injection_due(injection);
    return failures;
}

KTEST(inject, every_nth_fails_and_the_thread_is_told_once)
{
    struct injection injection = {0};
    (void)injection_has_struck();
    KTEST_EXPECT(failures_of(&injection) == 0 && !injection_has_struck());
    injection_set(&injection, 3);
    KTEST_EXPECT(!injection_due(&injection) && !injection_due(&injection) && injection_due(&injection));
    KTEST_EXPECT(injection_has_struck() && !injection_has_struck());
    KTEST_EXPECT(failures_of(&injection) == ASKED / 3);
    injection_set(&injection, 1);
    KTEST_EXPECT(failures_of(&injection) == ASKED);
    injection_set(&injection, 0);
    KTEST_EXPECT(failures_of(&injection) == 0);
    (void)injection_has_struck();
}

/* The injections of frames and objects are one, then: others' allocations may come between. */
KTEST(inject, the_nth_of_either_kind_fails_once)
{
    struct injection one = {.every = INJECTION_ONCE}, other = {.every = INJECTION_ONCE};
    unsigned failures = 0, asked = 0;
    injection_once(3);
    KTEST_EXPECT(frame_fails_every() == INJECTION_ONCE && slab_fails_every() == INJECTION_ONCE);
    for (; injection_once_left() > 0 && asked < ASKED; asked++)
        failures += injection_due(asked % 2 == 0 ? &one : &other);
    KTEST_EXPECT(injection_once_left() == 0 && failures <= 1 && asked <= 3);
    KTEST_EXPECT(failures_of(&one) == 0 && failures_of(&other) == 0);
    injection_once(1);
    KTEST_EXPECT(injection_once_left() <= 1);
    injection_once(0);
    KTEST_EXPECT(injection_once_left() == 0 && frame_fails_every() == 0 && slab_fails_every() == 0);
    (void)injection_has_struck();
}

KTEST(inject, who_must_live_is_spared)
{
    struct injection injection = {0};
    bool spared = thread_current()->spared;
    (void)injection_has_struck();
    injection_set(&injection, 1);
    thread_current()->spared = true;
    KTEST_EXPECT(failures_of(&injection) == 0 && !injection_has_struck());
    thread_current()->spared = false;
    atomic_store(&injection_in_kernel, true); /* which this thread is */
    KTEST_EXPECT(failures_of(&injection) == ASKED);
    atomic_store(&injection_in_kernel, false);
    thread_current()->spared = spared;
    (void)injection_has_struck();
}

/* Failures on purpose: every n-th, for whom, and whether somebody was struck. */
#include "mm/inject.h"

#include "kernel/ktest.h"
#include "kernel/thread.h"

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

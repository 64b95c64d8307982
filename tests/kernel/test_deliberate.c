/*
 * A test that fails, so that tests/crash.t can see that a failure is noticed. `test=all` leaves this suite out; it runs only
 * when it is named.
 */
#include "kernel/ktest.h"

KTEST(deliberate, passes)
{
    KTEST_EXPECT(true);
}

KTEST(deliberate, fails)
{
    KTEST_EXPECT(false);
}

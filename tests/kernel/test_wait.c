/* Waiting for a condition that takes what it waits for: it is not evaluated again when it has been true. */
#include "kernel/wait.h"

#include "kernel/abi/errno.h"
#include "kernel/ktest.h"
#include "kernel/time.h"

static struct waitqueue nobody = WAITQUEUE_INIT(nobody);

/* Whether this look is the `first` one to succeed, or a later one, which must not be. */
static bool look(unsigned *looks, unsigned first)
{
    return ++*looks >= first;
}

KTEST(wait, a_condition_that_was_true_is_left_alone)
{
    unsigned looks = 0;
    wait_event(&nobody, look(&looks, 1));
    KTEST_EXPECT(looks == 1);
    looks = 0;
    wait_event(&nobody, look(&looks, 2)); /* as when it comes true before the sleep */
    KTEST_EXPECT(looks == 2);
    KTEST_EXPECT(list_is_empty(&nobody.waiters));
}

KTEST(wait, with_a_deadline_too)
{
    uint64_t deadline = time_now() + NS_PER_SECOND / 100;
    for (unsigned first = 1; first <= 3; first++) { /* the third look comes after the sleep */
        unsigned looks = 0;
        KTEST_EXPECT(wait_event_interruptible(&nobody, look(&looks, first), deadline) == 0 && looks == first);
    }
    KTEST_EXPECT(wait_event_interruptible(&nobody, false, deadline) == -ETIMEDOUT);
    KTEST_EXPECT(list_is_empty(&nobody.waiters));
}

/*
 * Who is killed at the end of memory: the sum that decides, its bounds, and what /proc shows of it. (tests/swap-errors.t brings memory to its end.)
 */
#include "mm/oom.h"

#include "kernel/abi/errno.h"
#include "kernel/ktest.h"
#include "kernel/process.h"
#include "mm/aspace.h"

enum { TOTAL = 100000 };

KTEST(oom, points_are_pages_and_thousandths_of_all)
{
    KTEST_EXPECT(oom_points(0, 0, TOTAL) == 0 && oom_points(1234, 0, TOTAL) == 1234);
    KTEST_EXPECT(oom_points(1234, 1, TOTAL) == 1334 && oom_points(1234, -13, TOTAL) == -66);
    KTEST_EXPECT(oom_points(0, 1000, TOTAL) == TOTAL && oom_points(TOTAL, -999, TOTAL) == 100);
}

KTEST(oom, minus_1000_is_never_and_less_than_anything)
{
    KTEST_EXPECT(oom_points(TOTAL, -1000, TOTAL) == OOM_NEVER);
    KTEST_EXPECT(oom_points(0, -999, TOTAL) > OOM_NEVER);
}

KTEST(oom, the_larger_wish_outweighs_the_larger_process)
{
    int64_t small_willing = oom_points(100, 500, TOTAL), large = oom_points(40000, 0, TOTAL);
    int64_t large_spared = oom_points(40000, -500, TOTAL), small = oom_points(100, 0, TOTAL);
    KTEST_EXPECT(small_willing > large && small > large_spared && large > small);
}

KTEST(oom, the_score_is_0_to_1333)
{
    KTEST_EXPECT(oom_score(OOM_NEVER, TOTAL) == 0 && oom_score(oom_points(0, -999, TOTAL), TOTAL) == 0);
    KTEST_EXPECT(oom_score(0, TOTAL) == 666 && oom_score(TOTAL, TOTAL) == 1333);
    KTEST_EXPECT(oom_score(oom_points(TOTAL / 2, 0, TOTAL), TOTAL) == 1000);
}

KTEST(oom, nobody_is_chosen_twice)
{
    static struct process process = {.pid = 1 << 20};
    process.aspace = aspace_create();
    KTEST_EXPECT(oom_process_score(&process) > 0);
    process.oom_killed = true;
    KTEST_EXPECT(oom_process_score(&process) == 0);
    aspace_put(process.aspace);
}

KTEST(oom, a_child_has_its_parents_adjustment)
{
    static struct process parent = {.oom_adjustment = 300, .oom_adjustment_least = -7}, child;
    oom_adjustment_copy(&child, &parent);
    KTEST_EXPECT(child.oom_adjustment == 300 && child.oom_adjustment_least == -7);
}

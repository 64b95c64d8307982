/* The memory system's counters: each has a name of its own, and counts from every CPU at once. */
#include "mm/stats.h"

#include "kernel/ktest.h"
#include "libc/string.h"
#include "tests/kernel/crew.h"

enum { TIMES = 1000 };

KTEST(stats, every_counter_has_a_name_of_its_own)
{
    for (enum stat stat = 0; stat < STAT_COUNT; stat++) {
        KTEST_EXPECT(stat_name(stat) != NULL && stat_name(stat)[0] != '\0' && strchr(stat_name(stat), ' ') == NULL);
        for (enum stat other = 0; other < stat; other++)
            KTEST_EXPECT(strcmp(stat_name(stat), stat_name(other)) != 0);
    }
}

static void count(unsigned number, void *context)
{
    (void)number, (void)context;
    for (unsigned i = 0; i < TIMES; i++)
        stat_count(STAT_SWAP_STUCK); /* which nothing else counts meanwhile */
}

KTEST(stats, nothing_is_lost_when_all_count)
{
    uint64_t before = stat_get(STAT_SWAP_STUCK);
    crew_run(crew_size(), count, NULL);
    KTEST_EXPECT(stat_get(STAT_SWAP_STUCK) == before + crew_size() * TIMES);
    stat_add(STAT_SWAP_STUCK, before - stat_get(STAT_SWAP_STUCK));
    KTEST_EXPECT(stat_get(STAT_SWAP_STUCK) == before);
}

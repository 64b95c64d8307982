/* The balance set's choice, the main cases. (All of them: tests/host/test_balance.c.) */
#include "mm/balance.h"

#include "kernel/ktest.h"

#define SECOND ((uint64_t)1000 * 1000 * 1000)

static char names[3];

static enum balance_action choose(const struct balance_rules *rules, const struct balance_memory *memory,
                                  const struct balance_process *processes, unsigned count, void **who)
{
    struct balance balance;
    struct balance_process chosen;
    balance_begin(&balance, rules, memory);
    for (unsigned i = 0; i < count; i++)
        balance_add(&balance, &processes[i]);
    enum balance_action action = balance_choose(&balance, &chosen);
    *who = chosen.who;
    return action;
}

KTEST(balance, the_largest_goes_when_paging_does_not_hold)
{
    struct balance_rules rules = {.patience_ns = SECOND, .turn_ns = SECOND};
    struct balance_memory memory = {.frames = 1000, .free = 10, .lotsfree = 50, .room = 10000, .short_ns = SECOND - 1};
    struct balance_process processes[] = {{.who = &names[0], .pages = 400, .there_ns = UINT64_MAX},
                                          {.who = &names[1], .pages = 600, .there_ns = UINT64_MAX}};
    void *who;
    KTEST_EXPECT(choose(&rules, &memory, processes, 2, &who) == BALANCE_STAY); /* patience */
    memory.short_ns = SECOND;
    KTEST_EXPECT(choose(&rules, &memory, processes, 2, &who) == BALANCE_TAKE_OUT && who == &names[1]);
    KTEST_EXPECT(choose(&rules, &memory, &processes[1], 1, &who) == BALANCE_STAY); /* nobody else would gain */
    processes[0].asleep_ns = 2 * SECOND;
    KTEST_EXPECT(choose(&rules, &memory, processes, 2, &who) == BALANCE_TAKE_OUT && who == &names[0]);
    rules.patience_ns = 0;
    KTEST_EXPECT(choose(&rules, &memory, processes, 2, &who) == BALANCE_STAY);
}

KTEST(balance, who_is_out_comes_in_when_it_has_something_to_do)
{
    struct balance_rules rules = {.patience_ns = SECOND, .turn_ns = SECOND};
    struct balance_memory memory = {.frames = 1000, .free = 600, .lotsfree = 50, .room = 10000};
    struct balance_process process = {.who = &names[2], .pages = 500, .out = true, .left_asleep = true, .asleep_ns = 5};
    void *who;
    KTEST_EXPECT(choose(&rules, &memory, &process, 1, &who) == BALANCE_STAY);
    process.asleep_ns = 0;
    KTEST_EXPECT(choose(&rules, &memory, &process, 1, &who) == BALANCE_BRING_IN && who == &names[2]);
}

/*
 * The balance set: who is taken out and brought in, rule by rule, and that everybody makes progress when processes of any size come, sleep and go.
 *
 * Links: mm/balance.c
 */
#include "mm/balance.h"
#include "tests/host/support/tap.h"

enum { FRAMES = 4096, LOTSFREE = 128, TURN = 2000, PATIENCE = 1000, PROCESSES = 5, STEPS = 20000, STEP_MS = 50 };
#define MS ((uint64_t)1000 * 1000)

static struct balance look;
static int names[PROCESSES];

static void look_begin(uint64_t free, uint64_t short_ms)
{
    const struct balance_rules rules = {.patience_ns = PATIENCE * MS, .turn_ns = TURN * MS};
    const struct balance_memory memory = {
        .frames = FRAMES, .free = free, .lotsfree = LOTSFREE, .room = 4 * FRAMES, .short_ns = short_ms * MS};
    balance_begin(&look, &rules, &memory);
}

static void look_add(int who, uint64_t pages, uint64_t there_ms, uint64_t asleep_ms, bool out, bool left_asleep)
{
    const struct balance_process process = {
        .who = &names[who],
        .pages = pages,
        .there_ns = there_ms * MS,
        .asleep_ns = asleep_ms * MS,
        .out = out,
        .left_asleep = left_asleep,
    };
    balance_add(&look, &process);
}

static void expect(enum balance_action action, int who, const char *name)
{
    struct balance_process process;
    enum balance_action found = balance_choose(&look, &process);
    check(found == action && (action == BALANCE_STAY || process.who == &names[who]), name);
}

static void test_out(void)
{
    look_begin(0, PATIENCE - 1);
    look_add(0, 2000, TURN, 0, false, false);
    look_add(1, 1500, TURN, 0, false, false);
    expect(BALANCE_STAY, 0, "while patience lasts nobody goes");
    look_begin(0, 10 * PATIENCE);
    look.rules.patience_ns = 0;
    look_add(0, 2000, TURN, 0, false, false);
    look_add(1, 1500, TURN, 0, false, false);
    expect(BALANCE_STAY, 0, "nor when swapping is turned off");
    look_begin(0, PATIENCE);
    look_add(0, 2000, TURN, 0, false, false);
    look_add(1, 1500, TURN, 0, false, false);
    expect(BALANCE_TAKE_OUT, 0, "then the largest");
    look_begin(0, PATIENCE);
    look_add(0, 2000, TURN - 1, 0, false, false);
    look_add(1, 1500, TURN, 0, false, false);
    expect(BALANCE_TAKE_OUT, 1, "of those that have had their turn");
    look_begin(0, PATIENCE);
    look_add(0, 2000, TURN, 0, false, false);
    expect(BALANCE_STAY, 0, "one that works alone stays");
    look_add(1, 20, TURN, 0, false, false);
    expect(BALANCE_STAY, 0, "a small one is no rival");
    look_add(2, 20, TURN, TURN, false, false);
    look_add(3, 3, TURN, TURN + 1, false, false);
    expect(BALANCE_TAKE_OUT, 3, "who has slept longest goes first, however small");
    look_begin(0, PATIENCE);
    look_add(0, 2000, TURN, 0, false, false);
    look_add(1, 9, TURN, TURN - 1, false, false);
    expect(BALANCE_STAY, 0, "who sleeps less than a turn does not");
    look_add(2, 9, TURN - 1, 2 * TURN, false, false);
    expect(BALANCE_STAY, 0, "nor does who has been in for less than a turn");
    look_add(3, 9, TURN, TURN, false, false);
    expect(BALANCE_TAKE_OUT, 3, "but another one that has slept for less time");
}

static void test_in(void)
{
    look_begin(1000 + LOTSFREE, 0);
    look_add(0, 2000, 1, 0, false, false);
    look_add(1, 1000, TURN - 1, 0, true, false);
    expect(BALANCE_STAY, 0, "who was taken out at work stays out for a turn");
    look_begin(1000 + LOTSFREE, 0);
    look_add(0, 2000, 1, 0, false, false);
    look_add(1, 1000, TURN, 0, true, false);
    expect(BALANCE_BRING_IN, 1, "then comes in when there is room");
    look_begin(1000 + LOTSFREE - 1, 0);
    look_add(0, 2000, TURN - 1, 0, false, false);
    look_add(1, 1000, TURN, 0, true, false);
    expect(BALANCE_STAY, 0, "without room it waits for another one's turn to end");
    look_begin(0, 0);
    look_add(0, 2000, TURN, 0, false, false);
    look_add(2, 2500, TURN + 1, 0, false, false);
    look_add(1, 1000, TURN, 0, true, false);
    expect(BALANCE_TAKE_OUT, 2, "the one longest in memory makes room");
    look_begin(0, 0);
    look_add(0, 2000, 1, 0, false, false);
    look_add(1, 1000, 4 * TURN, 0, true, false);
    expect(BALANCE_BRING_IN, 1, "who has waited four turns comes in anyhow");
    look_begin(0, 0);
    look_add(0, 20, 1, 0, false, false);
    look_add(1, 1000, 1, 0, true, false);
    expect(BALANCE_BRING_IN, 1, "and at once if nobody is at work in memory");
    const struct balance_process fixed = {.who = &names[2], .pages = 2000, .there_ns = UINT64_MAX, .fixed = true};
    balance_add(&look, &fixed);
    expect(BALANCE_STAY, 0, "one that must not go may be at work");
}

static void test_sleepers(void)
{
    look_begin(0, 0);
    look_add(0, 2000, TURN, 0, false, false);
    look_add(1, 1000, 10 * TURN, 5, true, true);
    expect(BALANCE_STAY, 0, "a sleeper that is out and sleeps stays out");
    look_add(2, 10, 1, 0, true, true);
    expect(BALANCE_BRING_IN, 2, "one that woke comes in at once");
    look_begin(0, 0);
    look.rules.patience_ns = 0;
    look_add(1, 1000, 1, 5, true, true);
    expect(BALANCE_BRING_IN, 1, "when swapping is turned off, everybody comes in");
    look_begin(0, 10 * PATIENCE);
    look.memory.room = 1999;
    look_add(0, 2000, TURN, 0, false, false);
    look_add(1, 2000, TURN, 0, false, false);
    expect(BALANCE_STAY, 0, "nobody goes for whom there is no room on swap");
}

/* Processes of a made-up machine in which a process at work makes progress when all that are in memory fit. */
static struct actor {
    uint64_t pages, since, asleep_since, progress_at, longest_ms;
    bool out, left_asleep, asleep;
} actors[PROCESSES];

static unsigned mistakes;

static uint64_t memory_used(void)
{
    uint64_t used = 0;
    for (int i = 0; i < PROCESSES; i++)
        used += actors[i].out || actors[i].asleep ? 0 : actors[i].pages;
    return used;
}

static void actor_live(struct actor *actor, uint64_t now, bool fits)
{
    if (random_below(40) == 0) {
        actor->asleep = !actor->asleep;
        actor->asleep_since = now;
        actor->progress_at = now;
    }
    if (actor->asleep || (!actor->out && (fits || now - actor->since >= TURN)))
        actor->progress_at = now;
    if (now - actor->progress_at > actor->longest_ms)
        actor->longest_ms = now - actor->progress_at;
}

static void actor_do(const struct balance_process *process, enum balance_action action, uint64_t now)
{
    struct actor *actor = &actors[(int *)process->who - names];
    mistakes += actor->out != (action == BALANCE_BRING_IN);
    actor->left_asleep = process->asleep_ns > 0;
    actor->out = action == BALANCE_TAKE_OUT;
    actor->since = now;
}

static void test_progress(void)
{
    uint64_t shortage = 0, actions = 0, longest = 0;
    for (int i = 0; i < PROCESSES; i++)
        actors[i] = (struct actor){.pages = 600 + random_below(3000)};
    for (uint64_t now = 0; now < (uint64_t)STEPS * STEP_MS; now += STEP_MS) {
        bool fits = memory_used() <= FRAMES;
        struct balance_process process;
        shortage = fits ? 0 : shortage + STEP_MS;
        look_begin(fits ? FRAMES - memory_used() : 0, shortage);
        for (int i = 0; i < PROCESSES; i++) {
            actor_live(&actors[i], now, fits);
            look_add(i, actors[i].pages, now - actors[i].since, actors[i].asleep ? now - actors[i].asleep_since + 1 : 0,
                     actors[i].out, actors[i].left_asleep);
        }
        enum balance_action action = balance_choose(&look, &process);
        if (action == BALANCE_STAY)
            continue;
        actor_do(&process, action, now);
        actions++;
    }
    for (int i = 0; i < PROCESSES; i++)
        longest = actors[i].longest_ms > longest ? actors[i].longest_ms : longest;
    printf("# %lu actions, longest without progress %lu ms\n", (unsigned long)actions, (unsigned long)longest);
    check(actions > 100, "processes go and come");
    check(mistakes == 0, "only who is in goes out, only who is out comes in");
    check(longest <= (uint64_t)2 * PROCESSES * TURN, "none waits longer than twice everybody's turn");
}

int main(void)
{
    test_out();
    test_in();
    test_sleepers();
    test_progress();
    printf("1..%u\n", checks);
    return failures != 0;
}

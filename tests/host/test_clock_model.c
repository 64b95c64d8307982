/*
 * The clock against a naive one: random circles, references, pins, arrivals, departures, spreads and runs; every victim, refusal, position and count
 * compared. The model has no hands and no remainders: it is a queue of pages that is turned, all of it, at each step.
 *
 *     queue   [0] [1] [2] ... [spread] ...        one hand:  [0] goes if idle, else its reference is cleared; [0] to the end
 *              |                 |                two hands: [spread] is cleared, [0] goes if idle; [0] to the end
 *              back hand         front hand
 *
 * The adaptive clock is no queue. Of it is checked what must hold whatever it remembers: C1 to C3 (mm/clock.h), no victim at the first look at its page,
 * the same victims from the same answers, and that idle pages go in the end.
 *
 * Links: mm/clock.c mm/adaptive.c
 */
#include <stdlib.h>
#include <string.h>

#include "kernel/panic.h"
#include "mm/adaptive.h"
#include "mm/clock.h"
#include "tests/host/support/tap.h"

enum { FRAMES_MAX = 70, ROUNDS = 150, STEPS = 400, LOG_MAX = 4096, IDLE_LAPS = 4 };

struct frame {
    unsigned number;
    uint32_t page; /* the page's name; another one each time the frame has a new page */
    bool present, referenced, pinned;
};

/* What a clock asked for in one run: the frames to be evicted, in order, with the answer. */
struct log {
    unsigned count;
    struct {
        unsigned frame;
        bool gone;
    } wanted[LOG_MAX];
};

/* The frames as the clock under test sees them, and what it was told last. */
static struct machine {
    struct frame frames[FRAMES_MAX];
    struct log log;
    uint32_t
        looked[FRAMES_MAX]; /* the page that the last look at this frame saw, before the one that is the last of all */
    unsigned sampled;       /* frame of the last sample ... */
    enum clock_answer answer; /* ... and its answer */
    bool was_known;           /* ... and whether its page had been looked at there before */
    bool rash;                /* a victim without such a look, or without an IDLE sample just before (C2) */
} machine;

static struct frame queue[FRAMES_MAX]; /* the model */
static struct log model_log;
static struct clock_counts model_counts;
static unsigned frames, names;

void noreturn_function assertion_failed(const char *condition, const char *file, int line, const char *function)
{
    printf("not ok - %s:%d: %s: %s\n", file, line, function, condition);
    exit(1);
}

static void log_add(struct log *log, unsigned frame, bool gone)
{
    if (log->count < LOG_MAX) {
        log->wanted[log->count].frame = frame;
        log->wanted[log->count].gone = gone;
    }
    log->count++;
}

static bool logs_agree(const struct log *a, const struct log *b)
{
    if (a->count != b->count || a->count > LOG_MAX)
        return false;
    for (unsigned i = 0; i < a->count; i++) {
        if (a->wanted[i].frame != b->wanted[i].frame || a->wanted[i].gone != b->wanted[i].gone)
            return false;
    }
    return true;
}

/* --- the machine under the real clock ----------------------------------------------------------------------------------- */

static enum clock_answer sample(void *context, pfn_t number, bool clear, uint32_t *name)
{
    struct machine *at = context;
    struct frame *frame = &at->frames[number];
    at->sampled = (unsigned)number;
    at->was_known = frame->present && at->looked[number] == frame->page;
    at->looked[number] = frame->present ? frame->page : 0;
    at->answer = CLOCK_SKIPPED;
    if (!frame->present)
        return CLOCK_SKIPPED;
    *name = frame->page;
    at->answer = frame->referenced ? CLOCK_REFERENCED : CLOCK_IDLE;
    frame->referenced = frame->referenced && !clear;
    return at->answer;
}

static bool evict(void *context, pfn_t number)
{
    struct machine *at = context;
    struct frame *frame = &at->frames[number];
    at->rash = at->rash || at->sampled != number || at->answer != CLOCK_IDLE || !at->was_known;
    log_add(&at->log, (unsigned)number, !frame->pinned);
    frame->present = frame->pinned;
    return !frame->pinned;
}

static const struct clock_ops ops = {.sample = sample, .evict = evict};

/* --- the model ---------------------------------------------------------------------------------------------------------- */

static void queue_turn(void)
{
    struct frame first = queue[0];
    memmove(&queue[0], &queue[1], (frames - 1) * sizeof(queue[0]));
    queue[frames - 1] = first;
    model_counts.laps += queue[0].number == 0;
}

static void look_counted(const struct frame *frame)
{
    model_counts.skipped += !frame->present;
    model_counts.referenced += frame->present && frame->referenced;
}

/* Gives the first page of the queue up if it may go. */
static unsigned first_give_up(void)
{
    struct frame *first = &queue[0];
    if (!first->present || first->referenced)
        return 0;
    log_add(&model_log, first->number, !first->pinned);
    model_counts.evicted += !first->pinned;
    model_counts.refused += first->pinned;
    first->present = first->pinned;
    return !first->pinned;
}

static unsigned model_step(enum clock_kind kind, unsigned spread)
{
    model_counts.front_scanned++;
    if (kind == CLOCK_TWO_HANDS) {
        model_counts.back_scanned++;
        look_counted(&queue[spread]);
        queue[spread].referenced = false;
    }
    look_counted(&queue[0]);
    unsigned gone = first_give_up();
    if (kind == CLOCK_ONE_HAND)
        queue[0].referenced = false;
    queue_turn();
    return gone;
}

static unsigned model_run(enum clock_kind kind, unsigned spread, unsigned steps, unsigned wanted)
{
    unsigned gone = 0;
    while (steps-- > 0 && gone < wanted)
        gone += model_step(kind, spread);
    return gone;
}

/* --- both --------------------------------------------------------------------------------------------------------------- */

static struct frame *model_frame(unsigned number)
{
    unsigned place = 0;
    while (queue[place].number != number)
        place++;
    return &queue[place];
}

/* Something happens to a frame: its page is used, pinned or let go, leaves, or another one comes. */
static void frame_change(void)
{
    unsigned number = random_below(frames);
    struct frame *frame = &machine.frames[number];
    switch (random_below(8)) {
    case 0:
        frame->pinned = !frame->pinned;
        break;
    case 1:
        frame->present = false;
        break;
    case 2:
    case 3:
        *frame = (struct frame){.number = number, .page = ++names, .present = true, .referenced = random_below(2) == 0};
        break;
    default:
        frame->referenced = true;
    }
    *model_frame(number) = *frame;
}

static void machine_start(struct clock *clock)
{
    frames = 2 + random_below(FRAMES_MAX - 1);
    machine = (struct machine){0};
    model_counts = (struct clock_counts){0};
    for (unsigned i = 0; i < frames; i++) {
        machine.frames[i] = (struct frame){i, ++names, random_below(4) != 0, random_below(2) == 0,
                                           random_below(16) == 0};
        queue[i] = machine.frames[i];
    }
    clock_init(clock, frames, &ops, &machine);
}

static void logs_empty(void)
{
    machine.log.count = model_log.count = 0;
}

static bool counts_agree(const struct clock_counts *a, const struct clock_counts *b)
{
    return a->front_scanned == b->front_scanned && a->back_scanned == b->back_scanned && a->skipped == b->skipped &&
           a->referenced == b->referenced && a->evicted == b->evicted && a->refused == b->refused && a->laps == b->laps;
}

static bool positions_agree(const struct clock *clock, unsigned spread)
{
    return clock->back == queue[0].number && clock->front == queue[spread].number;
}

static bool frames_agree(void)
{
    for (unsigned i = 0; i < frames; i++) {
        const struct frame *real = &machine.frames[i], *model = model_frame(i);
        if (real->present != model->present || (real->present && real->referenced != model->referenced))
            return false;
    }
    return true;
}

static struct {
    bool victims, positions, counts, frames;
    unsigned long gone, refused;
} plain = {true, true, true, true, 0, 0};

/* One circle, from its start through STEPS random changes and runs. */
static void plain_round(void)
{
    struct clock clock;
    machine_start(&clock);
    enum clock_kind kind = random_below(2) == 0 ? CLOCK_ONE_HAND : CLOCK_TWO_HANDS;
    unsigned wanted_spread = 1 + random_below(frames - 1), spread = kind == CLOCK_TWO_HANDS ? wanted_spread : 0;
    bool set = clock_set_spread(&clock, wanted_spread) == 0 && clock_select(&clock, kind, NULL) == 0;
    for (unsigned step = 0; step < STEPS && set; step++) {
        for (unsigned changes = random_below(4); changes > 0; changes--)
            frame_change();
        if (random_below(20) == 0) {
            wanted_spread = 1 + random_below(frames - 1);
            kind = random_below(2) == 0 ? CLOCK_ONE_HAND : CLOCK_TWO_HANDS;
            spread = kind == CLOCK_TWO_HANDS ? wanted_spread : 0;
            set = clock_select(&clock, kind, NULL) == 0 && clock_set_spread(&clock, wanted_spread) == 0;
        }
        unsigned steps = random_below(2 * frames), wanted = random_below(6);
        logs_empty();
        uint64_t real_gone = clock_run(&clock, steps, wanted);
        unsigned gone = model_run(kind, spread, steps, wanted);
        plain.victims = plain.victims && real_gone == gone && logs_agree(&machine.log, &model_log);
        plain.positions = plain.positions && positions_agree(&clock, spread);
        plain.counts = plain.counts && counts_agree(&clock.counts, &model_counts);
        plain.frames = plain.frames && frames_agree();
    }
    plain.victims = plain.victims && set;
    plain.gone += model_counts.evicted;
    plain.refused += model_counts.refused;
}

static void test_plain(void)
{
    for (unsigned round = 0; round < ROUNDS; round++)
        plain_round();
    printf("# %lu victims, %lu refused\n", plain.gone, plain.refused);
    check(plain.victims, "one hand and two take the same victims as a queue that is turned, in the same order");
    check(plain.positions, "the hands stand where the queue begins, and the spread behind that");
    check(plain.counts, "what is counted is what the queue has seen");
    check(plain.frames, "the same references are left");
    check(plain.gone > 10000 && plain.refused > 1000, "there was something to compare");
}

static struct {
    bool hands, patient, bounded, repeatable, ends;
} adaptive = {true, true, true, true, true};

/* A run, and the same run of a copy of everything: from the same answers come the same victims. */
static void adaptive_run_twice(struct clock *clock, size_t size, unsigned steps, unsigned wanted)
{
    struct machine before = machine;
    struct clock twin = *clock;
    /* What the clock remembers has pointers into itself, so the first run is on the original and the second after it was put back. */
    void *remembered = malloc(size), *after = malloc(size);
    memcpy(remembered, clock->adaptive, size);
    logs_empty();
    uint64_t gone = clock_run(clock, steps, wanted);
    struct machine first = machine;
    memcpy(after, clock->adaptive, size);
    memcpy(clock->adaptive, remembered, size);
    machine = before;
    logs_empty();
    uint64_t again = clock_run(&twin, steps, wanted);
    adaptive.repeatable = adaptive.repeatable && gone == again && logs_agree(&first.log, &machine.log) &&
                          twin.back == clock->back && memcmp(after, clock->adaptive, size) == 0;
    free(remembered);
    free(after);
}

/* Nothing is used or pinned any more: all that may go goes, within a few laps for each page. */
static void adaptive_drain(struct clock *clock)
{
    unsigned left = 0;
    for (unsigned i = 0; i < frames; i++) {
        machine.frames[i].referenced = machine.frames[i].pinned = false;
        left += machine.frames[i].present;
    }
    for (; left > 0; left--)
        adaptive.ends = adaptive.ends && clock_run(clock, IDLE_LAPS * frames, 1) == 1;
    adaptive.ends = adaptive.ends && clock_run(clock, IDLE_LAPS * frames, 1) == 0;
}

static void adaptive_round(void)
{
    struct clock clock;
    machine_start(&clock);
    size_t size = adaptive_size(frames);
    void *memory = malloc(size);
    adaptive.hands = adaptive.hands && clock_select(&clock, CLOCK_ADAPTIVE, adaptive_init(memory, frames)) == 0;
    for (unsigned step = 0; step < STEPS / 4; step++) {
        for (unsigned changes = random_below(6); changes > 0; changes--)
            frame_change();
        unsigned steps = random_below(2 * frames), wanted = random_below(6);
        pfn_t back = clock.back;
        uint64_t scanned = clock.counts.back_scanned;
        adaptive_run_twice(&clock, size, steps, wanted);
        scanned = clock.counts.back_scanned - scanned;
        adaptive.hands = adaptive.hands && clock.front == clock.back && clock.spread == 0 && clock.back < frames;
        adaptive.hands = adaptive.hands && scanned <= steps && clock.back == (back + scanned) % frames;
        adaptive.bounded = adaptive.bounded && adaptive_hot(clock.adaptive) <= frames &&
                           adaptive_hot_hand(clock.adaptive) < frames;
    }
    adaptive.patient = adaptive.patient && !machine.rash;
    adaptive_drain(&clock);
    free(memory);
}

static void test_adaptive(void)
{
    for (unsigned round = 0; round < ROUNDS; round++)
        adaptive_round();
    check(adaptive.hands,
          "adaptive: one hand, which moves by one frame with each look, and no further than it was told");
    check(adaptive.patient, "adaptive: no page goes at the first look, or without an idle sample just before");
    check(adaptive.bounded, "adaptive: no more hot pages than frames");
    check(adaptive.repeatable, "adaptive: from the same answers come the same victims and memories");
    check(adaptive.ends, "adaptive: pages that nobody uses go, all of them");
}

int main(void)
{
    test_plain();
    test_adaptive();
    printf("1..%u\n", checks);
    return failures > 0;
}

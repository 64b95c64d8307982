/*
 * The clock: moving the hands, and the arithmetic of the scan rate. See clock.h.
 */
#include "mm/clock.h"

#include "kernel/abi/errno.h"
#include "kernel/panic.h"
#include "libc/string.h"
#include "mm/adaptive.h"

enum { SPREAD_PARTS = 4 }; /* the usual spread is all but one of that many parts of the circle */
enum { LOTSFREE_SHARE = 64, LOTSFREE_LEAST = 128, SCAN_MAX_LEAST = 1 << 20 };

static const char *const kind_names[CLOCK_KINDS] = {
    [CLOCK_ONE_HAND] = "one",
    [CLOCK_TWO_HANDS] = "two",
    [CLOCK_ADAPTIVE] = "adaptive",
};

const char *clock_kind_name(enum clock_kind kind)
{
    return kind_names[kind];
}

int clock_kind_find(const char *name)
{
    for (int kind = 0; kind < CLOCK_KINDS; kind++) {
        if (kind_names[kind] != NULL && strcmp(kind_names[kind], name) == 0)
            return kind;
    }
    return -EINVAL;
}

static inline pfn_t frame_after(const struct clock *clock, pfn_t frame, uint64_t distance)
{
    pfn_t after = frame + distance;
    return after < clock->frames ? after : after - clock->frames;
}

static void check_hands(const struct clock *clock)
{
    assert(clock->back < clock->frames && clock->front == frame_after(clock, clock->back, clock->spread));
}

/* Makes the front hand stand `spread` frames before the back hand (C1). */
static void hands_set(struct clock *clock, uint64_t spread)
{
    clock->spread = spread;
    clock->front = frame_after(clock, clock->back, spread);
}

void clock_init(struct clock *clock, uint64_t frames, const struct clock_ops *ops, void *context)
{
    assert(frames > 1);
    *clock = (struct clock){.ops = ops, .context = context, .frames = frames, .kind = CLOCK_TWO_HANDS};
    clock->spread_wanted = max_u64(frames / SPREAD_PARTS * (SPREAD_PARTS - 1), 1);
    hands_set(clock, clock->spread_wanted);
}

int clock_select(struct clock *clock, enum clock_kind kind, struct adaptive *adaptive)
{
    if ((kind == CLOCK_ADAPTIVE) != (adaptive != NULL))
        return -EINVAL;
    clock->kind = kind;
    clock->adaptive = adaptive;
    clock->hot = clock->hot_hand = 0;
    hands_set(clock, kind == CLOCK_TWO_HANDS ? clock->spread_wanted : 0);
    return 0;
}

int clock_set_spread(struct clock *clock, uint64_t spread)
{
    if (spread == 0 || spread >= clock->frames)
        return -EINVAL;
    clock->spread_wanted = spread;
    if (clock->kind == CLOCK_TWO_HANDS)
        hands_set(clock, spread);
    return 0;
}

enum clock_answer clock_sample(struct clock *clock, pfn_t frame, bool clear, uint32_t *name)
{
    enum clock_answer answer = clock->ops->sample(clock->context, frame, clear, name);
    clock->counts.skipped += answer == CLOCK_SKIPPED;
    clock->counts.referenced += answer >= CLOCK_REFERENCED;
    return answer;
}

unsigned clock_evict(struct clock *clock, pfn_t frame)
{
    bool evicted = clock->ops->evict(clock->context, frame);
    clock->counts.evicted += evicted;
    clock->counts.refused += !evicted;
    return evicted;
}

static void hands_advance(struct clock *clock)
{
    clock->back = frame_after(clock, clock->back, 1);
    clock->front = frame_after(clock, clock->front, 1);
    clock->counts.laps += clock->back == 0;
}

/* One hand: what was idle goes, what was referenced has the rest of the lap to be so again (L24). */
static unsigned step_one_hand(struct clock *clock)
{
    uint32_t name;
    clock->counts.front_scanned++;
    return clock_sample(clock, clock->back, true, &name) == CLOCK_IDLE ? clock_evict(clock, clock->back) : 0;
}

/* Two hands: each looks at one frame (L25). */
static unsigned step_two_hands(struct clock *clock)
{
    uint32_t name;
    clock->counts.front_scanned++;
    clock->counts.back_scanned++;
    (void)clock_sample(clock, clock->front, true, &name);
    return clock_sample(clock, clock->back, false, &name) == CLOCK_IDLE ? clock_evict(clock, clock->back) : 0;
}

static unsigned clock_step(struct clock *clock)
{
    check_hands(clock);
    unsigned evicted = 0;
    switch (clock->kind) {
    case CLOCK_ONE_HAND:
        evicted = step_one_hand(clock);
        break;
    case CLOCK_TWO_HANDS:
        evicted = step_two_hands(clock);
        break;
    default:
        evicted = adaptive_step(clock);
        break;
    }
    hands_advance(clock);
    return evicted;
}

uint64_t clock_run(struct clock *clock, uint64_t steps, uint64_t wanted)
{
    uint64_t evicted = 0;
    for (; steps > 0 && evicted < wanted; steps--)
        evicted += clock_step(clock);
    if (clock->adaptive != NULL) {
        clock->hot = adaptive_hot(clock->adaptive);
        clock->hot_hand = adaptive_hot_hand(clock->adaptive);
    }
    return evicted;
}

void clock_marks_init(struct clock_marks *marks, uint64_t frames)
{
    marks->lotsfree = max_u64(frames / LOTSFREE_SHARE, min_u64(LOTSFREE_LEAST, frames / 8));
    marks->lotsfree = max_u64(marks->lotsfree, 1);
    marks->desfree = max_u64(marks->lotsfree / 2, 1);
    marks->minfree = max_u64(marks->lotsfree / 4, 1);
    marks->scan_max = max_u64(frames, SCAN_MAX_LEAST);
}

bool clock_marks_valid(const struct clock_marks *marks, uint64_t frames)
{
    return marks->minfree > 0 && marks->minfree <= marks->desfree && marks->desfree <= marks->lotsfree &&
           marks->lotsfree <= frames / 2 && marks->scan_max > 0;
}

uint64_t clock_scan_rate(const struct clock_marks *marks, uint64_t free)
{
    if (free >= marks->lotsfree)
        return 0;
    /* scan_max * missing / lotsfree without overflow: both factors of the second product are at most lotsfree. */
    uint64_t missing = marks->lotsfree - free;
    return marks->scan_max / marks->lotsfree * missing + marks->scan_max % marks->lotsfree * missing / marks->lotsfree;
}

uint64_t clock_pause(uint64_t busy, unsigned share)
{
    uint64_t rest = 100 - share;
    return busy / share * rest + (busy % share * rest + share - 1) / share;
}

/* The machine's clock; see hands.h. */
#include "mm/hands.h"

#include "kernel/abi/errno.h"
#include "kernel/lock.h"
#include "kernel/log.h"
#include "kernel/option.h"
#include "mm/adaptive.h"
#include "mm/circle.h"
#include "mm/frame.h"
#include "mm/slab.h"
#include "mm/vmtrace.h"

/*
 * All under `lock`, but that the marks are read without it, and everything by who only shows it: they are single words, and none depends on another
 * being new.
 */
static struct {
    struct mutex lock;
    struct clock clock;
    const struct clock_ops *ops; /* the daemon's */
    void *context;
    uint32_t name; /* of the page sampled last */
    struct clock_marks marks;
} hands = {.lock = MUTEX_INIT(hands.lock, RANK_HANDS)};

/* The daemon's answer, noted; but not SKIPPED, which most frames can be and a replay takes for granted. */
static enum clock_answer sample_noted(void *context, pfn_t place, bool clear, uint32_t *name)
{
    (void)context;
    pfn_t frame = circle_frame(place);
    hands.name = 0;
    enum clock_answer answer = hands.ops->sample(hands.context, frame, clear, &hands.name);
    *name = hands.name;
    if (answer != CLOCK_SKIPPED)
        vmtrace(clear ? VMTRACE_CLEAR : VMTRACE_TEST, answer, frame, place << 32 | hands.name);
    return answer;
}

static bool evict_noted(void *context, pfn_t place)
{
    (void)context;
    pfn_t frame = circle_frame(place);
    bool evicted = hands.ops->evict(hands.context, frame);
    vmtrace(VMTRACE_EVICT, !evicted, frame, place << 32 | hands.name);
    return evicted;
}

static const struct clock_ops noted_ops = {.sample = sample_noted, .evict = evict_noted};

/* After a change of the clock: what a replay has to know. */
static void clock_note(void)
{
    vmtrace(VMTRACE_CLOCK, hands.clock.kind, hands.clock.spread, hands.clock.frames << 32 | hands.clock.back);
}

void hands_init(const struct clock_ops *ops, void *context)
{
    const char *kind = option_text("clock", clock_kind_name(CLOCK_ADAPTIVE));
    mutex_lock(&hands.lock);
    hands.ops = ops;
    hands.context = context;
    circle_init();
    clock_init(&hands.clock, circle_places(), &noted_ops, NULL);
    clock_marks_init(&hands.marks, frames_total());
    mutex_unlock(&hands.lock);
    if (hands_select(kind) != 0)
        log_write(LOG_WARNING,
                  "option: clock=%s is none of one, two, adaptive, or there is no memory for it: it has two hands",
                  kind);
}

uint64_t hands_run(uint64_t steps, uint64_t wanted)
{
    mutex_lock(&hands.lock);
    struct clock *clock = &hands.clock;
    steps = min_u64(steps, UINT32_MAX); /* as the ring can tell */
    wanted = min_u64(wanted, UINT32_MAX);
    vmtrace(VMTRACE_RUN, clock->kind, clock->spread, steps << 32 | wanted);
    uint64_t evicted = clock_run(clock, steps, wanted);
    vmtrace(VMTRACE_HANDS, clock->kind, clock->front, evicted << 32 | clock->back);
    mutex_unlock(&hands.lock);
    return evicted;
}

struct clock_marks hands_marks(void)
{
    return hands.marks;
}

struct clock hands_state(void)
{
    struct clock clock = hands.clock;
    if (clock.frames > 0)
        clock.front = (clock.back + clock.spread) % clock.frames; /* C1 of clock.h, not so in the middle of a step */
    return clock;
}

/* The adaptive clock's memory, knowing nothing; null without memory for it. */
static struct adaptive *adaptive_create(uint64_t frames)
{
    void *memory = kmalloc(adaptive_size(frames));
    return memory != NULL ? adaptive_init(memory, frames) : NULL;
}

int hands_select(const char *name)
{
    int kind = clock_kind_find(name);
    if (kind < 0)
        return kind;
    struct adaptive *adaptive = NULL;
    if (kind == CLOCK_ADAPTIVE && (adaptive = adaptive_create(hands.clock.frames)) == NULL)
        return -ENOMEM;
    mutex_lock(&hands.lock);
    struct adaptive *old = hands.clock.adaptive;
    int error = clock_select(&hands.clock, (enum clock_kind)kind, adaptive);
    clock_note();
    mutex_unlock(&hands.lock);
    kfree(error == 0 ? old : adaptive);
    return error;
}

int hands_set_spread(uint64_t spread)
{
    mutex_lock(&hands.lock);
    int error = clock_set_spread(&hands.clock, spread);
    if (hands.clock.kind == CLOCK_TWO_HANDS)
        clock_note();
    mutex_unlock(&hands.lock);
    return error;
}

/* The lock is held. */
static int marks_set_locked(const struct clock_marks *marks)
{
    if (!clock_marks_valid(marks, frames_total()))
        return -EINVAL;
    hands.marks = *marks;
    if (hands.ops != NULL)
        frames_set_low(marks->lotsfree);
    return 0;
}

int hands_set_marks(const struct clock_marks *marks)
{
    mutex_lock(&hands.lock);
    int error = marks_set_locked(marks);
    mutex_unlock(&hands.lock);
    return error;
}

int hands_set_minimum(uint64_t minfree)
{
    mutex_lock(&hands.lock);
    struct clock_marks marks = hands.marks;
    marks.minfree = minfree;
    marks.desfree = 2 * minfree;
    marks.lotsfree = 4 * minfree;
    int error = marks_set_locked(&marks);
    mutex_unlock(&hands.lock);
    return error;
}

int hands_set_mark(size_t place, uint64_t value)
{
    mutex_lock(&hands.lock);
    struct clock_marks marks = hands.marks;
    *clock_mark_at(&marks, place) = value;
    int error = marks_set_locked(&marks);
    mutex_unlock(&hands.lock);
    return error;
}

/*
 * replay [FILE]: gives the kernel's own inputs, as `mtrace -p` wrote them, to the same policy on the host, and compares what comes out.
 *
 *     kernel:  CLOCK  RUN  CLEAR f1 referenced  TEST f2 idle  EVICT f2 goes  CLEAR ...  HANDS
 *     host:           clock_run() asks:  f1?  f2?  f3? (skipped)  evict f2!     each has to be what the kernel's clock asked at that place
 *
 * The file may hold several traces; each begins with a CLOCK event. Prints a line for each, and ends with status 1 if one differs, 2 if it is not a trace.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/abi/vmtrace.h"
#include "kernel/panic.h"
#include "mm/adaptive.h"
#include "mm/clock.h"

void noreturn_function assertion_failed(const char *condition, const char *file, int line, const char *function)
{
    fprintf(stderr, "%s:%d: %s: %s\n", file, line, function, condition);
    abort();
}

/* The records, and where the replay is. */
static struct {
    struct vmtrace_event *events;
    size_t count, next;
    unsigned long samples, victims, runs;
    int differs, ended;
} replay;

static const struct vmtrace_event *event_next(void)
{
    replay.ended = replay.next == replay.count;
    return replay.ended ? NULL : &replay.events[replay.next];
}

/* The place on the circle that an event is about: what the policy calls a frame (mm/circle.h). */
static pfn_t event_place(const struct vmtrace_event *event)
{
    return event->kind == VMTRACE_HANDS ? event->frame : event->value >> 32;
}

/* Takes the next event, which has to be `kind` for `frame`; null at the end of the trace, or if it is another. */
static const struct vmtrace_event *event_take(unsigned kind, pfn_t frame)
{
    const struct vmtrace_event *event = replay.differs ? NULL : event_next();
    if (event == NULL)
        return NULL;
    if (event->kind == kind && event_place(event) == frame) {
        replay.next++;
        return event;
    }
    printf("not the same: event %llu is kind %u of frame %lu; the replay comes to kind %u of frame %lu\n",
           (unsigned long long)event->sequence - 1, event->kind, (unsigned long)event_place(event), kind,
           (unsigned long)frame);
    replay.differs = 1;
    return NULL;
}

/* A sample that is not in the trace was SKIPPED. If it should have been there, the events behind it will not fit. */
static enum clock_answer frame_sample(void *context, pfn_t frame, bool clear, uint32_t *name)
{
    const struct vmtrace_event *event = replay.differs ? NULL : event_next();
    unsigned kind = clear ? VMTRACE_CLEAR : VMTRACE_TEST;
    (void)context;
    if (event == NULL || event->kind != kind || event_place(event) != frame)
        return CLOCK_SKIPPED;
    replay.next++;
    replay.samples++;
    *name = (uint32_t)event->value;
    return (enum clock_answer)event->detail;
}

static bool frame_evict(void *context, pfn_t frame)
{
    const struct vmtrace_event *event = event_take(VMTRACE_EVICT, frame);
    (void)context;
    replay.victims += event != NULL && event->detail == 0;
    return event != NULL && event->detail == 0;
}

static const struct clock_ops ops = {.sample = frame_sample, .evict = frame_evict};

/* The clock as a CLOCK event says it was set; its memory is given back when the next is made. */
static void clock_set(struct clock *clock, const struct vmtrace_event *event)
{
    static void *memory;
    uint64_t frames = event->value >> 32;
    enum clock_kind kind = (enum clock_kind)event->detail;
    clock_init(clock, frames, &ops, NULL);
    clock->back = event->value & UINT32_MAX;
    free(memory);
    memory = malloc(adaptive_size(frames));
    if (memory == NULL || (kind == CLOCK_TWO_HANDS && clock_set_spread(clock, event->frame) != 0) ||
        clock_select(clock, kind, kind == CLOCK_ADAPTIVE ? adaptive_init(memory, frames) : NULL) != 0) {
        fprintf(stderr, "replay: event %llu does not set a clock\n", (unsigned long long)event->sequence - 1);
        exit(2);
    }
}

/* Runs the clock as a RUN event says, and compares where the hands are afterwards. */
static void clock_replay(struct clock *clock, const struct vmtrace_event *event)
{
    uint64_t evicted = clock_run(clock, event->value >> 32, event->value & UINT32_MAX);
    if (replay.differs || replay.ended)
        return;
    event = event_take(VMTRACE_HANDS, clock->front);
    replay.runs += event != NULL;
    if (event != NULL && event->value != (evicted << 32 | clock->back)) {
        printf("not the same: after event %llu the hands are elsewhere\n", (unsigned long long)event->sequence - 1);
        replay.differs = 1;
    }
}

/* One trace: from a CLOCK event to the next one that selects a clock anew. */
static void trace_replay(struct clock *clock, const struct vmtrace_event *first)
{
    replay.samples = replay.victims = replay.runs = 0;
    clock_set(clock, first);
    for (const struct vmtrace_event *event; (event = event_next()) != NULL && event->kind != VMTRACE_CLOCK;) {
        replay.next++;
        if (event->kind == VMTRACE_RUN)
            clock_replay(clock, event);
        else
            replay.differs = 1; /* between the runs there is nothing else */
        if (replay.differs)
            break;
    }
    printf("%-8s %8lu frames %6lu runs %8lu samples %7lu victims: %s\n", clock_kind_name(clock->kind),
           (unsigned long)clock->frames, replay.runs, replay.samples, replay.victims,
           replay.differs ? "DIFFERENT" : "the same, in the same order");
}

static void events_read(FILE *file)
{
    size_t capacity = 0;
    for (;;) {
        if (replay.count == capacity) {
            capacity = capacity > 0 ? 2 * capacity : 65536;
            replay.events = realloc(replay.events, capacity * sizeof *replay.events);
            if (replay.events == NULL)
                abort();
        }
        if (fread(&replay.events[replay.count], sizeof *replay.events, 1, file) != 1)
            return;
        replay.count++;
    }
}

int main(int argc, char **argv)
{
    FILE *file = argc > 1 ? fopen(argv[1], "rb") : stdin;
    struct clock clock;
    if (file == NULL) {
        perror(argv[1]);
        return 2;
    }
    events_read(file);
    if (replay.count == 0 || replay.events[0].kind != VMTRACE_CLOCK) {
        fprintf(stderr, "replay: that is not what mtrace -p writes\n");
        return 2;
    }
    while (replay.next < replay.count && !replay.differs) {
        trace_replay(&clock, &replay.events[replay.next++]);
    }
    return replay.differs;
}

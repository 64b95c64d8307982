/* The circle of frames; see circle.h. */
#include "mm/circle.h"

#include "kernel/panic.h"
#include "mm/frame.h"

enum { HOLE_LEAST = 64, STRETCHES_MAX = 64 };

/* Neighbouring frames whose places are neighbours too: each stretch has the places from its first one to the next stretch's. */
static struct {
    unsigned stretches;
    struct {
        uint64_t place; /* its first */
        pfn_t frame;    /* in it */
    } stretch[STRETCHES_MAX];
    uint64_t places;
} circle;

static void stretch_add(pfn_t start, pfn_t end)
{
    circle.stretch[circle.stretches].place = circle.places;
    circle.stretch[circle.stretches].frame = start;
    circle.stretches++;
    circle.places += end - start;
}

/* The first frame from `frame` on that is or is not ABSENT; frame_limit if there is none. */
static pfn_t absence_find(pfn_t frame, bool absent)
{
    while (frame < frame_limit && (page_of_frame(frame)->state == PAGE_ABSENT) != absent)
        frame++;
    return frame;
}

/* The end of the stretch that begins at `frame`: where the next hole does that is worth it. */
static pfn_t stretch_end(pfn_t frame)
{
    if (circle.stretches == STRETCHES_MAX - 1)
        return frame_limit;
    for (;;) {
        pfn_t hole = absence_find(frame, true);
        frame = absence_find(hole, false);
        if (frame == frame_limit || frame - hole >= HOLE_LEAST)
            return hole;
    }
}

void circle_init(void)
{
    assert(circle.stretches == 0);
    for (pfn_t start = absence_find(0, false); start < frame_limit;) {
        pfn_t end = stretch_end(start);
        stretch_add(start, end);
        start = absence_find(end, false);
    }
}

uint64_t circle_places(void)
{
    return circle.places;
}

pfn_t circle_frame(uint64_t place)
{
    assert(place < circle.places);
    unsigned low = 0, high = circle.stretches; /* low's first place is at most `place`, high's is above it */
    while (high - low > 1) {
        unsigned middle = (low + high) / 2;
        if (circle.stretch[middle].place <= place)
            low = middle;
        else
            high = middle;
    }
    return circle.stretch[low].frame + (place - circle.stretch[low].place);
}

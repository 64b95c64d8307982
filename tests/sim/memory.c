/*
 * The kernel's clock over a memory of frames that have a page and a reference bit each.
 *
 * A reference sets the bit, the fault's own included, as the hardware does. A fault takes an empty frame, else has the clock evict one page: the
 * daemon of a kernel works ahead of demand, but chooses the same.
 */
#include <stdlib.h>

#include "mm/adaptive.h"
#include "mm/clock.h"
#include "tests/sim/policy.h"

enum { NOWHERE = UINT32_MAX };

struct frame {
    uint32_t page;
    bool present, referenced;
};

struct memory {
    struct clock clock;
    void *adaptive; /* the adaptive clock's memory */
    struct frame *frames;
    uint32_t *where; /* the frame of each page */
    pfn_t freed;     /* the frame evicted last */
};

static enum clock_answer frame_sample(void *context, pfn_t frame, bool clear, uint32_t *name)
{
    struct frame *at = &((struct memory *)context)->frames[frame];
    if (!at->present)
        return CLOCK_SKIPPED;
    *name = at->page;
    bool referenced = at->referenced;
    if (clear)
        at->referenced = false;
    return referenced ? CLOCK_REFERENCED : CLOCK_IDLE;
}

static bool frame_evict(void *context, pfn_t frame)
{
    struct memory *memory = context;
    memory->where[memory->frames[frame].page] = NOWHERE;
    memory->frames[frame].present = false;
    memory->freed = frame;
    return true;
}

static const struct clock_ops ops = {.sample = frame_sample, .evict = frame_evict};

/* Fault number `number`, on `page`. */
static void memory_fault(struct memory *memory, uint32_t page, uint64_t number)
{
    pfn_t frame = number;
    if (number >= memory->clock.frames) {
        if (clock_run(&memory->clock, UINT64_MAX, 1) != 1)
            abort();
        frame = memory->freed;
    }
    memory->frames[frame] = (struct frame){.page = page, .present = true};
    memory->where[page] = (uint32_t)frame;
}

static void *allocate(size_t size)
{
    void *memory = calloc(1, size);
    if (memory == NULL)
        abort();
    return memory;
}

static void memory_start(struct memory *memory, enum policy policy, const struct trace *trace)
{
    static const enum clock_kind kinds[] = {
        [POLICY_ONE_HAND] = CLOCK_ONE_HAND, [POLICY_TWO_HANDS] = CLOCK_TWO_HANDS, [POLICY_ADAPTIVE] = CLOCK_ADAPTIVE};
    struct adaptive *adaptive = NULL;
    memory->frames = allocate(trace->frames * sizeof *memory->frames);
    memory->where = allocate((trace->pages + 1) * sizeof *memory->where);
    memory->adaptive = allocate(adaptive_size(trace->frames));
    for (unsigned page = 0; page < trace->pages; page++)
        memory->where[page] = NOWHERE;
    if (policy == POLICY_ADAPTIVE)
        adaptive = adaptive_init(memory->adaptive, trace->frames);
    clock_init(&memory->clock, trace->frames, &ops, memory);
    if (clock_select(&memory->clock, kinds[policy], adaptive) != 0)
        abort();
}

uint64_t clock_faults(const struct trace *trace, enum policy policy)
{
    struct memory memory;
    uint64_t faults = 0;
    memory_start(&memory, policy, trace);
    for (size_t i = 0; i < trace->length; i++) {
        uint32_t page = trace->references[i];
        if (memory.where[page] == NOWHERE)
            memory_fault(&memory, page, faults++);
        memory.frames[memory.where[page]].referenced = true;
    }
    free(memory.frames);
    free(memory.where);
    free(memory.adaptive);
    return faults;
}

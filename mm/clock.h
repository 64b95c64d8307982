/*
 * The clock: which frame to give up next (L24, L25). The policy alone, without hardware and without memory of its own; the kernel and the host's
 * simulator run this same file, and from the same answers come the same victims in the same order.
 *
 *                 front hand: clears the reference bits
 *                     |
 *        +---+---+---+v--+---+---+---+---+       one hand:  sample and clear; evict what was idle already
 *        | 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 |       two hands: the front hand clears, the back hand, `spread` frames behind,
 *        +---+---+---+---+---+---+---+---+                  evicts what was not referenced since
 *            ^    the frames are a circle        adaptive:  remembers what it evicted
 *            |
 *        back hand: evicts
 *
 * Invariants:
 *   C1  front == (back + spread) % frames, after every function here; with one hand the spread is 0.
 *   C2  a frame is evicted only right after a sample of it that said IDLE, or, by the adaptive clock, STREAMED.
 *   C3  the hands move by one frame a step, whatever the frame holds: steps are the cost of scanning, and what the scan rate limits.
 *
 * Locks: none. One caller at a time runs or sets a clock; that caller's lock may be let go inside the ops, for as long as it keeps others from
 * running or setting it.
 */
#ifndef MM_CLOCK_H
#define MM_CLOCK_H

#include "kernel/types.h"

struct adaptive;

enum clock_kind { CLOCK_ONE_HAND, CLOCK_TWO_HANDS, CLOCK_ADAPTIVE, CLOCK_KINDS };

/* What a look at a frame found. */
enum clock_answer {
    CLOCK_SKIPPED,    /* nothing that could be evicted: free, standby, wired, pinned, busy */
    CLOCK_IDLE,       /* no mapping of it was used since it was last cleared */
    CLOCK_REFERENCED, /* some mapping was, or a read or write */
    CLOCK_STREAMED,   /* the same, but only once, by a stream that would read it ahead again */
};

/* How the clock reaches the frames. Both may sleep if the caller of clock_run() may. */
struct clock_ops {
    /*
     * Whether any mapping of the frame was used; with `clear`, tests and clears every one (L23). Sets *name to a number that stands for the page in
     * it, the same whenever that page is in memory, unless SKIPPED.
     */
    enum clock_answer (*sample)(void *context, pfn_t frame, bool clear, uint32_t *name);
    /* Gives the frame up: unmapped, then standby or into a batch to be written. False if it has to stay after all (pinned, busy, used meanwhile). */
    bool (*evict)(void *context, pfn_t frame);
};

/* Events since clock_init(). */
struct clock_counts {
    uint64_t front_scanned; /* frames the front hand passed; with one hand, the hand */
    uint64_t back_scanned;  /* frames the back hand passed */
    uint64_t skipped;       /* samples that were SKIPPED */
    uint64_t referenced;    /* samples that were REFERENCED */
    uint64_t evicted;
    uint64_t refused; /* evictions that failed */
    uint64_t laps;    /* of the hand that evicts */
};

struct clock {
    const struct clock_ops *ops;
    void *context;
    uint64_t frames; /* they are 0 .. frames - 1 */
    enum clock_kind kind;
    pfn_t front, back; /* the frame each hand looks at next; with one hand both are it */
    uint64_t spread;
    uint64_t spread_wanted; /* what two hands have; kept while another kind is selected */
    struct adaptive *adaptive;
    uint64_t hot;   /* of the adaptive clock, when it last ran: pages that stay */
    pfn_t hot_hand; /* and the hand that goes over these */
    struct clock_counts counts;
};

/* A clock of `frames` > 1 frames, two hands with the usual spread. `context` is handed to the ops. */
void clock_init(struct clock *clock, uint64_t frames, const struct clock_ops *ops, void *context);

/*
 * Changes the kind; the hand that evicts goes on from where it is. ADAPTIVE begins anew in `adaptive`, which adaptive_init() prepared for as many
 * frames; null otherwise. 0, or -EINVAL if the kind and that do not fit.
 */
int clock_select(struct clock *clock, enum clock_kind kind, struct adaptive *adaptive) must_check;

/* Sets how many frames the back hand is behind, 0 < spread < frames; the back hand stays where it is, the front hand moves (C1). 0 or -EINVAL. */
int clock_set_spread(struct clock *clock, uint64_t spread) must_check;

/* Moves the hands by at most `steps` frames, until `wanted` frames were evicted. Returns how many were. Sleeps if the ops do. */
uint64_t clock_run(struct clock *clock, uint64_t steps, uint64_t wanted);

/* For the policies: the ops, counted. clock_evict() returns how many frames that gained, 0 or 1. */
enum clock_answer clock_sample(struct clock *clock, pfn_t frame, bool clear, uint32_t *name);
unsigned clock_evict(struct clock *clock, pfn_t frame);

/* The kind's name in the option clock= and in /proc/sys/vm/clock, and back; -EINVAL if there is none of that name. */
const char *clock_kind_name(enum clock_kind kind);
int clock_kind_find(const char *name) must_check;

/*
 * How much memory should be free, in frames (L21), and how fast the hands go when it is less:
 *
 *      scan rate
 *       scan_max |\.
 *                |  \.          free memory below lotsfree: the daemon scans, the faster the less there is
 *                |    \.                 below desfree: its next round begins at once, as far as its share allows; a process may be killed
 *              0 |______\______                         if nothing more can be had (mm/oom.h)
 *                0      lotsfree  free   below minfree: the daemon hurries; if it lasts, processes are swapped out whole (L8, mm/swapper.h)
 */
struct clock_marks {
    uint64_t lotsfree;
    uint64_t desfree;
    uint64_t minfree;
    uint64_t scan_max; /* frames a second, when nothing is free */
};

/* One of them, by its place in the structure. */
static inline uint64_t *clock_mark_at(struct clock_marks *marks, size_t place)
{
    return (uint64_t *)((char *)marks + place);
}

/* The marks for a machine with that many frames: 1/64, 1/128 and 1/256 of them, but enough for small machines. */
void clock_marks_init(struct clock_marks *marks, uint64_t frames);

/* Whether 0 < minfree <= desfree <= lotsfree <= frames / 2 and scan_max > 0. */
bool clock_marks_valid(const struct clock_marks *marks, uint64_t frames);

/* Frames a second that the hands should pass with that much free: 0 from lotsfree up, scan_max at 0, linear between, rounded down. */
uint64_t clock_scan_rate(const struct clock_marks *marks, uint64_t free);

/* How long to pause after `busy` ns of work, so that the work is at most `share` percent of the time; 0 < share <= 100. */
uint64_t clock_pause(uint64_t busy, unsigned share);

#endif

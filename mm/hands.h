/*
 * The machine's clock: the policy of mm/clock.h over the frames of RAM (what it calls frames are the places of mm/circle.h), with its settings, its
 * watermarks and its record in the event ring.
 *
 *     pageout daemon --hands_run()--> clock_run() --sample, evict--> hands.c: notes each answer --> the daemon's own clock_ops
 *
 * Everything the policy is told goes through here, so the ring's RUN, CLEAR, TEST, EVICT and CLOCK events replay it exactly (tests/sim/replay.c).
 *
 * Settings: option clock= (one, two, adaptive), files of /proc/sys/vm: clock, clock_spread, lotsfree, desfree, minfree (in pages), scan_max (frames a second).
 * /proc/vmclock shows the hands, /proc/vmframes one letter for each place.
 *
 * Locks: a mutex, RANK_HANDS, held while the hands move, so hands_run() must be called without locks above that rank: by the daemon. The marks are
 * changed under it and read without, each by itself; so is what is shown of the clock.
 */
#ifndef MM_HANDS_H
#define MM_HANDS_H

#include "mm/clock.h"

/* The clock over all frames, whose answers come from `ops`. Once, by the daemon, before it runs. */
void hands_init(const struct clock_ops *ops, void *context);

/* clock_run() on it. Sleeps. */
uint64_t hands_run(uint64_t steps, uint64_t wanted);

/* The watermarks as they are now. */
struct clock_marks hands_marks(void);

/*
 * A copy of the clock as it is now, for showing; frames is 0 before hands_init(). Any context: whoever looks need not wait until the hands stop, which
 * they do not while the disk of swap takes nothing more.
 */
struct clock hands_state(void);

/* A number for a page's name, for clock_ops.sample: of an anon or an object, and the index within. */
static inline uint32_t page_name_hash(const void *owner, uint64_t index)
{
    uint64_t mixed = ((uint64_t)(uintptr_t)owner >> 4 ^ index << 32) * 0x9e3779b97f4a7c15 + index;
    return (uint32_t)(mixed * 0xff51afd7ed558ccd >> 32);
}

/* Registers the files in /proc: mm/hands_file.c. Once. */
void hands_files_register(void);

/* For the files of /proc/sys/vm: 0, -EINVAL, or -ENOMEM for the adaptive clock's memory. They sleep. */
int hands_select(const char *kind) must_check;
int hands_set_spread(uint64_t spread) must_check;
int hands_set_marks(const struct clock_marks *marks) must_check;
/* One mark, by its place in the structure; the others stay as they are. */
int hands_set_mark(size_t place, uint64_t value) must_check;
/* minfree, which desfree and lotsfree follow in the ratio that they have from the start (clock_marks_init()). */
int hands_set_minimum(uint64_t minfree) must_check;

#endif

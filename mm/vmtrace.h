/*
 * The event ring: what memory management does, event by event, cheap enough to stay on. Read as /proc/vmtrace (text) and /proc/vmtrace.bin (struct
 * vmtrace_event after struct vmtrace_event), by `mtrace` and by `ck trace`.
 *
 *        sequence:   0   1   2   3 ...                                  next
 *                  +---+---+---+---+---+---+---+---+---+---+---+---+---+
 *                  | overwritten | the last `size` events, a power of two |      slot = sequence % size
 *                  +---+---+---+---+---+---+---+---+---+---+---+---+---+
 *
 * No lock: a writer takes the next number atomically, invalidates the slot, fills it, and stores the number, plus 1, last; a reader compares that
 * before and after it has copied. Writers have interrupts off meanwhile, so that an event is there soon after its number was taken. The numbers are the
 * order of events over all CPUs.
 */
#ifndef MM_VMTRACE_H
#define MM_VMTRACE_H

#include <stdatomic.h>

#include "kernel/abi/vmtrace.h"
#include "kernel/types.h"

/* An event in the ring: a struct vmtrace_event. Its sequence is 0 while it is written. */
struct vmtrace_slot {
    _Atomic uint64_t sequence;
    _Atomic uint64_t words[3]; /* the rest of a struct vmtrace_event */
};

struct vmtrace_ring {
    struct vmtrace_slot *slots; /* null: off. Set at start-up */
    uint64_t size;
    _Atomic uint64_t next; /* the next event's sequence */
};
extern struct vmtrace_ring vmtrace_ring;

/* Notes an event; what the numbers mean is above. Any context; costs some 60 instructions. */
void vmtrace_note(enum vmtrace_kind kind, unsigned detail, uint64_t frame, uint64_t value);

static inline void vmtrace(enum vmtrace_kind kind, unsigned detail, uint64_t frame, uint64_t value)
{
    if (__builtin_expect(vmtrace_ring.slots != NULL, 1))
        vmtrace_note(kind, detail, frame, value);
}

/* The number of events noted so far, and of the oldest that is still in the ring. */
uint64_t vmtrace_end(void);
uint64_t vmtrace_start(void);

/* Copies event number `sequence`; false if it was overwritten or is being written. */
bool vmtrace_read(uint64_t sequence, struct vmtrace_event *event) must_check;

/* One line of text without newline, at most `size` bytes with the terminator; returns its length. */
size_t vmtrace_format(const struct vmtrace_event *event, char *line, size_t size);

/* Makes the ring as the option vmtrace= says: how many events it holds, 0: off; by default according to the memory. */
void vmtrace_init(void);

/* Registers the files in /proc: mm/vmtrace_file.c. */
void vmtrace_files_register(void);

#endif

/*
 * Events of memory management, as /proc/vmtrace.bin has them: our own, not Linux's. mm/vmtrace.h keeps them; `mtrace` and the simulator read them.
 */
#ifndef KERNEL_ABI_VMTRACE_H
#define KERNEL_ABI_VMTRACE_H

#include <stdint.h>

/* What happened; in brackets the meaning of `detail`, `frame` and `value`. Programs know these numbers: append only. */
enum vmtrace_kind {
    VMTRACE_NONE,
    VMTRACE_FAULT, /* a page fault was dealt with [enum vmtrace_fault | result << 3; -; address] */
    VMTRACE_CLEAR, /* the front hand looked at a frame and cleared its references [enum clock_answer; frame; place << 32 | name] */
    VMTRACE_TEST,     /* the back hand looked at a frame [the same] */
    VMTRACE_EVICT,    /* the back hand gave a frame up [1: it had to stay; frame; place << 32 | name] */
    VMTRACE_RESCUE,   /* a standby page was found by name (L22) [1: anonymous; frame; name] */
    VMTRACE_PAGE_IN,  /* a page is read from its device [1: anonymous; frame; index or swap block] */
    VMTRACE_PAGE_OUT, /* a page is written to its device [the same] */
    VMTRACE_READ_AHEAD, /* pages are read before they are asked for [1: anonymous; how many; index or swap block of the first] */
    VMTRACE_RUN,         /* the hands begin to move [enum clock_kind; spread; steps << 32 | wanted] */
    VMTRACE_HANDS,       /* they stopped [enum clock_kind; front's place; evicted << 32 | back's] */
    VMTRACE_CLOCK,       /* a clock was selected or set [enum clock_kind; spread; places << 32 | back's] */
    VMTRACE_PROCESS_OUT, /* a whole process was swapped out (L8) [1: it was asleep; pid; pages] */
    VMTRACE_PROCESS_IN,  /* it is back [the same; pages read at once] */
    VMTRACE_KINDS,
};

enum vmtrace_fault { VMTRACE_FAULT_MAJOR = 1, VMTRACE_FAULT_WRITE = 2, VMTRACE_FAULT_EXEC = 4 };

struct vmtrace_event {
    uint64_t sequence; /* plus 1 */
    uint64_t time;     /* nanoseconds since boot */
    uint8_t kind;      /* enum vmtrace_kind */
    uint8_t detail;
    uint16_t process; /* whose doing: a pid, or 0 for the kernel */
    uint32_t frame;   /* or another number that fits */
    uint64_t value;
};
_Static_assert(sizeof(struct vmtrace_event) == 32, "as in the ring");

#endif

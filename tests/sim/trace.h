/*
 * Reference strings: which page a program touches, one after the other; and how much memory it is given.
 *
 * The generators imitate what programs do, scaled to the number of frames, with random numbers that repeat. LOCALITY marks those whose recent past
 * tells something about their near future, as most programs' does; the others are there to show a policy's limits.
 */
#ifndef TESTS_SIM_TRACE_H
#define TESTS_SIM_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct trace {
    const char *name, *what;
    bool locality;
    unsigned frames;      /* the memory it runs in */
    unsigned pages;       /* references are below this */
    uint32_t *references; /* from malloc */
    size_t length, capacity;
};

/* How many generators there are; the trace of number `which` for that many frames. trace_free() ends it. */
unsigned trace_count(void);
struct trace trace_make(unsigned which, unsigned frames);
void trace_free(struct trace *trace);

/* Appends a reference. */
void trace_touch(struct trace *trace, uint32_t page);

#endif

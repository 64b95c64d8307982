/*
 * How many page faults a reference string takes in so many frames, under the kernel's own policies and under those of the textbooks.
 *
 *     OPT      evicts the page that is needed again last (Belady 1966): needs the future, and cannot be beaten
 *     LRU      evicts the page that was not used for longest: needs a time stamp on every reference
 *     FIFO     evicts the page that has been in memory for longest
 *     random   evicts any page
 *     one, two, adaptive   mm/clock.c as the kernel has it, over a memory whose pages have reference bits and nothing else
 */
#ifndef TESTS_SIM_POLICY_H
#define TESTS_SIM_POLICY_H

#include "tests/sim/trace.h"

enum policy {
    POLICY_OPT,
    POLICY_LRU,
    POLICY_FIFO,
    POLICY_RANDOM,
    POLICY_ONE_HAND,
    POLICY_TWO_HANDS,
    POLICY_ADAPTIVE,
    POLICIES,
};

const char *policy_name(enum policy policy);

/* Faults of the trace in its trace->frames frames, all empty at first. */
uint64_t policy_faults(enum policy policy, const struct trace *trace);

/* The single ones. */
uint64_t opt_faults(const struct trace *trace);
uint64_t lru_faults(const struct trace *trace);
uint64_t fifo_faults(const struct trace *trace, bool random);
uint64_t clock_faults(const struct trace *trace, enum policy policy);

#endif

/* A crew: kernel threads that do the same thing at the same time, for tests of what several CPUs do at once; and what tests ask of all frames. */
#ifndef TESTS_KERNEL_CREW_H
#define TESTS_KERNEL_CREW_H

#include "kernel/types.h"

/* Starts `count` threads that call work(number, context), numbers 0 to count - 1, all at once; returns when all have ended, their stacks too. Sleeps. */
void crew_run(unsigned count, void (*work)(unsigned number, void *context), void *context);

/* Twice as many as there are CPUs, so that each CPU has work and preemption happens. */
unsigned crew_size(void);

/* Free frames when ended threads are gone and nothing is cached that could be given back. Sleeps. */
uint64_t frames_settled(void);

/* Whether a condition on more than one count holds, for which others must not change one between two looks: they do not each time. Sleeps. */
bool holds_soon(bool (*condition)(void));

/* Whether a run of 2^order frames is free: on a small machine there may be none. */
bool run_is_free(unsigned order);

/*
 * Whether `work` gives back all frames it takes, in one of its first runs: on each CPU where it runs for the first time it leaves front lists
 * (of stacks, slabs), and a thread may move. What leaks, leaks in every run. Sleeps.
 */
bool frames_come_back(void (*work)(void));

#endif

/* A crew: kernel threads that do the same thing at the same time, for tests of what several CPUs do at once. */
#ifndef TESTS_KERNEL_CREW_H
#define TESTS_KERNEL_CREW_H

#include "kernel/types.h"

/* Starts `count` threads that call work(number, context), numbers 0 to count - 1, all at once; returns when all have ended, their stacks too. Sleeps. */
void crew_run(unsigned count, void (*work)(unsigned number, void *context), void *context);

/* Twice as many as there are CPUs, so that each CPU has work and preemption happens. */
unsigned crew_size(void);

/* Free frames when ended threads are gone and nothing is cached that could be given back. Sleeps. */
uint64_t frames_settled(void);

#endif

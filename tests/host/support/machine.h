/*
 * A machine for host tests of mm/: one CPU, some memory, and the few functions of the kernel that code without hardware calls.
 *
 * The memory stands where the direct map is (kernel/layout.h), so physical addresses work as in the kernel. Locks check that they are taken once
 * and released; nothing sleeps. A panic ends the test, unless it is expected.
 *
 *     Links: tests/host/support/machine.c mm/frame.c mm/frame_fill.c mm/buddy.c ...
 */
#ifndef TESTS_HOST_MACHINE_H
#define TESTS_HOST_MACHINE_H

#include "kernel/types.h"

/* Prepares CPU 0 with `frames` frames of memory, all but frame 0 and the last one free. Once. */
void machine_start(uint64_t frames);

/* Prints a TAP line for the end of one check; the program's exit status is machine_status(). */
void check_done(const char *name);

/* Stops the test with the seed, if `condition` is false. */
void require(bool condition, const char *what);

/* Calls `function`; true if it panicked with `text` in its message. The panic leaves locks and lists as they are. */
bool panics_with(void (*function)(void), const char *text);

/* Pseudo-random numbers, the same in every run with the same seed. */
void random_seed(uint64_t seed);
uint64_t random_next(void);
uint64_t random_below(uint64_t limit);

/* Whether a spin lock is held, or interrupts are pushed off. */
bool machine_is_locked(void);

#endif

/*
 * The threads that are ready to run, in one queue for all CPUs: whose turn it is, and for how long.
 *
 *     front -> T4 -> T9 -> T2 -> end        ready_take(cpu): the first that may run there and has a slice
 *
 * A nice value is a share of the turns (nice(2)): each step is 1.25 times as much or as little. A thread whose turn comes
 * is credited its share; each whole SHARE_ONE of its credit becomes a tick of its slice; without one it goes to the end. Nice 0 has one whole share and so
 * one tick a turn, nice -10 has nine, nice 10 a tenth: it is passed over nine times out of ten, unless nobody else is there.
 * This is deficit round robin (Shreedhar and Varghese, 1995).
 *
 * Locks: everything here is under the run queue's lock (RANK_SCHED), which kernel/sched.c holds.
 */
#ifndef KERNEL_READY_H
#define KERNEL_READY_H

#include "kernel/types.h"

struct cpu;
struct thread;

enum { SHARE_ONE = 1024, SLICE_TICKS_MAX = 16, NICE_MIN = -20, NICE_MAX = 19 };

/* The share that belongs to a nice value of NICE_MIN .. NICE_MAX. */
uint32_t ready_share(int nice);

/* To the front, with what is left of the slice; to the end, with a new one. */
void ready_push_front(struct thread *thread);
void ready_push_back(struct thread *thread);

/* The thread that is to run on `cpu`, with at least one tick in its slice, taken out; null if none may run there. */
struct thread *ready_take(const struct cpu *cpu);

/* Whether ready_take() would find one. */
bool ready_has_for(const struct cpu *cpu);

/* How many wait; without the lock, a hint. */
unsigned ready_count(void);

#endif

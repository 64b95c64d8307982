/*
 * Single steps: one instruction of one thread, by the trap flag.
 *
 *     in the kernel    the thread's CPU runs alone, with interrupts off, so that the step ends at the next instruction and not in a handler;
 *                      instructions that look at or set the interrupt flag are set right afterwards
 *     in user mode     the whole machine runs: the instruction may be a system call that needs the others
 *
 * No locks: of the halted machine only, but for step_ended(), which the stepping thread calls.
 */
#ifndef KERNEL_STUB_STEP_H
#define KERNEL_STUB_STEP_H

#include "kernel/types.h"

struct registers;
struct thread;

enum step_kind {
    STEP_DONE,     /* done already: HLT is stepped over */
    STEP_ALONE,    /* the thread's CPU alone is to go on */
    STEP_TOGETHER, /* all are */
};

/* Prepares a step of a running thread with these registers. */
enum step_kind step_begin(const struct thread *thread, struct registers *regs);

/* On a debug exception: whether the running thread's step has ended; its registers are as if there had been none. */
bool step_ended(struct registers *regs, uint64_t dr6);

#endif

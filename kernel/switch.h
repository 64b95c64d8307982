/*
 * The switch from one kernel stack to another (kernel/switch.asm), and where new stacks begin.
 *
 * The stack of a thread that does not run, from thread->saved_rsp upwards: R15 R14 R13 R12 RBX RBP, return address.
 */
#ifndef KERNEL_SWITCH_H
#define KERNEL_SWITCH_H

#include "kernel/types.h"

/* What thread_switch() pops on a stack it comes to; a new thread's is written by hand. */
struct switch_frame {
    uint64_t r15, r14, r13, r12, rbx, rbp;
    uint64_t rip;
};

/*
 * Saves the callee-saved registers on the running stack and its pointer in *saved_rsp, and goes on where the stack
 * `next_rsp` left off. Interrupts off; returns when somebody switches back. RFLAGS are not switched.
 */
void thread_switch(uint64_t *saved_rsp, uint64_t next_rsp);

/*
 * First return address of a kernel thread: calls thread_started(), then function(argument) out of RBX and R12, then
 * thread_exit().
 */
void thread_enter_kernel(void);

/*
 * The scheduler's: the first thing a new thread does after its first switch-in. Called with interrupts off, returns
 * with them on.
 */
void thread_started(void);

#endif

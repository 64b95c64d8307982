/*
 * What of a user thread lives in the CPU beside struct registers: the bases of FS and GS, and the FPU (kernel/fpu.h).
 *
 * The kernel's own code uses none of it, so it is saved when a user thread is switched away from and loaded when one is
 * switched to.
 */
#ifndef KERNEL_USERSTATE_H
#define KERNEL_USERSTATE_H

#include "kernel/types.h"

struct thread;

/*
 * The scheduler, interrupts off, before switching away from and after choosing a thread; nothing happens for kernel
 * threads (fpu null).
 */
void userstate_save(struct thread *thread);
void userstate_load(struct thread *thread);

/* The running thread's FS and GS base, as user mode sees them (arch_prctl). The address must be below USER_END. */
uint64_t userstate_fs(void);
uint64_t userstate_gs(void);
void userstate_set_fs(uint64_t base);
void userstate_set_gs(uint64_t base);

/*
 * For fork: brings *thread (the running thread) up to date with the CPU, so that fs_base, gs_base and fpu can be
 * copied.
 */
void userstate_sync(struct thread *thread);

/* For exec: FS and GS 0, FPU as at reset. */
void userstate_reset(struct thread *thread);

#endif

/*
 * FPU, SSE and AVX state of user threads, and its form in signal frames (Linux's).
 */
#ifndef KERNEL_FPU_H
#define KERNEL_FPU_H

#include "kernel/cpu.h"
#include "kernel/types.h"

struct thread;
struct
    fpu_state; /* an XSAVE area in standard form, or an FXSAVE area, 64-byte aligned, cpu_features.xsave_size bytes */

/* Turns the FPU on, on this CPU; every CPU calls it, after cpu_enable_features(). */
void fpu_start_cpu(void);

/* Once, after slab_init(): the cache of states and the initial state. */
void fpu_init(void);

/* A state as at reset, or a copy of `from`; null without memory. May wait for memory. */
struct fpu_state *fpu_state_create(const struct fpu_state *from) must_check;
void fpu_state_destroy(struct fpu_state *state);

/* Registers to memory and back; interrupts off. */
void fpu_save(struct fpu_state *state);
void fpu_load(const struct fpu_state *state);
/* Sets *state to that at reset. */
void fpu_state_reset(struct fpu_state *state);

/* Bytes of the FPU part of a signal frame; its address must be a multiple of 64. */
static inline size_t fpu_signal_size(void)
{
    return cpu_features.xsave_size + (cpu_features.xsave ? sizeof(uint32_t) : 0);
}

/*
 * Writes the running thread's state to `frame` (aligned to 64, fpu_signal_size() bytes) in Linux's form: struct _fpstate, extended
 * state, magic numbers. Bytes that mean nothing keep what they were.
 */
void fpu_signal_save(void *frame);

/*
 * Makes `frame` (aligned to 64; `size` bytes copied from the user's frame, of which fpu_signal_size() at most are looked at) the
 * running thread's state. Any contents are accepted that the CPU can load; -EINVAL otherwise, and then nothing has
 * changed.
 */
int fpu_signal_restore(const void *frame, size_t size) must_check;

#endif

/*
 * FPU state: kept apart between threads, carried through signal frames, and no frame a program may write can fault the
 * kernel.
 */
#include <stdatomic.h>

#include "kernel/abi/errno.h"
#include "kernel/cpu.h"
#include "kernel/fpu.h"
#include "kernel/ktest.h"
#include "kernel/lock.h"
#include "kernel/thread.h"
#include "kernel/time.h"
#include "kernel/userstate.h"
#include "libc/string.h"
#include "mm/slab.h"

#define XMM_OFFSET 160
#define MXCSR_OFFSET 24
#define HEADER_OFFSET 512
#define RESERVED_OFFSET 528
#define ROUNDS 200

/* The kernel's own code has no use for these registers; only such a test does. */
static void xmm_write(uint64_t value)
{
    __asm__ volatile("movq %0, %%xmm0; movq %0, %%xmm7; movq %0, %%xmm15" ::"r"(value));
}

static bool xmm_is(uint64_t value)
{
    uint64_t a, b, c;
    __asm__ volatile("movq %%xmm0, %0; movq %%xmm7, %1; movq %%xmm15, %2" : "=r"(a), "=r"(b), "=r"(c));
    return a == value && b == value && c == value;
}

/* The upper half of YMM registers is in another part of the state. */
static void ymm_write(uint64_t value)
{
    __asm__ volatile("movq %0, %%xmm3; vinsertf128 $1, %%xmm3, %%ymm3, %%ymm3" ::"r"(value));
}

static bool ymm_is(uint64_t value)
{
    uint64_t high;
    __asm__ volatile("vextractf128 $1, %%ymm3, %%xmm4; movq %%xmm4, %0" : "=r"(high));
    return high == value;
}

static bool has_avx(void)
{
    return (cpu_features.xsave_mask & 4) != 0;
}

/* Gives the running kernel thread an FPU state, as if it were a user thread; thread_exit() frees it. */
static void become_fpu_user(void)
{
    struct fpu_state *state = fpu_state_create(NULL);
    KTEST_EXPECT(state != NULL);
    interrupts_push_off();
    thread_current()->fpu = state;
    userstate_load(thread_current());
    interrupts_pop();
}

static void stop_being_fpu_user(void)
{
    interrupts_push_off();
    struct fpu_state *state = thread_current()->fpu;
    thread_current()->fpu = NULL;
    cpu_this()->fpu_owner = NULL;
    interrupts_pop();
    fpu_state_destroy(state);
}

static _Atomic unsigned running, errors;

static void keep_a_pattern(void *argument)
{
    uint64_t pattern = 0x0101010101010101 * (uint64_t)argument;
    become_fpu_user();
    xmm_write(pattern);
    if (has_avx())
        ymm_write(~pattern);
    for (unsigned i = 0; i < ROUNDS; i++) {
        errors += !xmm_is(pattern);
        errors += has_avx() && !ymm_is(~pattern);
        if (i % 16 == 0)
            (void)thread_sleep_until(time_now() + 100000, false);
        else
            thread_yield();
    }
    running--;
}

KTEST(fpu, threads_keep_their_registers)
{
    unsigned count = 3 * cpus_online();
    running = count;
    errors = 0;
    for (uint64_t i = 1; i <= count; i++)
        KTEST_EXPECT(thread_create_kernel("fpu", keep_a_pattern, (void *)i) != NULL);
    while (running > 0)
        (void)thread_sleep_until(time_now() + 1000000, false);
    KTEST_EXPECT(errors == 0);
}

KTEST(fpu, a_copy_has_the_same_registers)
{
    become_fpu_user();
    xmm_write(0x1234);
    userstate_sync(thread_current());
    struct fpu_state *copy = fpu_state_create(thread_current()->fpu);
    KTEST_EXPECT(copy != NULL);
    xmm_write(0x5678);
    interrupts_push_off();
    fpu_load(copy);
    KTEST_EXPECT(xmm_is(0x1234));
    interrupts_pop();
    fpu_state_destroy(copy);
    stop_being_fpu_user();
}

KTEST(fpu, reset_clears)
{
    become_fpu_user();
    xmm_write(0x77);
    userstate_reset(thread_current());
    uint32_t mxcsr;
    __asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
    KTEST_EXPECT(xmm_is(0));
    KTEST_EXPECT(mxcsr == 0x1f80);
    stop_being_fpu_user();
}

KTEST(fpu, signal_frames_restore)
{
    uint8_t *frame = kmalloc(fpu_signal_size());
    KTEST_EXPECT(frame != NULL);
    become_fpu_user();
    xmm_write(0xabcdef);
    if (has_avx())
        ymm_write(0xfedcba);
    fpu_signal_save(frame);
    uint64_t saved;
    memcpy(&saved, frame + XMM_OFFSET, sizeof(saved));
    KTEST_EXPECT(saved == 0xabcdef);
    xmm_write(1);
    if (has_avx())
        ymm_write(2);
    KTEST_EXPECT(fpu_signal_restore(frame, fpu_signal_size()) == 0);
    KTEST_EXPECT(xmm_is(0xabcdef));
    KTEST_EXPECT(!has_avx() || ymm_is(0xfedcba));
    xmm_write(1);
    KTEST_EXPECT(fpu_signal_restore(frame, 512) == 0); /* a handler's own, short frame */
    KTEST_EXPECT(xmm_is(0xabcdef));
    stop_being_fpu_user();
    kfree(frame);
}

/* Restores a good frame with the bytes at `offset` changed. */
static int restore_with(uint8_t *frame, size_t offset, uint64_t value, size_t width)
{
    uint64_t old;
    memcpy(&old, frame + offset, width);
    memcpy(frame + offset, &value, width);
    int result = fpu_signal_restore(frame, fpu_signal_size());
    memcpy(frame + offset, &old, width);
    return result;
}

KTEST(fpu, frames_that_would_fault_are_refused)
{
    uint8_t *frame = kmalloc(fpu_signal_size());
    KTEST_EXPECT(frame != NULL);
    become_fpu_user();
    fpu_signal_save(frame);
    xmm_write(0x99);
    KTEST_EXPECT(fpu_signal_restore(frame, 511) == -EINVAL);
    KTEST_EXPECT(restore_with(frame, MXCSR_OFFSET, 0xffffffff, 4) == -EINVAL);
    if (cpu_features.xsave) {
        KTEST_EXPECT(restore_with(frame, HEADER_OFFSET, UINT64_MAX, 8) == -EINVAL);
        KTEST_EXPECT(restore_with(frame, HEADER_OFFSET + 8, (uint64_t)1 << 63, 8) == -EINVAL);
        for (size_t offset = RESERVED_OFFSET; offset < 576; offset += 8)
            KTEST_EXPECT(restore_with(frame, offset, 1, 8) == -EINVAL);
    }
    KTEST_EXPECT(xmm_is(0x99)); /* none of them changed anything */
    for (size_t offset = XMM_OFFSET; offset < 464; offset += 8)
        KTEST_EXPECT(restore_with(frame, offset, UINT64_MAX, 8) == 0);
    KTEST_EXPECT(fpu_signal_restore(frame, fpu_signal_size()) == 0);
    stop_being_fpu_user();
    kfree(frame);
}

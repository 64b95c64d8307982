/*
 * FS and GS bases and the FPU state of user threads.
 *
 * While the kernel runs a user thread, FS base is the user's, and the user's GS base waits in the MSR KERNEL_GS_BASE
 * for SWAPGS. A program may change either by itself where the CPU has FSGSBASE, so both are read back on a switch.
 *
 * The FPU is saved at every switch away from a user thread, so that another CPU may take the thread at any time; it is
 * loaded only if the registers have held somebody else's state since.
 */
#include "kernel/userstate.h"

#include "kernel/cpu.h"
#include "kernel/fpu.h"
#include "kernel/lock.h"
#include "kernel/thread.h"
#include "kernel/x86.h"

static inline uint64_t fs_read(void)
{
    if (!cpu_features.fsgsbase)
        return msr_read(MSR_FS_BASE);
    uint64_t base;
    __asm__ volatile("rdfsbase %0" : "=r"(base));
    return base;
}

static inline void fs_write(uint64_t base)
{
    if (cpu_features.fsgsbase)
        __asm__ volatile("wrfsbase %0" ::"r"(base));
    else
        msr_write(MSR_FS_BASE, base);
}

/* Without FSGSBASE nobody but the kernel changes the bases, and thread->fs_base, gs_base are always right. */
static void bases_save(struct thread *thread)
{
    if (cpu_features.fsgsbase) {
        thread->fs_base = fs_read();
        thread->gs_base = msr_read(MSR_KERNEL_GS_BASE);
    }
}

void userstate_save(struct thread *thread)
{
    if (thread->fpu == NULL)
        return;
    bases_save(thread);
    fpu_save(thread->fpu);
}

void userstate_load(struct thread *thread)
{
    if (thread->fpu == NULL)
        return;
    struct cpu *cpu = cpu_this();
    fs_write(thread->fs_base);
    msr_write(MSR_KERNEL_GS_BASE, thread->gs_base);
    if (cpu->fpu_owner != thread || thread->fpu_cpu != cpu->id + 1)
        fpu_load(thread->fpu);
    cpu->fpu_owner = thread;
    thread->fpu_cpu = (uint8_t)(cpu->id + 1);
}

uint64_t userstate_fs(void)
{
    return fs_read();
}

uint64_t userstate_gs(void)
{
    return msr_read(MSR_KERNEL_GS_BASE);
}

void userstate_set_fs(uint64_t base)
{
    interrupts_push_off();
    thread_current()->fs_base = base;
    fs_write(base);
    interrupts_pop();
}

void userstate_set_gs(uint64_t base)
{
    interrupts_push_off();
    thread_current()->gs_base = base;
    msr_write(MSR_KERNEL_GS_BASE, base);
    interrupts_pop();
}

void userstate_sync(struct thread *thread)
{
    interrupts_push_off();
    userstate_save(thread);
    interrupts_pop();
}

void userstate_reset(struct thread *thread)
{
    interrupts_push_off();
    thread->fs_base = 0;
    thread->gs_base = 0;
    fpu_state_reset(thread->fpu);
    cpu_this()->fpu_owner = NULL;
    userstate_load(thread);
    interrupts_pop();
}

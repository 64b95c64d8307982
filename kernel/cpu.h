/*
 * Per-CPU data, reached through GS, and what this machine's CPUs can do.
 *
 * GS base points at the CPU's `struct cpu` whenever the kernel runs; entry code swaps it with the user's. Fields are
 * written only by their own CPU with interrupts off unless a comment says otherwise.
 */
#ifndef KERNEL_CPU_H
#define KERNEL_CPU_H

#include "kernel/types.h"

struct thread;
struct aspace;

struct cpu {
    /* entry.asm and switch.asm know these offsets; static assertions in cpu.c. */
    struct cpu *self;       /* 0 */
    struct thread *current; /* 8: the running thread; never null once the CPU has started */
    uint64_t kernel_stack;  /* 16: where a system call starts: top of the current thread's stack */
    uint64_t user_stack;    /* 24: scratch of the system-call entry */

    unsigned id;       /* 0 .. cpus_online() - 1 */
    uint8_t lock_mark; /* id + 1: in a spin lock that this CPU holds */
    uint32_t apic_id;
    unsigned interrupts_nest;      /* depth of interrupts_push_off() and spin locks */
    uint32_t interrupts_flags;     /* RFLAGS before the outermost of them: were they on? */
    unsigned interrupt_depth;      /* > 0 in an interrupt handler */
    bool interrupted_user;         /* in an interrupt handler: it interrupted user mode */
    volatile bool need_reschedule; /* the running thread's slice is over or somebody better is ready */
    volatile bool idle;            /* read by other CPUs: halted or about to; gets an IPI to look at the run queue */
    _Atomic bool started;
    struct thread *idle_thread;
    struct aspace *aspace;    /* whose page table CR3 holds (lazily kept by kernel threads), or null: the kernel's */
    struct thread *previous;  /* switched away from, finished by the next thread */
    struct thread *fpu_owner; /* whose FPU state is in the registers */
    uint64_t ticks, user_ticks,
        system_ticks;          /* all; those that found a thread in user or kernel mode: the rest was idle */
    uint64_t wait_ticks;       /* of the idle ones: a thread was waiting for a disk (kernel/iowait.h) */
    struct cpu_tables *tables; /* GDT, TSS, interrupt stacks: kernel/gdt.c */
    struct frame_cpu *frames;  /* front lists: mm/frame.c */
} cacheline_aligned;

extern struct cpu cpus[CPUS_MAX];

/* What CPUID says; set once at start-up, the same on every CPU. */
struct cpu_features {
    bool page_1g, smep, smap, umip, nx, fsgsbase, xsave, pcid, invariant_tsc, rdrand, erms, pku;
    unsigned physical_bits;
    uint32_t xsave_size;
    uint64_t xsave_mask;
};
extern struct cpu_features cpu_features;

extern uint64_t cpu_boot_tsc; /* the TSC when the kernel began: time 0 */

static inline struct cpu *cpu_this(void)
{
    struct cpu *cpu;
    __asm__ volatile("mov %%gs:0, %0" : "=r"(cpu));
    return cpu;
}

/* The running thread. Right at any time, as a thread switch takes the answer along. */
static inline struct thread *thread_current(void)
{
    struct thread *thread;
    __asm__ volatile("mov %%gs:8, %0" : "=r"(thread));
    return thread;
}

/* CPUs that take part in scheduling. */
unsigned cpus_online(void);

/*
 * Fills cpu_features, sets control registers and MSRs of this CPU (NX, SYSCALL, SMEP, SMAP, UMIP, FSGSBASE, PAT). Every
 * CPU calls it.
 */
void cpu_enable_features(void);

/* Makes `cpu` this CPU's per-CPU area (GS base) and gives it a GDT, TSS and IDT. Called first thing on every CPU. */
void cpu_start_this(unsigned id);

/* Unmaps the page below the boot stack, as other kernel stacks have it. Once, after kmap_init(). */
void cpu_guard_boot_stack(void);

/* Whether `address` lies in that page. */
bool cpu_is_boot_guard(vaddr_t address);

/*
 * Finds the other CPUs in the ACPI tables and starts them; returns when all that answer run their idle threads. Once, on the boot CPU,
 * when the devices have been started. Sleeps.
 */
void smp_start(void);

/* Interrupt another CPU so that it looks at its run queue. */
void cpu_kick(unsigned id);

/* Stops all other CPUs for good (panic, power-off); does not wait for long. */
void cpu_stop_others(void);

#endif

/*
 * Segments and the task state: what is left of segmentation in long mode, one set for each CPU.
 *
 * The selectors are Linux's, as programs see them in signal frames.
 */
#ifndef KERNEL_GDT_H
#define KERNEL_GDT_H

#include "kernel/cpu.h"
#include "kernel/types.h"

#define KERNEL_CS 0x10
#define KERNEL_SS 0x18
#define USER_SS 0x2b
#define USER_CS 0x33

/* Interrupt stacks: exceptions that may come while the stack or GS is not to be trusted get one of their own. */
enum interrupt_stack { STACK_DOUBLE_FAULT = 1, STACK_NMI, STACK_MACHINE_CHECK, STACK_COUNT = STACK_MACHINE_CHECK };

/* Sizes and alignment in one: entry.asm finds the CPU's address in the highest 8 bytes of the stack it is on. */
#define INTERRUPT_STACK_SIZE 8192

/* SDM volume 3, 8.7. */
struct task_state {
    uint32_t reserved0;
    uint64_t rsp0; /* where an interrupt from user mode starts */
    uint64_t rsp1, rsp2;
    uint64_t reserved1;
    uint64_t ist[7];
    uint64_t reserved2;
    uint16_t reserved3;
    uint16_t io_map;
} __attribute__((packed));

struct cpu_tables {
    uint8_t stacks[STACK_COUNT][INTERRUPT_STACK_SIZE] __attribute__((aligned(INTERRUPT_STACK_SIZE)));
    uint64_t gdt[11];
    struct task_state task;
};

/* Memory for the tables of CPU `id`, which has not started; the boot CPU's are static. 0 or -ENOMEM. */
int cpu_tables_create(unsigned id) must_check;

/* Fills and loads this CPU's GDT and TSS. GS base is set by the caller afterwards (loading GS clears it). */
void cpu_tables_load(struct cpu *cpu);

/*
 * Where traps from user mode start on this CPU: the top of the thread's stack. The scheduler calls it on every switch,
 * interrupts off.
 */
static inline void cpu_set_kernel_stack(vaddr_t top)
{
    struct cpu *cpu = cpu_this();
    cpu->kernel_stack = top;
    cpu->tables->task.rsp0 = top;
}

#endif

/*
 * GDT and TSS of each CPU (SDM volume 3, 3.4, 3.5 and 8.7).
 *
 *   selector  00  08  10         18         20           28         30         38  40, 48  50
 *             -   -   kernel CS  kernel SS  (user 32)    user SS    user CS    -   TSS     CPU number
 *
 * SYSRET wants user SS right behind its base selector 20 and user CS behind that, so slot 20 stays empty.
 *
 * One struct cpu_tables is the interrupt stacks with the GDT and the TSS behind them: 32 KB, a run of 8 frames.
 */
#include "kernel/gdt.h"

#include "kernel/abi/errno.h"
#include "kernel/x86.h"
#include "mm/frame.h"

#define SELECTOR_TSS 0x40
#define SELECTOR_CPU_NUMBER 0x50
#define TABLES_ORDER 3

_Static_assert(sizeof(struct task_state) == 104, "TSS of the SDM");
_Static_assert(offsetof(struct task_state, ist) == 36, "TSS of the SDM");
_Static_assert(sizeof(struct cpu_tables) <= PAGE_SIZE << TABLES_ORDER, "the tables fit their run of frames");

/* Accessed is set beforehand, so that the CPU never writes to a GDT. */
#define SEGMENT_KERNEL_CODE 0x00af9b000000ffffULL
#define SEGMENT_KERNEL_DATA 0x00cf93000000ffffULL
#define SEGMENT_USER_DATA 0x00cff3000000ffffULL
#define SEGMENT_USER_CODE 0x00affb000000ffffULL
#define SEGMENT_CPU_NUMBER 0x0040f10000000000ULL /* its limit is the number, for LSL in user mode (kernel/vdso/) */
#define SEGMENT_TSS_AVAILABLE ((uint64_t)0x89 << 40)

static struct cpu_tables boot_tables;

/* The operand of LGDT and LIDT. */
struct table_register {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed));

int cpu_tables_create(unsigned id)
{
    struct page *run = frame_alloc_run(TABLES_ORDER, FRAME_ZERO | FRAME_WIRED);
    if (run == NULL)
        return -ENOMEM;
    cpus[id].tables = page_address(run);
    return 0;
}

/* A TSS descriptor takes two slots (SDM volume 3, figure 8-4). */
static void gdt_set_task(uint64_t *slot, const struct task_state *task)
{
    uint64_t base = (uint64_t)task;
    slot[0] = (sizeof(*task) - 1) | (base & 0xffffff) << 16 | SEGMENT_TSS_AVAILABLE | (base >> 24 & 0xff) << 56;
    slot[1] = base >> 32;
}

/* Each interrupt stack starts below a last word that leads to the CPU: entry.asm trusts nothing else. */
static void interrupt_stacks_set(struct cpu_tables *tables, struct cpu *cpu)
{
    for (unsigned i = 0; i < STACK_COUNT; i++) {
        uint64_t *top = (uint64_t *)(tables->stacks[i] + INTERRUPT_STACK_SIZE);
        top[-1] = (uint64_t)cpu;
        tables->task.ist[i] = (uint64_t)(top - 2);
    }
}

static void gdt_load(const struct cpu_tables *tables)
{
    struct table_register gdtr = {sizeof(tables->gdt) - 1, (uint64_t)tables->gdt};
    __asm__ volatile("lgdt %[gdtr]\n\t"
                     "push %[code]\n\t"
                     "lea 1f(%%rip), %%rax\n\t"
                     "push %%rax\n\t"
                     "lretq\n"
                     "1:\n\t"
                     "mov %[data], %%ss\n\t"
                     "mov %[null], %%ds\n\t"
                     "mov %[null], %%es\n\t"
                     "mov %[null], %%fs\n\t"
                     "mov %[null], %%gs"
                     :
                     : [gdtr] "m"(gdtr), [code] "i"(KERNEL_CS), [data] "r"(KERNEL_SS), [null] "r"(0)
                     : "rax", "memory");
    __asm__ volatile("ltr %w0" ::"r"(SELECTOR_TSS));
}

void cpu_tables_load(struct cpu *cpu)
{
    if (cpu->id == 0)
        cpu->tables = &boot_tables;
    struct cpu_tables *tables = cpu->tables;
    tables->gdt[KERNEL_CS >> 3] = SEGMENT_KERNEL_CODE;
    tables->gdt[KERNEL_SS >> 3] = SEGMENT_KERNEL_DATA;
    tables->gdt[USER_SS >> 3] = SEGMENT_USER_DATA;
    tables->gdt[USER_CS >> 3] = SEGMENT_USER_CODE;
    tables->gdt[SELECTOR_CPU_NUMBER >> 3] = SEGMENT_CPU_NUMBER | cpu->id;
    tables->task.io_map = sizeof(tables->task); /* none: user mode has no ports */
    interrupt_stacks_set(tables, cpu);
    gdt_set_task(&tables->gdt[SELECTOR_TSS >> 3], &tables->task);
    gdt_load(tables);
}

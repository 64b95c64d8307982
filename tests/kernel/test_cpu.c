/* What start-up has made of the CPUs: protection bits on, nothing mapped that should not be, tables in place. */
#include <stdatomic.h>

#include "kernel/acpi.h"
#include "kernel/cpu.h"
#include "kernel/gdt.h"
#include "kernel/interrupt.h"
#include "kernel/ktest.h"
#include "kernel/lock.h"
#include "kernel/time.h"
#include "kernel/trap.h"
#include "kernel/x86.h"
#include "libc/string.h"
#include "mm/pagetable.h"

#define VECTOR_TEST 238 /* nobody else's */

extern const char __text_start[], __rodata_start[], __data_start[], __kernel_end[];

static _Atomic unsigned looked_at; /* bits of CPUs */

static bool cr4_is_right(uint64_t cr4)
{
    const struct cpu_features *f = &cpu_features;
    return ((cr4 & CR4_SMEP) != 0) == f->smep && ((cr4 & CR4_SMAP) != 0) == f->smap &&
           ((cr4 & CR4_UMIP) != 0) == f->umip && ((cr4 & CR4_FSGSBASE) != 0) == f->fsgsbase &&
           ((cr4 & CR4_OSXSAVE) != 0) == f->xsave && (cr4 & CR4_PGE) != 0;
}

/* In an interrupt, on each CPU. */
static void look_at_registers(void *argument)
{
    (void)argument;
    struct cpu *cpu = cpu_this();
    KTEST_EXPECT(cpu == &cpus[cpu->id]);
    KTEST_EXPECT(cr4_is_right(cr4_read()));
    KTEST_EXPECT((cr0_read() & CR0_WP) != 0);
    KTEST_EXPECT((msr_read(MSR_EFER) & (EFER_NXE | EFER_SCE)) == (EFER_NXE | EFER_SCE));
    KTEST_EXPECT(msr_read(MSR_LSTAR) == (uint64_t)syscall_entry);
    KTEST_EXPECT(msr_read(MSR_GS_BASE) == (uint64_t)cpu);
    KTEST_EXPECT((msr_read(MSR_SFMASK) & (RFLAGS_IF | RFLAGS_AC | RFLAGS_TF | RFLAGS_DF)) ==
                 (RFLAGS_IF | RFLAGS_AC | RFLAGS_TF | RFLAGS_DF));
    looked_at |= 1u << cpu->id;
}

KTEST(cpu, control_registers_are_right_on_every_cpu)
{
    unsigned all = (1u << cpus_online()) - 1;
    looked_at = 0;
    interrupt_connect_local(VECTOR_TEST, look_at_registers, NULL);
    for (unsigned id = 0; id < cpus_online(); id++)
        interrupt_send(id, VECTOR_TEST);
    uint64_t patience = time_now() + 60 * NS_PER_SECOND;
    while (looked_at != all && time_now() < patience)
        time_delay_us(100);
    KTEST_EXPECT(looked_at == all);
}

KTEST(cpu, all_of_the_tables_are_online)
{
    KTEST_EXPECT(cpus_online() >= 1 && cpus_online() <= acpi_machine.cpu_count);
    for (unsigned id = 0; id < cpus_online(); id++) {
        KTEST_EXPECT(cpus[id].started);
        for (unsigned other = 0; other < id; other++)
            KTEST_EXPECT(cpus[id].apic_id != cpus[other].apic_id);
    }
}

KTEST(cpu, interrupt_stacks_are_apart_and_lead_to_their_cpu)
{
    for (unsigned id = 0; id < cpus_online(); id++) {
        for (unsigned stack = 1; stack <= STACK_COUNT; stack++) {
            uint64_t start = cpus[id].tables->task.ist[stack - 1];
            KTEST_EXPECT(is_aligned(start, 16));
            KTEST_EXPECT(*(struct cpu **)((start | (INTERRUPT_STACK_SIZE - 1)) - 7) == &cpus[id]);
            for (unsigned other = 0; other < id; other++)
                KTEST_EXPECT(cpus[other].tables->task.ist[stack - 1] != start);
        }
    }
}

static pte_t leaf_of(const void *address)
{
    struct walk walk;
    return pagetable_walk(&kernel_table, (vaddr_t)address, &walk) ? walk.value : 0;
}

KTEST(cpu, the_kernel_is_never_writable_and_executable)
{
    pte_t text = leaf_of(__text_start), rodata = leaf_of(__rodata_start), data = leaf_of(__data_start);
    KTEST_EXPECT((text & (PTE_P | PTE_RW | PTE_XD)) == PTE_P);
    KTEST_EXPECT((rodata & (PTE_P | PTE_RW | PTE_XD)) == (PTE_P | PTE_XD));
    KTEST_EXPECT((data & (PTE_P | PTE_RW | PTE_XD)) == (PTE_P | PTE_RW | PTE_XD));
    KTEST_EXPECT((leaf_of(&kernel_table.top[0]) & (PTE_RW | PTE_XD)) == (PTE_RW | PTE_XD)); /* the direct map */
}

KTEST(cpu, no_identity_map_is_left)
{
    for (unsigned i = 0; i < 256; i++)
        KTEST_EXPECT(kernel_table.top[i] == 0);
}

KTEST(cpu, exceptions_have_names)
{
    KTEST_EXPECT(strcmp(exception_name(EXCEPTION_PF), "#PF page fault") == 0);
    KTEST_EXPECT(strcmp(exception_name(9), "unknown exception") == 0);
    KTEST_EXPECT(strcmp(exception_name(1000), "unknown exception") == 0);
}

KTEST(cpu, the_boot_stack_has_a_guard_page)
{
    struct walk walk;
    vaddr_t page = round_down((vaddr_t)__data_start, PAGE_SIZE), guards = 0;
    for (; page < (vaddr_t)__kernel_end; page += PAGE_SIZE) {
        bool mapped = pagetable_walk(&kernel_table, page, &walk);
        KTEST_EXPECT(mapped == !cpu_is_boot_guard(page));
        guards += !mapped;
    }
    KTEST_EXPECT(guards == 1);
}

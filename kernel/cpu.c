/*
 * What the CPUs can do, and the control registers that make them do it.
 *
 * Needed: long mode, of course; NX; SSE2 and FXSAVE (every x86-64 CPU has them); a local APIC; SYSCALL. Used where
 * present: 1 GB pages, SMEP, SMAP, UMIP, FSGSBASE, XSAVE with AVX.
 */
#include "kernel/cpu.h"

#include "kernel/gdt.h"
#include "kernel/panic.h"
#include "kernel/thread.h"
#include "kernel/trap.h"
#include "kernel/x86.h"
#include "mm/pagetable.h"

/* entry.asm */
_Static_assert(offsetof(struct cpu, self) == 0, "cpu_this()");
_Static_assert(offsetof(struct cpu, current) == 8, "thread_current()");
_Static_assert(offsetof(struct cpu, kernel_stack) == 16, "entry.asm");
_Static_assert(offsetof(struct cpu, user_stack) == 24, "entry.asm");

/* start.asm: one page. */
extern const uint8_t boot_stack_guard[];

struct cpu cpus[CPUS_MAX];
struct cpu_features cpu_features;
uint64_t cpu_boot_tsc;

/* Read by the trap entry without a CPU at hand. */
bool trap_smap;

/*
 * PAT: entry 0 write-back, 1 write-combining in place of write-through, 2 uncached-, 3 uncached; the upper half the
 * same.
 */
#define PAT_VALUE 0x0007010600070106ULL

/* A bit of a CPUID leaf. */
static bool bit(uint32_t word, unsigned number)
{
    return (word >> number & 1) != 0;
}

/* Leaf 1 and the extended leaves: what has no substitute. Returns the name of the first thing missing, or null. */
static const char *cpu_missing(void)
{
    struct cpuid basic = cpuid_read(1, 0), extended = cpuid_read(0x80000001, 0);
    if (!bit(extended.edx, 20))
        return "no-execute pages (NX)";
    if (!bit(extended.edx, 11))
        return "SYSCALL";
    if (!bit(basic.edx, 24) || !bit(basic.edx, 26))
        return "FXSAVE and SSE2";
    if (!bit(basic.edx, 9))
        return "a local APIC";
    if (!bit(basic.edx, 16))
        return "the page attribute table (PAT)";
    if (!bit(basic.edx, 4))
        return "a time-stamp counter";
    return NULL;
}

static void cpu_find_features(void)
{
    uint32_t leaves = cpuid_read(0, 0).eax, extended_leaves = cpuid_read(0x80000000, 0).eax;
    struct cpuid basic = cpuid_read(1, 0);
    struct cpuid structured = leaves >= 7 ? cpuid_read(7, 0) : (struct cpuid){0};
    struct cpuid extended = cpuid_read(0x80000001, 0);
    struct cpu_features *f = &cpu_features;

    f->nx = bit(extended.edx, 20);
    f->page_1g = bit(extended.edx, 26);
    f->pcid = bit(basic.ecx, 17);
    f->xsave = bit(basic.ecx, 26) && leaves >= 0xd;
    f->rdrand = bit(basic.ecx, 30);
    f->fsgsbase = bit(structured.ebx, 0);
    f->smep = bit(structured.ebx, 7);
    f->erms = bit(structured.ebx, 9);
    f->smap = bit(structured.ebx, 20);
    f->umip = bit(structured.ecx, 2);
    f->pku = bit(structured.ecx, 3);
    f->invariant_tsc = extended_leaves >= 0x80000007 && bit(cpuid_read(0x80000007, 0).edx, 8);
    f->physical_bits = extended_leaves >= 0x80000008 ? cpuid_read(0x80000008, 0).eax & 0xff : 36;
    trap_smap = f->smap;
}

static uint64_t cr4_wanted(void)
{
    uint64_t cr4 = CR4_PGE | CR4_OSFXSR | CR4_OSXMMEXCPT;
    if (cpu_features.smep)
        cr4 |= CR4_SMEP;
    if (cpu_features.smap)
        cr4 |= CR4_SMAP;
    if (cpu_features.umip)
        cr4 |= CR4_UMIP;
    if (cpu_features.fsgsbase)
        cr4 |= CR4_FSGSBASE;
    if (cpu_features.xsave)
        cr4 |= CR4_OSXSAVE;
    return cr4;
}

/*
 * SYSCALL loads CS from bits 32-47 of STAR (SS is the next descriptor), SYSRET its user selectors from bits 48-63: see
 * gdt.c.
 */
static void syscall_enable(void)
{
    msr_write(MSR_STAR, (uint64_t)KERNEL_CS << 32 | (uint64_t)(0x20 | 3) << 48);
    msr_write(MSR_LSTAR, (uint64_t)syscall_entry);
    msr_write(MSR_SFMASK,
              RFLAGS_IF | RFLAGS_TF | RFLAGS_DF | RFLAGS_NT | RFLAGS_AC | RFLAGS_RF | RFLAGS_IOPL | RFLAGS_CF);
}

void cpu_enable_features(void)
{
    const char *missing = cpu_missing();
    if (missing != NULL)
        panic("this CPU lacks %s, which the kernel needs", missing);
    if (cpu_this()->id == 0)
        cpu_find_features();
    msr_write(MSR_EFER, msr_read(MSR_EFER) | EFER_NXE | EFER_SCE);
    msr_write(MSR_PAT, PAT_VALUE);
    cr0_write((cr0_read() & ~(CR0_EM | CR0_TS)) | CR0_WP | CR0_NE | CR0_MP);
    cr4_write((cr4_read() & ~CR4_PGE) | (cr4_wanted() & ~CR4_PGE)); /* clearing PGE flushes what the old PAT gave */
    cr4_write(cr4_read() | CR4_PGE);
    syscall_enable();
}

void cpu_start_this(unsigned id)
{
    if (id == 0)
        cpu_boot_tsc = tsc_read();
    struct cpu *cpu = &cpus[id];
    cpu->self = cpu;
    cpu->id = id;
    cpu->lock_mark = (uint8_t)(id + 1);
    cpu->current = sched_idle_thread(id);
    cpu_tables_load(cpu);
    msr_write(MSR_GS_BASE, (uint64_t)cpu);
    msr_write(MSR_KERNEL_GS_BASE, 0);
    trap_start_cpu();
}

void cpu_guard_boot_stack(void)
{
    kernel_unmap((vaddr_t)boot_stack_guard, PAGE_SIZE);
}

bool cpu_is_boot_guard(vaddr_t address)
{
    return address - (vaddr_t)boot_stack_guard < PAGE_SIZE;
}

/*
 * The x86-64 instructions that C has no words for: ports, MSRs, control registers, CPUID, the time-stamp counter.
 *
 * Bits carry the names of the Intel SDM (volume 3, 2.5; volume 4).
 */
#ifndef KERNEL_X86_H
#define KERNEL_X86_H

#include "kernel/types.h"

#define CR0_MP ((uint64_t)1 << 1)  /* WAIT honours TS */
#define CR0_EM ((uint64_t)1 << 2)  /* no FPU */
#define CR0_TS ((uint64_t)1 << 3)  /* the next FPU instruction traps */
#define CR0_NE ((uint64_t)1 << 5)  /* FPU errors are exceptions */
#define CR0_WP ((uint64_t)1 << 16) /* the kernel, too, obeys read-only pages */

#define CR4_PGE ((uint64_t)1 << 7) /* global pages */
#define CR4_OSFXSR ((uint64_t)1 << 9)
#define CR4_OSXMMEXCPT ((uint64_t)1 << 10)
#define CR4_UMIP ((uint64_t)1 << 11)
#define CR4_FSGSBASE ((uint64_t)1 << 16)
#define CR4_OSXSAVE ((uint64_t)1 << 18)
#define CR4_SMEP ((uint64_t)1 << 20)
#define CR4_SMAP ((uint64_t)1 << 21)

#define MSR_APIC_BASE 0x1b
#define MSR_PAT 0x277
#define MSR_X2APIC 0x800
#define MSR_EFER 0xc0000080
#define MSR_STAR 0xc0000081
#define MSR_LSTAR 0xc0000082
#define MSR_SFMASK 0xc0000084
#define MSR_FS_BASE 0xc0000100
#define MSR_GS_BASE 0xc0000101
#define MSR_KERNEL_GS_BASE 0xc0000102

#define EFER_SCE ((uint64_t)1 << 0) /* SYSCALL */
#define EFER_NXE ((uint64_t)1 << 11)

#define RFLAGS_CF ((uint64_t)1 << 0)
#define RFLAGS_FIXED ((uint64_t)1 << 1) /* always set */
#define RFLAGS_TF ((uint64_t)1 << 8)
#define RFLAGS_IF ((uint64_t)1 << 9)
#define RFLAGS_DF ((uint64_t)1 << 10)
#define RFLAGS_IOPL ((uint64_t)3 << 12)
#define RFLAGS_NT ((uint64_t)1 << 14)
#define RFLAGS_RF ((uint64_t)1 << 16)
#define RFLAGS_AC ((uint64_t)1 << 18)
#define RFLAGS_ID ((uint64_t)1 << 21)
#define RFLAGS_USER ((uint64_t)0x250dd5) /* what a program may set: CF PF AF ZF SF TF DF OF RF AC ID */

static inline uint8_t port_read8(uint16_t port)
{
    uint8_t value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline uint16_t port_read16(uint16_t port)
{
    uint16_t value;
    __asm__ volatile("inw %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline uint32_t port_read32(uint16_t port)
{
    uint32_t value;
    __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline void port_write8(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" ::"a"(value), "Nd"(port));
}

static inline void port_write16(uint16_t port, uint16_t value)
{
    __asm__ volatile("outw %0, %1" ::"a"(value), "Nd"(port));
}

static inline void port_write32(uint16_t port, uint32_t value)
{
    __asm__ volatile("outl %0, %1" ::"a"(value), "Nd"(port));
}

static inline uint64_t msr_read(uint32_t msr)
{
    uint32_t low, high;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return (uint64_t)high << 32 | low;
}

static inline void msr_write(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr" ::"c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}

static inline uint64_t cr0_read(void)
{
    uint64_t value;
    __asm__ volatile("mov %%cr0, %0" : "=r"(value));
    return value;
}

static inline void cr0_write(uint64_t value)
{
    __asm__ volatile("mov %0, %%cr0" ::"r"(value) : "memory");
}

/* The address of the last page fault. */
static inline uint64_t cr2_read(void)
{
    uint64_t value;
    __asm__ volatile("mov %%cr2, %0" : "=r"(value));
    return value;
}

static inline uint64_t cr3_read(void)
{
    uint64_t value;
    __asm__ volatile("mov %%cr3, %0" : "=r"(value));
    return value;
}

/* DR6: why there was a debug exception. */
static inline uint64_t debug_status_read(void)
{
    uint64_t value;
    __asm__ volatile("mov %%dr6, %0" : "=r"(value));
    return value;
}

/* The same, for the one who deals with it. The CPU only ever sets bits in it, so it is cleared. */
static inline uint64_t debug_status_take(void)
{
    uint64_t value;
    __asm__ volatile("mov %%dr6, %0" : "=r"(value));
    __asm__ volatile("mov %0, %%dr6" ::"r"((uint64_t)0xffff0ff0));
    return value;
}

/* Flushes all translations that are not global, too. */
static inline void cr3_write(uint64_t value)
{
    __asm__ volatile("mov %0, %%cr3" ::"r"(value) : "memory");
}

static inline uint64_t cr4_read(void)
{
    uint64_t value;
    __asm__ volatile("mov %%cr4, %0" : "=r"(value));
    return value;
}

static inline void cr4_write(uint64_t value)
{
    __asm__ volatile("mov %0, %%cr4" ::"r"(value) : "memory");
}

static inline void xcr0_write(uint64_t value)
{
    __asm__ volatile("xsetbv" ::"c"(0), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)));
}

/* What CPUID gives for one leaf. */
struct cpuid {
    uint32_t eax, ebx, ecx, edx;
};

static inline struct cpuid cpuid_read(uint32_t leaf, uint32_t subleaf)
{
    struct cpuid result;
    __asm__ volatile("cpuid"
                     : "=a"(result.eax), "=b"(result.ebx), "=c"(result.ecx), "=d"(result.edx)
                     : "a"(leaf), "c"(subleaf));
    return result;
}

static inline uint64_t tsc_read(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

/* Nothing behind it, the TSC included, is read before what is in front of it: rdtsc alone waits for nothing (Intel SDM 2B, RDTSC). */
static inline void tsc_fence(void)
{
    __asm__ volatile("lfence" ::: "memory");
}

/* Tells the CPU (and the other half of its core) that this is a waiting loop. */
static inline void cpu_relax(void)
{
    __asm__ volatile("pause" ::: "memory");
}

static inline void interrupts_enable(void)
{
    __asm__ volatile("sti" ::: "memory");
}

static inline void interrupts_disable(void)
{
    __asm__ volatile("cli" ::: "memory");
}

/* Sleeps until the next interrupt. STI takes effect after HLT began, so an interrupt between the two is not lost. */
static inline void interrupts_wait(void)
{
    __asm__ volatile("sti; hlt" ::: "memory");
}

/* Never returns: interrupts off, halted. */
static inline void noreturn_function cpu_halt_forever(void)
{
    for (;;)
        __asm__ volatile("cli; hlt" ::: "memory");
}

#endif

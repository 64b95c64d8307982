/*
 * The local APIC (SDM volume 3, chapter 11): registers in memory, or MSRs in x2APIC mode.
 *
 * x2APIC is used where the CPU has it. Offsets below are those in memory; as an MSR a register is 0x800 + offset / 16.
 */
#include "kernel/apic.h"

#include "kernel/acpi.h"
#include "kernel/cpu.h"
#include "kernel/interrupt.h"
#include "kernel/panic.h"
#include "kernel/x86.h"
#include "mm/kmap.h"

enum apic_register {
    APIC_ID = 0x20,
    APIC_TPR = 0x80,
    APIC_EOI = 0xb0,
    APIC_SPURIOUS = 0xf0,
    APIC_IN_SERVICE = 0x100, /* eight registers, 0x10 apart: a bit for each vector */
    APIC_REQUESTED = 0x200,
    APIC_COMMAND = 0x300,
    APIC_COMMAND_HIGH = 0x310,
    APIC_LVT_TIMER = 0x320,
    APIC_LVT_LINT0 = 0x350,
    APIC_LVT_LINT1 = 0x360,
    APIC_LVT_ERROR = 0x370,
    APIC_TIMER_INITIAL = 0x380,
    APIC_TIMER_CURRENT = 0x390,
    APIC_TIMER_DIVIDE = 0x3e0,
};

#define APIC_BASE_ENABLE ((uint64_t)1 << 11)
#define APIC_BASE_X2APIC ((uint64_t)1 << 10)
#define SPURIOUS_ENABLE (1u << 8)
#define LVT_MASKED (1u << 16)
#define LVT_NMI (4u << 8)
#define COMMAND_PENDING (1u << 12)
#define COMMAND_ASSERT (1u << 14)
#define COMMAND_NMI (4u << 8)
#define COMMAND_INIT (5u << 8)
#define COMMAND_STARTUP (6u << 8)
#define TIMER_DIVIDE_BY_1 0xb

#define PIC1_DATA 0x21
#define PIC2_DATA 0xa1

static bool x2apic;
static volatile uint32_t *registers; /* not in x2APIC mode */

static inline uint32_t apic_read(enum apic_register offset)
{
    if (x2apic)
        return (uint32_t)msr_read(MSR_X2APIC + offset / 16);
    return registers[offset / 4];
}

static inline void apic_write(enum apic_register offset, uint32_t value)
{
    if (x2apic)
        msr_write(MSR_X2APIC + offset / 16, value);
    else
        registers[offset / 4] = value;
}

uint32_t apic_id(void)
{
    uint32_t id = apic_read(APIC_ID);
    return x2apic ? id : id >> 24;
}

/* The highest vector whose bit is set in eight registers, or 0. */
static uint8_t highest_vector(enum apic_register first)
{
    for (unsigned i = 8; i-- > 0;) {
        uint32_t bits = apic_read(first + i * 0x10);
        if (bits != 0)
            return (uint8_t)(i * 32 + 31 - (unsigned)__builtin_clz(bits));
    }
    return 0;
}

struct apic_state apic_state_read(void)
{
    return (struct apic_state){
        .enabled = (apic_read(APIC_SPURIOUS) & SPURIOUS_ENABLE) != 0,
        .priority = (uint8_t)apic_read(APIC_TPR),
        .in_service = highest_vector(APIC_IN_SERVICE),
        .requested = highest_vector(APIC_REQUESTED),
    };
}

void apic_end_interrupt(void)
{
    apic_write(APIC_EOI, 0);
}

static void apic_command(uint32_t id, uint32_t command)
{
    if (x2apic) {
        __asm__ volatile("mfence; lfence" ::: "memory"); /* the MSR is not ordered with earlier stores: SDM 11.12.3 */
        msr_write(MSR_X2APIC + APIC_COMMAND / 16, (uint64_t)id << 32 | command);
        return;
    }
    /* An interrupt handler that sends in between would leave its own destination behind. */
    bool were_on = interrupts_are_on();
    interrupts_disable();
    while ((registers[APIC_COMMAND / 4] & COMMAND_PENDING) != 0)
        cpu_relax();
    registers[APIC_COMMAND_HIGH / 4] = id << 24;
    registers[APIC_COMMAND / 4] = command;
    if (were_on)
        interrupts_enable();
}

void apic_send(uint32_t id, unsigned vector)
{
    apic_command(id, vector | COMMAND_ASSERT);
}

void apic_send_nmi(uint32_t id)
{
    apic_command(id, COMMAND_NMI | COMMAND_ASSERT);
}

/* The interrupted command may have written its destination and not yet the rest. */
static void apic_command_within(uint32_t id, uint32_t command)
{
    uint32_t destination = x2apic ? 0 : registers[APIC_COMMAND_HIGH / 4];
    apic_command(id, command);
    if (!x2apic)
        registers[APIC_COMMAND_HIGH / 4] = destination;
}

void apic_send_within(uint32_t id, unsigned vector)
{
    apic_command_within(id, vector | COMMAND_ASSERT);
}

void apic_send_nmi_within(uint32_t id)
{
    apic_command_within(id, COMMAND_NMI | COMMAND_ASSERT);
}

void apic_send_init(uint32_t id)
{
    apic_command(id, COMMAND_INIT | COMMAND_ASSERT);
}

void apic_send_startup(uint32_t id, unsigned page)
{
    apic_command(id, COMMAND_STARTUP | COMMAND_ASSERT | page);
}

void apic_timer_start(uint32_t count)
{
    apic_write(APIC_TIMER_INITIAL, count);
}

uint32_t apic_timer_left(void)
{
    return apic_read(APIC_TIMER_CURRENT);
}

void apic_start_cpu(void)
{
    msr_write(MSR_APIC_BASE, msr_read(MSR_APIC_BASE) | APIC_BASE_ENABLE);
    if (x2apic)
        msr_write(MSR_APIC_BASE, msr_read(MSR_APIC_BASE) | APIC_BASE_X2APIC);
    cpu_this()->apic_id = apic_id();
    apic_write(APIC_TPR, 0);
    apic_write(APIC_LVT_LINT0, LVT_MASKED);
    apic_write(APIC_LVT_LINT1, LVT_NMI);
    apic_write(APIC_LVT_ERROR, LVT_MASKED);
    apic_write(APIC_TIMER_DIVIDE, TIMER_DIVIDE_BY_1);
    apic_write(APIC_LVT_TIMER, VECTOR_TIMER);
    apic_write(APIC_SPURIOUS, SPURIOUS_ENABLE | VECTOR_SPURIOUS);
}

void apic_init(void)
{
    port_write8(PIC1_DATA, 0xff);
    port_write8(PIC2_DATA, 0xff);
    x2apic = (cpuid_read(1, 0).ecx >> 21 & 1) != 0;
    if (!x2apic) {
        registers = mmio_map(acpi_machine.local_apic, PAGE_SIZE, false);
        if (registers == NULL)
            panic("no memory to map the local APIC");
    }
    apic_start_cpu();
}

/*
 * Interrupts: vectors, who handles them, and how devices get theirs.
 *
 * Handlers run with interrupts off on the interrupted thread's kernel stack; they take spin locks only and never sleep.
 */
#ifndef KERNEL_INTERRUPT_H
#define KERNEL_INTERRUPT_H

#include "kernel/types.h"

struct registers;
typedef void interrupt_handler(void *argument);

/* Vectors: 0-31 exceptions; 32-223 devices; the rest the local APIC's. */
enum {
    VECTOR_DEVICE_FIRST = 32,
    VECTOR_DEVICE_LAST = 223,
    VECTOR_TIMER = 240,
    VECTOR_TLB = 241,
    VECTOR_RESCHEDULE = 242,
    VECTOR_STOP = 243,
    VECTOR_SPURIOUS = 255,
};

/* Routes ISA interrupt `irq` (after the ACPI overrides) through the IO-APIC to `handler`. 0, or -ENOSPC, -ENODEV. */
int interrupt_connect_isa(unsigned irq, interrupt_handler *handler, void *argument);

/*
 * For the debugger: ISA interrupt `irq`, which is connected, comes as an NMI from now on (0 or -ENODEV); and the NMI handler calls for the line's own handler
 * by a vector to this CPU.
 */
int interrupt_isa_to_nmi(unsigned irq) must_check;
void interrupt_isa_forward(unsigned irq);

/*
 * A free vector for a message-signalled interrupt; gives the address and data words to program. Returns the vector or
 * -ENOSPC.
 */
int interrupt_connect_msi(interrupt_handler *handler, void *argument, uint64_t *address, uint32_t *data);

/* Interrupts sent by other CPUs and the local timer. */
void interrupt_connect_local(unsigned vector, interrupt_handler *handler, void *argument);

/* Sends `vector` to one CPU; to all others. */
void interrupt_send(unsigned cpu, unsigned vector);
void interrupt_send_others(unsigned vector);

/* The trap code's way in: calls the handler of `vector` and ends the interrupt. */
void interrupt_handle(unsigned vector);

/* Prepares the table, the local APIC of the boot CPU and the IO-APICs. Needs acpi_init(). */
void interrupt_init(void);

/* How often vector v has come, for /proc/interrupts. */
uint64_t interrupt_count(unsigned vector);

static inline bool interrupts_are_on(void)
{
    uint64_t flags;
    __asm__ volatile("pushfq; pop %0" : "=r"(flags));
    return (flags & (1 << 9)) != 0;
}

/* Interrupts off for a few instructions that take no lock and call nobody: whether they were on, which interrupts_resume() wants back. */
static inline bool interrupts_pause(void)
{
    bool were_on = interrupts_are_on();
    __asm__ volatile("cli" ::: "memory");
    return were_on;
}

static inline void interrupts_resume(bool were_on)
{
    if (were_on)
        __asm__ volatile("sti" ::: "memory");
}

#endif

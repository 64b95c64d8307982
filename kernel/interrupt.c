/*
 * Interrupt vectors: the table of handlers, and the routes that devices get.
 *
 * A vector's handler is set before anything can raise it and never changes, so the table needs no lock. Device
 * interrupts go to the boot CPU: the devices are started before there are others.
 */
#include "kernel/interrupt.h"

#include <stdatomic.h>

#include "kernel/abi/errno.h"
#include "kernel/acpi.h"
#include "kernel/apic.h"
#include "kernel/cpu.h"
#include "kernel/log.h"

/* MSI address and data (SDM volume 3, 11.11): to one CPU by its APIC id, edge, fixed delivery. */
#define MSI_ADDRESS 0xfee00000
#define MSI_DESTINATION_SHIFT 12

static struct interrupt {
    interrupt_handler *handler;
    void *argument;
} interrupts[256];

static uint64_t counts[CPUS_MAX][256]; /* each CPU writes its own row */

#define ISA_LINES 16
static unsigned isa_vectors[ISA_LINES]; /* 0: not connected */

static _Atomic unsigned next_vector = VECTOR_DEVICE_FIRST;

void interrupt_connect_local(unsigned vector, interrupt_handler *handler, void *argument)
{
    interrupts[vector].argument = argument;
    atomic_thread_fence(memory_order_release);
    interrupts[vector].handler = handler;
}

/* A vector with its handler, or -ENOSPC. */
static int vector_take(interrupt_handler *handler, void *argument)
{
    unsigned vector = atomic_fetch_add(&next_vector, 1);
    if (vector > VECTOR_DEVICE_LAST)
        return -ENOSPC;
    interrupt_connect_local(vector, handler, argument);
    return (int)vector;
}

int interrupt_connect_isa(unsigned irq, interrupt_handler *handler, void *argument)
{
    if (irq >= ARRAY_LENGTH(acpi_machine.isa))
        return -ENODEV;
    int vector = vector_take(handler, argument);
    if (vector < 0)
        return vector;
    const struct acpi_isa_route *route = &acpi_machine.isa[irq];
    isa_vectors[irq] = (unsigned)vector;
    return io_apic_route(route->gsi, (unsigned)vector, cpus[0].apic_id, route->active_low, route->level);
}

int interrupt_isa_to_nmi(unsigned irq)
{
    return isa_vectors[irq] == 0 ? -ENODEV : io_apic_route_nmi(acpi_machine.isa[irq].gsi, cpus[0].apic_id);
}

void interrupt_isa_forward(unsigned irq)
{
    if (isa_vectors[irq] != 0)
        apic_send_within(cpu_this()->apic_id, isa_vectors[irq]);
}

int interrupt_connect_msi(interrupt_handler *handler, void *argument, uint64_t *address, uint32_t *data)
{
    int vector = vector_take(handler, argument);
    if (vector < 0)
        return vector;
    *address = MSI_ADDRESS | (uint64_t)cpus[0].apic_id << MSI_DESTINATION_SHIFT;
    *data = (uint32_t)vector;
    return vector;
}

static void interrupt_unexpected(unsigned vector)
{
    if (vector != VECTOR_SPURIOUS && counts[cpu_this()->id][vector] == 1)
        log_write(LOG_WARNING, "interrupt: vector %u came, but nobody handles it", vector);
}

void interrupt_handle(unsigned vector)
{
    const struct interrupt *interrupt = &interrupts[vector];
    counts[cpu_this()->id][vector]++;
    if (interrupt->handler != NULL)
        interrupt->handler(interrupt->argument);
    else
        interrupt_unexpected(vector);
    if (vector != VECTOR_SPURIOUS)
        apic_end_interrupt();
}

void interrupt_send(unsigned cpu, unsigned vector)
{
    apic_send(cpus[cpu].apic_id, vector);
}

void interrupt_send_others(unsigned vector)
{
    for (unsigned id = 0; id < cpus_online(); id++) {
        if (id != cpu_this()->id)
            interrupt_send(id, vector);
    }
}

uint64_t interrupt_count(unsigned vector)
{
    uint64_t sum = 0;
    for (unsigned id = 0; id < CPUS_MAX; id++)
        sum += counts[id][vector];
    return sum;
}

/* The interrupt itself is the message: on the way back need_reschedule and signal_wanted are looked at. */
static void handle_reschedule(void *argument)
{
    (void)argument;
}

void interrupt_init(void)
{
    apic_init();
    io_apic_init();
    interrupt_connect_local(VECTOR_RESCHEDULE, handle_reschedule, NULL);
}

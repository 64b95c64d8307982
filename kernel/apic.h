/*
 * The local APIC of each CPU (SDM volume 3, chapter 11): interrupts between CPUs, its timer, end of interrupt; and the
 * IO-APICs, which turn device lines into vectors.
 */
#ifndef KERNEL_APIC_H
#define KERNEL_APIC_H

#include "kernel/types.h"

/*
 * Finds the local APIC (x2APIC where the CPU has it) and masks the old interrupt controllers. Once; needs mmio_map().
 */
void apic_init(void);

/* Switches this CPU's local APIC on. */
void apic_start_cpu(void);

uint32_t apic_id(void);

/* What keeps interrupts from a CPU, for the report of one that does not answer. */
struct apic_state {
    bool enabled;
    uint8_t priority;   /* TPR: vectors up to this one's class wait */
    uint8_t in_service; /* the highest vector whose end has not been told; 0 for none */
    uint8_t requested;  /* the highest vector that waits; 0 for none */
};

/* This CPU's. */
struct apic_state apic_state_read(void);

/* Ends the interrupt being handled. */
void apic_end_interrupt(void);

/* To one CPU, by APIC id: a vector, an NMI, the start-up sequence (`page`: number of the 4 KB page to start at). */
void apic_send(uint32_t id, unsigned vector);
void apic_send_nmi(uint32_t id);
/* The same two from an NMI handler, which may have interrupted another command on this CPU. */
void apic_send_within(uint32_t id, unsigned vector);
void apic_send_nmi_within(uint32_t id);
void apic_send_init(uint32_t id);
void apic_send_startup(uint32_t id, unsigned page);

/* The timer counts `count` down once at its input clock and then raises VECTOR_TIMER; 0 stops it. */
void apic_timer_start(uint32_t count);
uint32_t apic_timer_left(void);

/* Maps the IO-APICs of the ACPI tables; all their inputs masked. */
void io_apic_init(void);

/* Sends input `gsi` to `vector` on the CPU with APIC id `id`. 0 or -ENODEV. */
int io_apic_route(uint32_t gsi, unsigned vector, uint32_t id, bool active_low, bool level);

/* Makes rising edges of input `gsi` NMIs of that CPU. 0 or -ENODEV. */
int io_apic_route_nmi(uint32_t gsi, uint32_t id);

#endif

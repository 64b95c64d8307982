/* Starting the other CPUs, and stopping them. */
#ifndef KERNEL_SMP_H
#define KERNEL_SMP_H

#include "kernel/types.h"

struct apic_state;
struct bootinfo;
struct registers;

/*
 * Takes two pages below 1 MB out of the loader's memory map, for the other CPUs' first instructions: before
 * frame_init() reads the map. Without such pages the machine runs on one CPU.
 */
void smp_reserve(struct bootinfo *info);

/* On an NMI: stops this CPU if another one has asked for it. */
void smp_stop_if_asked(const struct registers *regs);

/* Halts this CPU for good; `regs`, if there are any, are noted for the report of the CPU that panics. */
void noreturn_function smp_stop_this(const struct registers *regs);

/* The registers at which CPU `id` was stopped, or null. */
const struct registers *smp_stopped_registers(unsigned id);

/* Its local APIC at that moment; meaningful only if the registers are there. */
const struct apic_state *smp_stopped_apic(unsigned id);

#endif

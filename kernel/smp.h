/* Starting the other CPUs, and stopping them. */
#ifndef KERNEL_SMP_H
#define KERNEL_SMP_H

#include "kernel/types.h"

struct bootinfo;
struct registers;

/*
 * Takes two pages below 1 MB out of the loader's memory map, for the other CPUs' first instructions: before
 * frame_init() reads the map. Without such pages the machine runs on one CPU.
 */
void smp_reserve(struct bootinfo *info);

/* On an NMI: if a panic has stopped the machine, notes the registers for its report and halts for good. */
void smp_stop_if_asked(const struct registers *regs);

/* The registers at which CPU `id` was stopped, or null. */
const struct registers *smp_stopped_registers(unsigned id);

#endif

/* Off, again, and out: the ways to end the machine's run. */
#ifndef KERNEL_POWER_H
#define KERNEL_POWER_H

#include "kernel/types.h"

/* ACPI S5, else QEMU's ports, else a halt. The caller has written everything that is to survive. */
void noreturn_function power_off(void);

/* With the option dump: halts for good, for somebody outside to take the memory. Otherwise returns. */
void power_wait_for_dump(void);

/* ACPI reset register, keyboard controller, triple fault. */
void noreturn_function power_reset(void);

/* Ends QEMU with status (code << 1) | 1 if it has an isa-debug-exit device at port 0xf4; otherwise returns. */
void debug_exit(uint32_t code);

#endif

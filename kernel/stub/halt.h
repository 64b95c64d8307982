/*
 * Halting the machine for the debugger: one CPU owns it and talks to gdb, the others are parked where they were.
 *
 *     running --halt_enter()--> one CPU is the owner, the others come by NMI and park --halt_leave()--> running
 *                                  | halt_lend(cpu): that CPU alone goes on, for one instruction, and comes back as the owner
 *
 * An NMI reaches a CPU whatever it does, spin locks held and interrupts off included; so whoever works while the machine is halted may take
 * no lock and believe no list. A CPU that comes to the stub by itself while another owns the machine is parked as well, and comes
 * again when that one lets go.
 *
 * No locks: `owner` is taken by compare and swap; a CPU writes its own row before it says it is parked.
 */
#ifndef KERNEL_STUB_HALT_H
#define KERNEL_STUB_HALT_H

#include "kernel/types.h"

struct registers;

/* On an exception or NMI with its registers: true when this CPU owns the halted machine; false after it was parked and let go. */
bool halt_enter(struct registers *regs) must_check;

/* The owner lets all CPUs go on. */
void halt_leave(void);

/* The owner lets CPU `id` alone go on, itself perhaps; else it is parked here until the machine runs, and true is returned. */
bool halt_lend(unsigned id);

/* On an NMI: whether it was sent to halt this CPU; then it has been parked, and it may go on. */
bool halt_nmi(struct registers *regs);

/* The machine has been stopped for good by a panic of this CPU: it owns what is left. */
void halt_take_stopped(struct registers *regs);

/* Where CPU `id` was interrupted; null if it does not answer. Of a halted machine. */
struct registers *halt_registers(unsigned id);

bool halt_is_halted(void);

#endif

/*
 * The kernel's own stub for gdb, by which the kernel is debugged on any machine with a second serial port:
 *
 *     gdb build/kernel.elf -ex 'target remote /dev/ttyS0'      or, of QEMU's second serial port, a socket
 *
 *     trap, NMI, panic -> stub.c: is it ours? -> halt.c: all CPUs stand still -> session.c: packets -> link.c: the port
 *                                                                                  | memory, target, threads, points, step, monitor
 *
 * Option gdb=on: gdb may break in at any time, by ^C or by connecting: the port's interrupt is an NMI. gdb=start: the kernel waits for gdb when its
 * CPUs run. gdb=wait: it waits for gdb at a panic. Without the option the port is a terminal and nothing here runs.
 *
 * The stub takes no lock and calls nothing that does: the machine may have been halted anywhere.
 */
#ifndef KERNEL_STUB_STUB_H
#define KERNEL_STUB_STUB_H

#include "kernel/types.h"

struct registers;

/* Whether the stub has the second serial port. */
bool stub_is_on(void);

/* Takes the port, if the option says so: before the terminals do, after interrupt_init(). */
void stub_init(void);

/* gdb=start: waits for gdb here. All CPUs run. */
void stub_start(void);

/* On #DB and #BP: true if it was the debugger's, and may be returned from. */
bool stub_exception(struct registers *regs);

/* On an NMI: true if it was the debugger's. */
bool stub_nmi(struct registers *regs);

/* At the end of a panic's report; `regs`, or null: a call of panic(), whose frames are on the stack. Returns when gdb lets the machine end. */
void stub_panic(const struct registers *regs);

#endif

/*
 * The end: a broken invariant prints what is known and stops the machine.
 *
 * panic() prints the message, registers, a backtrace with function names and the page walk of the address at fault on
 * every console, stops the other CPUs, and leaves QEMU with status 125 (port 0xf4), else halts. Safe with any lock
 * held.
 */
#ifndef KERNEL_PANIC_H
#define KERNEL_PANIC_H

#include "kernel/types.h"

struct registers;

void noreturn_function panic(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * What the report of a panic of this CPU's that follows shall have besides: the gdb command to type next, instead of a backtrace; every
 * thread that does not run.
 */
void panic_advise(const char *format, ...) __attribute__((format(printf, 1, 2)));
void panic_show_threads(void);

/* The same for a fatal exception: `regs` are the registers it interrupted, `address` the faulting address or 0. */
void noreturn_function panic_exception(const struct registers *regs, vaddr_t address, const char *what);

void noreturn_function assertion_failed(const char *condition, const char *file, int line, const char *function);

/* Always compiled in. */
#define assert(condition)                                                                                              \
    do {                                                                                                               \
        if (__builtin_expect(!(condition), 0))                                                                         \
            assertion_failed(#condition, __FILE__, __LINE__, __func__);                                                \
    } while (0)

#endif

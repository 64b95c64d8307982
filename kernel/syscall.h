/*
 * System calls: Linux's x86-64 numbers and argument order.
 *
 * A call is a function `long sys_NAME(struct registers *regs)` that takes its arguments from the saved registers, in
 * the order rdi, rsi, rdx, r10, r8, r9, and returns the result or -Exxx. The table is in kernel/syscall_table.c; a new
 * call is one line there, a prototype in kernel/syscall_list.h and the function in the file of its noun.
 *
 * A call that a signal interrupted returns -EINTR. Whether it is then repeated is decided in kernel/restart.c.
 */
#ifndef KERNEL_SYSCALL_H
#define KERNEL_SYSCALL_H

#include "kernel/registers.h"
#include "kernel/types.h"

typedef long syscall_function(struct registers *regs);

enum { SYSCALL_COUNT = 451 };

/* By number; null: no such call. */
extern syscall_function *const syscall_table[SYSCALL_COUNT];

/*
 * From the entry stub: calls the function for regs->error (the number) and puts the result in regs->rax. Interrupts on.
 */
void syscall_dispatch(struct registers *regs);

/* The same for `number`, returning the result: restart_syscall. */
long syscall_call(uint64_t number, struct registers *regs);

/* Linux's name of a call, or null. */
const char *syscall_name(uint64_t number);

#endif

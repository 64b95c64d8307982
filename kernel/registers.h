/*
 * The registers of an interrupted context, as the entry stubs in kernel/entry.asm lay them out on the kernel stack.
 *
 * System calls, exceptions and interrupts build the same structure, so signals, fork and the debugger have one thing to
 * read.
 */
#ifndef KERNEL_REGISTERS_H
#define KERNEL_REGISTERS_H

#include "kernel/types.h"

struct registers {
    uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
    uint64_t vector; /* the exception or interrupt; VECTOR_SYSCALL for a system call */
    uint64_t error;  /* the CPU's error code, or 0; for a system call its number (Linux: orig_rax) */
    uint64_t rip, cs, rflags, rsp, ss;
};

#define VECTOR_SYSCALL 256

static inline bool registers_from_user(const struct registers *regs)
{
    return (regs->cs & 3) == 3;
}

#endif

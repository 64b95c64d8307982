/*
 * Traps: the C side of every way into the kernel. kernel/entry.asm builds struct registers and calls in here.
 *
 *    exception ----> trap_exception -----> fault_trap (page faults), signal_exception (other user faults), panic
 *    interrupt ----> trap_interrupt -----> interrupt_handle: the handler connected to the vector
 *    SYSCALL ------> syscall_dispatch
 *                         |
 *         back to user mode: reschedule, deliver signals (user_return_work), until there is nothing left to do
 */
#ifndef KERNEL_TRAP_H
#define KERNEL_TRAP_H

#include "kernel/types.h"

struct registers;
struct thread;

/* Exceptions, by the SDM's names (volume 3, 6.15). */
enum exception {
    EXCEPTION_DE = 0,  /* divide error */
    EXCEPTION_DB = 1,  /* debug */
    EXCEPTION_NMI = 2, /* not an exception, but it comes by this vector */
    EXCEPTION_BP = 3,  /* breakpoint */
    EXCEPTION_OF = 4,  /* overflow */
    EXCEPTION_BR = 5,  /* bound range */
    EXCEPTION_UD = 6,  /* invalid opcode */
    EXCEPTION_NM = 7,  /* device not available */
    EXCEPTION_DF = 8,  /* double fault */
    EXCEPTION_TS = 10, /* invalid TSS */
    EXCEPTION_NP = 11, /* segment not present */
    EXCEPTION_SS = 12, /* stack segment */
    EXCEPTION_GP = 13, /* general protection */
    EXCEPTION_PF = 14, /* page fault */
    EXCEPTION_MF = 16, /* x87 floating point */
    EXCEPTION_AC = 17, /* alignment check */
    EXCEPTION_MC = 18, /* machine check */
    EXCEPTION_XM = 19, /* SIMD floating point */
    EXCEPTION_COUNT = 32,
};

/* Error code of a page fault. */
#define PAGE_FAULT_PRESENT ((uint64_t)1 << 0) /* the page was there: a protection violation */
#define PAGE_FAULT_WRITE ((uint64_t)1 << 1)
#define PAGE_FAULT_USER ((uint64_t)1 << 2)
#define PAGE_FAULT_RESERVED ((uint64_t)1 << 3)
#define PAGE_FAULT_FETCH ((uint64_t)1 << 4)

/* Loads the interrupt table on this CPU; fills it on the first. */
void trap_start_cpu(void);

/* So many NMIs that nobody else knows of are let pass: for tests. Any other is a panic. */
extern _Atomic unsigned trap_nmis_expected;

/* "#PF page fault" and so on. */
const char *exception_name(uint64_t vector);

/*
 * Implemented above the machine; all are called with interrupts as they were in the interrupted context (for user mode:
 * on) and may sleep when that context could.
 *
 * fault_trap: a page fault. True when the access may be repeated or a signal has been raised; false: the kernel's own
 * bad access. signal_exception: another exception in user mode, regs->vector says which (#DB: regs->error is DR6);
 * raises the signal. `address` is for si_addr. syscall_dispatch: a system call; regs->error holds its number, the
 * result goes to regs->rax. user_return_work: thread->signal_wanted was seen on the way to user mode: delivers signals,
 * may end the thread.
 */
bool fault_trap(struct registers *regs, vaddr_t address);
void signal_exception(struct registers *regs, vaddr_t address);
void syscall_dispatch(struct registers *regs);
void user_return_work(struct registers *regs);

/*
 * entry.asm: where the first switch to a new user thread goes, with RSP at its struct registers (the top of its kernel
 * stack). It calls thread_started() of the scheduler, then leaves for user mode by iret.
 */
void thread_return_to_user(void);

/* entry.asm: where SYSCALL goes. */
void syscall_entry(void);

#endif

/* What a panic prints of the machine's state, through the log. None of it takes a lock or trusts what it reads. */
#ifndef KERNEL_REPORT_H
#define KERNEL_REPORT_H

#include "kernel/types.h"

struct registers;
struct thread;

void report_registers(const struct registers *regs);

/* The same for a panic the kernel came to by itself: what a function call leaves of the registers. `frame` is RBP at `rip`. */
void report_place(uint64_t rip, uint64_t frame);

/* Names the registers that hold what freed memory is filled with: the memory they were read from had been freed. */
void report_poison(const struct registers *regs);

/* The page-table entries that lead to `address`, level by level, in the table that CR3 names. */
void report_page_walk(vaddr_t address);

/*
 * The chain of frame pointers from `frame`, the RBP of the function at `rip`; goes on through traps. `rsp`: of an
 * interrupted function, else 0.
 */
void report_backtrace(uint64_t rip, uint64_t frame, uint64_t rsp);

/* What every other CPU does, where it was stopped, and the locks its thread holds. */
void report_cpus(void);

/* Every thread that does not run, with its backtrace. Forgets the locks of the running thread, so that none is out of order. */
void report_threads(void);

#endif

/*
 * Breakpoints and watchpoints.
 *
 *     software    INT3 (0xcc) over the first byte of an instruction, which is kept here; as many as POINTS_MAX
 *     hardware    the CPU's four debug registers: execution, write, read or write of 1, 2, 4 or 8 bytes (SDM volume 3, 17.2)
 *
 * gdb takes its software breakpoints out whenever the machine halts and puts them in again before it goes on. The debug registers are set in
 * memory here and loaded by each CPU when it goes on.
 *
 * No locks: changed by the owner of the halted machine only.
 */
#ifndef KERNEL_STUB_POINTS_H
#define KERNEL_STUB_POINTS_H

#include "kernel/types.h"

struct pagetable;

/* The kinds, with the numbers of gdb's Z packets. */
enum point_kind { POINT_SOFTWARE, POINT_EXECUTE, POINT_WRITE, POINT_READ, POINT_ACCESS, POINT_KINDS };

/* Sets a point; `length` in bytes (1 for breakpoints). 0, -EINVAL (what the CPU cannot), -ENOSPC, -EFAULT (no memory there). */
int point_set(const struct pagetable *table, enum point_kind kind, vaddr_t address, size_t length) must_check;
/* Takes it away: 0 or -ENOENT. */
int point_clear(enum point_kind kind, vaddr_t address, size_t length) must_check;
/* All of them. */
void points_clear(void);

/* Whether a software breakpoint stands at `address`. */
bool point_is_at(vaddr_t address);

/* The hardware point that DR6 tells of: its kind and address; false if none of ours was hit. */
bool point_hit(uint64_t dr6, enum point_kind *kind, vaddr_t *address);

/* Loads this CPU's debug registers. */
void points_load(void);

#endif

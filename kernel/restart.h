/*
 * What becomes of a system call that a signal has interrupted (signal(7), "Interruption of system calls").
 *
 *                        a handler ran,               a handler ran,                  no handler ran
 *                        SA_RESTART                   no SA_RESTART                   (stopped and continued, ...)
 *     RESTART_ALWAYS     repeated                     -EINTR                          repeated
 *     RESTART_IDLE       -EINTR                       -EINTR                          repeated, with its old deadline
 *     RESTART_NEVER      -EINTR                       -EINTR                          -EINTR
 */
#ifndef KERNEL_RESTART_H
#define KERNEL_RESTART_H

#include "kernel/types.h"

struct registers;

/*
 * The deadline of a sleep that may be continued: `deadline` itself, or that of the call the running one continues.
 * RESTART_IDLE calls and futex ask here before they sleep, with 0 when the sleep has no end.
 */
uint64_t restart_deadline(uint64_t deadline);

/* Before a handler's frame is written: turns an interrupted call into a repeated or a failed one. */
void restart_before_handler(struct registers *regs, uint32_t handler_flags);
/* When no handler ran. */
void restart_without_handler(struct registers *regs);

/* A RESTART_ALWAYS call whose sleep has a deadline (futex with a timeout) is treated as RESTART_IDLE. */

/* For registers that do not come from a call any more (sigreturn, exec): nothing is to be repeated. */
void restart_forget(struct registers *regs);

#endif

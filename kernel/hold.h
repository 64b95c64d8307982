/*
 * Holding a process: none of its threads runs in user mode, as in a stop, but nothing shows it to signals, waits and system calls. For mm/swapper.c.
 *
 *     where a thread is when hold_begin() comes       what becomes of it
 *     ---------------------------------------------   --------------------------------------------------------------------
 *     in user mode                                    is interrupted, and sleeps on its way back: held
 *     asleep until something happens, without locks   sleeps on; when it wakes it ends its system call, and then is held
 *     stopped (SIGSTOP)                               stays stopped; after SIGCONT it is held
 *     anything else in the kernel                     goes on to its way back, and there it is held
 *
 * hold_is_complete() when all are in one of the first three: none has a lock, or changes the address space. hold_end() lets all go on; SIGKILL does so by
 * itself, and exit_group and exec take their threads out of it. A held process has something to do exactly when one of its threads is held.
 *
 * Locks: hold_wanted, threads_held and user_thread.held are under the lock of the process's sighand.
 */
#ifndef KERNEL_HOLD_H
#define KERNEL_HOLD_H

#include "kernel/types.h"

struct process;
struct waitqueue;

/* Woken whenever a thread has become held. */
extern struct waitqueue hold_news;

/* Has every thread held (on its way to user mode, in kernel/signal_deliver.c). Nothing happens to a process that is about to end. */
void hold_begin(struct process *process);
void hold_end(struct process *process);

/* Whether every thread is held, stopped, or asleep without locks; false also if the hold has ended. */
bool hold_is_complete(struct process *process) must_check;

/* Whether the hold that was begun has not been ended by SIGKILL. */
bool hold_is_wanted(struct process *process) must_check;

/* How long, in nanoseconds, all its threads have been stopped or asleep until something happens; 0: one has something to do, or is held. */
uint64_t hold_asleep(struct process *process);

/* hold_end() for those who have the sighand's lock. */
void hold_end_locked(struct process *process);

#endif

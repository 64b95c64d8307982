/*
 * The threads as gdb sees them: one for each kernel thread, idle ones included, whether it runs or not.
 *
 * A thread that runs has the registers its CPU was halted with; of one that does not, those that the switch saved: RBX, RBP, R12 to R15, RSP, RIP.
 *
 * gdb's number of a thread: its tid if it belongs to a process; kernel threads, which have none, get one from their structure's address. Numbers stay the
 * same as long as the thread is there.
 *
 * No locks: of the halted machine only. The list is walked with care, as it may have been halted in the middle of a change.
 */
#ifndef KERNEL_STUB_THREADS_H
#define KERNEL_STUB_THREADS_H

#include "kernel/types.h"

struct pagetable;
struct thread;

/* The next thread after `thread`, the first after null; null behind the last. */
struct thread *stub_thread_next(struct thread *thread);

struct thread *stub_thread_find(uint64_t number);
uint64_t stub_thread_number(const struct thread *thread);

/* Its state in a word, for people. */
const char *stub_thread_state(const struct thread *thread);

/* The CPU it runs on, or -1. */
int stub_thread_cpu(const struct thread *thread);

/* Its page table for user addresses, or null. */
const struct pagetable *stub_thread_table(const struct thread *thread);

#endif

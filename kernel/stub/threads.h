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

/* A walk over all threads, from {0} on. */
struct stub_walk {
    struct thread *thread; /* where it is */
    unsigned seen;
};

/* The next thread of the walk; null behind the last, or when the list does not end. */
struct thread *stub_walk_next(struct stub_walk *walk);

struct thread *stub_thread_find(uint64_t number);
uint64_t stub_thread_number(const struct thread *thread);

/* Its state in a word, for people. */
const char *stub_thread_state(const struct thread *thread);

/* The CPU it runs on, or -1. */
int stub_thread_cpu(const struct thread *thread);

/* Its page table for user addresses, or null. */
const struct pagetable *stub_thread_table(const struct thread *thread);

#endif

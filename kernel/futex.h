/* Futexes: what threads need to wait for each other on a word of memory. */
#ifndef KERNEL_FUTEX_H
#define KERNEL_FUTEX_H

#include "kernel/types.h"

struct thread;

/*
 * The running thread leaves its memory (exit, exec): marks the robust mutexes it holds, zeroes and wakes
 * clear_child_tid. Sleeps.
 */
void futex_thread_exit(struct thread *thread);

void futex_init(void);

#endif

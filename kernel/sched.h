/*
 * The scheduler's side of a thread's life; for kernel/thread.c only. Everybody else uses kernel/thread.h.
 */
#ifndef KERNEL_SCHED_H
#define KERNEL_SCHED_H

#include "kernel/thread.h"

/* Lists a new thread among all threads; takes one off that was never started. */
void sched_adopt(struct thread *thread);
void sched_disown(struct thread *thread);

/* Makes `thread` look like one that was switched away from: it holds the run queue's lock, which its first switch-in releases. */
void sched_new_thread(struct thread *thread);

/* An ended thread that is on no CPU any more, taken off all lists, or null. */
struct thread *sched_take_dead(void);

#endif

/* ITIMER_REAL: SIGALRM after a time, once or again and again. */
#ifndef KERNEL_ITIMER_H
#define KERNEL_ITIMER_H

struct process;

/* The process ends: its timer is stopped for good. Sleeps. */
void itimer_end(struct process *process);

#endif

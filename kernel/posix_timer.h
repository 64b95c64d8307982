/* POSIX timers: timer_create(2) and its kin. */
#ifndef KERNEL_POSIX_TIMER_H
#define KERNEL_POSIX_TIMER_H

struct process;

/* The process ends or executes another program: its timers are gone when this returns. Sleeps. */
void posix_timers_end(struct process *process);

/* Timers set for a time of day go by the new one. Sleeps. */
void posix_timers_clock_was_set(void);

#endif

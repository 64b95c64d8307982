/*
 * timerfd: timers behind descriptors; what the clock's setter tells them.
 */
#ifndef KERNEL_FS_TIMERFD_H
#define KERNEL_FS_TIMERFD_H

/* CLOCK_REALTIME has been set: timers that wait for a time of day get another deadline, or are cancelled. Sleeps. */
void timerfd_clock_was_set(void);

#endif

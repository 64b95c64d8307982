/*
 * Numbers of processes and threads. A number is in use as long as a process, a thread, a process group or a session has
 * it; each such use is counted, so that a group outlives its leader without the number being given out again.
 *
 * Lock: process_lock, held by every caller.
 */
#ifndef KERNEL_PID_H
#define KERNEL_PID_H

#include "kernel/types.h"

enum { PID_LIMIT = 32768 };

/* A free number, counted once, higher than the last one given out until the range is used up; 0 when none is free. */
pid_t pid_allocate_locked(void) must_check;
void pid_hold_locked(pid_t pid);
void pid_release_locked(pid_t pid);
/* Whether anything has the number, which may be any. */
bool pid_is_used_locked(pid_t pid);

#endif

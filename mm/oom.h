/*
 * The end of memory: neither a frame nor room on swap is left, and page-out has gone round in vain (mm/pageout.h).
 *
 *     a system call that can say so   ---> ENOMEM
 *     a page fault, a copy to or from a program  ---> the process with most private memory is killed, one line in the log; the fault is tried again
 *
 * The next one is not chosen before the last one's memory is free, or OOM_PATIENCE has passed. Process 1 is spared.
 */
#ifndef MM_OOM_H
#define MM_OOM_H

#include "kernel/types.h"

/*
 * Memory was not to be had. True: some may be soon, try again (this may have waited). False: the running thread is to give up: it was chosen itself, is about
 * to end anyway, an allocation was made to fail for a test, or so many attempts were in vain with memory to be had. Sleeps; the caller may hold any mutex.
 */
bool oom_relieve(unsigned attempts);

/* Processes killed so far. */
uint64_t oom_kills(void);

#endif

/*
 * The end of memory: neither a frame nor room on swap is left, and page-out has gone round in vain (mm/pageout.h).
 *
 *     a system call that can say so   ---> ENOMEM
 *     a page fault, a copy to or from a program  ---> the process with most memory is killed, one line in the log; the fault is tried again
 *
 * /proc/PID/oom_score_adj shifts the choice, up to "never" (-1000). The next one is not chosen before the last one's memory is
 * free, or OOM_PATIENCE has passed; nobody is chosen twice. Process 1 is spared. While an area of swap is being emptied nobody is
 * killed: swapoff ends with ENOMEM, and its area is used again.
 */
#ifndef MM_OOM_H
#define MM_OOM_H

#include "kernel/types.h"

/*
 * Memory was not to be had. True: some may be soon, try again (this may have waited). False: the running thread is to give up: it was chosen itself, is about
 * to end anyway, an allocation was made to fail for a test, or so many attempts were in vain with memory to be had, or with nobody left to choose. Sleeps; the caller may hold any mutex.
 */
bool oom_relieve(unsigned attempts);

/* Processes killed so far. */
uint64_t oom_kills(void);

/*
 * Who is killed: the process with most points, which are the pages it has and a share of all pages, as many thousandths as its oom_score_adj says, -1000 to
 * 1000 (Linux's mm/oom_kill.c has the same sum). OOM_NEVER: it is not to be killed.
 */
enum { OOM_ADJUSTMENT_MAX = 1000 };
#define OOM_NEVER INT64_MIN
int64_t oom_points(uint64_t pages, int adjustment, uint64_t total) must_check;

/* What points come to in /proc/PID/oom_score: 0 for never, else 0 to 1333 and more, 666 for a process without memory. */
uint64_t oom_score(int64_t points, uint64_t total) must_check;

struct process;
/* The points and the score of a process. Takes process_lock. */
uint64_t oom_process_score(const struct process *process);
/* A child's is its parent's. */
void oom_adjustment_copy(struct process *child, const struct process *parent);
/* 0, -EINVAL: out of range, -EACCES: lower than root last said, and the caller is not root. */
int oom_adjustment_set(struct process *process, int64_t value) must_check;

#endif

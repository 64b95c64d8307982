/*
 * The page-out daemon (L21): keeps memory free ahead of demand, and what happens when it cannot.
 *
 *     free = FREE (without the reserve) + STANDBY         who does what
 *     ------------------------------------------------    ------------------------------------------------------------------------------------
 *     lotsfree and more                                   the daemon sleeps
 *     below lotsfree                                      a round each 10 ms: scan rate / 100 frames; as much sleep besides that its share holds
 *     falls below desfree between two rounds              the next round begins at once, as far as the share allows: frames by the time that has passed
 *     below minfree                                       rounds without a pause, as long as each finds something; else as above
 *     somebody waits for a frame                          rounds without a pause; whoever begins to wait ends one
 *     nothing, and three laps of the hands found nothing  the waiters are told that memory is at its end: ENOMEM, or a process is killed (mm/oom.h)
 *
 *     frame_alloc --low--> daemon --hands_run--> clock --> evict: STANDBY at once | swap batches | RECLAIM: files
 *         ^                   |                                                                      |
 *         +---- waiters <-----+---- frames FREE kept for those who may not wait              writer thread: dirty files, in order
 *
 * The writer is a thread of its own because writing a file takes the file system's locks, whose holders may wait for memory: the daemon waits only for
 * the swap device. Threads that the writer may have to wait for, and the two, use the reserve (FRAME_RESERVE); the two never wait for page-out.
 *
 * Settings in /proc/sys/vm: the watermarks and scan_max (mm/hands.h); pageout_share, the daemon's largest share of a CPU in percent while nobody waits
 * and its rounds below minfree find nothing.
 */
#ifndef MM_PAGEOUT_H
#define MM_PAGEOUT_H

#include "kernel/types.h"

/* Frames that can be had without I/O: FREE ones above what is kept for page-out itself, and STANDBY. */
uint64_t pageout_free(void);

/* Has the writer write dirty files. Any context that holds no spin lock above RANK_WAITQUEUE. */
void pageout_write_files(void);

/* Sleeps until a frame may be had; false when there is none in sight, or the caller must not wait for page-out. */
bool pageout_wait(void);

/* What the daemon has done, for /proc/vmstat. */
struct pageout_counts {
    uint64_t wakeups, rounds, waits; /* daemon woken; runs of the hands; frame_alloc() that had to wait */
    uint64_t urgent;                 /* rounds that found less than minfree, or somebody waiting */
    uint64_t early;                  /* rounds that began before their time, since memory fell below desfree */
    uint64_t cpu_ns;
    uint64_t ends; /* of memory, that somebody was told of */
};
struct pageout_counts pageout_counts(void);

/* Starts the two threads. Once, in a thread. */
void pageout_start(void);

/* Registers the files in /proc. */
void pageout_register(void);

#endif

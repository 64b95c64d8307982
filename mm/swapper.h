/*
 * The swapper (L8): swaps whole processes out when paging alone cannot keep up, and back in. BSD's process 0.
 *
 *      each LOOK                mm/balance.c: stay / take out / bring in
 *         |
 *         +-- take out:   kernel/hold.c: its threads are held --> mm/swapout.c: its pages and page tables go --> OUT
 *         +-- bring in:   mm/swapout.c: its private pages are read --> the hold ends
 *
 * A process that does not come to rest within GIVE_UP, for its threads are deep in the kernel, stays in. Never chosen are process 1, processes that are about
 * to end, and those that share their memory (vfork). SIGKILL ends the hold of a process that is out, and so brings it in, to die.
 *
 * "Paging does not hold minfree" means: the page-out daemon found less than minfree frames free, or somebody waiting, since the last look (mm/pageout.h). Looks
 * that find it so lengthen the time that counts against swapout_ms, others shorten it, by less: paging that fails every now and then fails.
 *
 * Settings: options and files of /proc/sys/vm: swapout_ms, the patience with paging (0: no process is swapped out), and swapin_ms, the turn.
 * Seen in the state W of a process (/proc/PID/stat, status), in /proc/vmstat as process_swapouts, process_swapins and process_swapouts_refused, and in the event
 * ring as process-out and process-in.
 */
#ifndef MM_SWAPPER_H
#define MM_SWAPPER_H

/* Starts the thread and registers its files. Once, in a thread. */
void swapper_start(void);

#endif

/*
 * Reading ahead of a program that goes through private memory of which much is on swap (L29): by the addresses that come next, wherever their blocks are.
 *
 *     addresses    | 70 | 71 | 72 | 73 | 74 | 75 | 76 |      faults on 70, then 71: a window from there on, as for a file (mm/readahead.h)
 *     in memory           x         x                        these are passed over
 *     blocks         12        90        13   14   91
 *                    +---------|---------+----+    |
 *                     a request+-------------------+         one request for each row of blocks, in the order of the disk
 *
 * Pages that are modified get new blocks when they leave, others keep theirs; so after some time what lies together in memory does not on swap, and the
 * neighbours that mm/swapin.c reads are not the pages that come next. It still sees to whoever touches memory in no order, and to shared memory.
 *
 * Locks: the state is the area's, under the address space's mutex. Pages that are read arrive on standby, and cost nobody a frame that is wanted for sure.
 */
#ifndef MM_SWAP_STREAM_H
#define MM_SWAP_STREAM_H

#include "kernel/types.h"

struct anon;
struct area;

/*
 * The page of `anon`, private memory of the area at `address`, is about to be asked for: starts what a stream wants, that page included. Returns whether a
 * transfer of that one was started: a major fault. The area's mutex is held. Sleeps, but for no transfer unless all requests are out.
 */
bool swap_stream(struct area *area, vaddr_t address, const struct anon *anon) must_check;

#endif

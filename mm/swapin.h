/*
 * Bringing pages back from swap: one that is wanted with the neighbours that were written with it (a cluster), or all of an area (swapoff). What a program
 * that goes through its memory wants next is mm/swap_stream.h's.
 *
 *     blocks   ... | 40 | 41 | 42 | 43 | 44 | 45 | 46 | 47 | ...         the window from the wanted one on, or up to it
 *                                  WANTED x  memory x
 *                                 +--one request---+  +--+              one for each row of absent neighbours, all at once; they arrive on standby
 *
 * A neighbour takes a frame only as long as that costs nobody a wait; used soon it is rescued from standby, unused it is the next frame to go. From how
 * many of the last ones were used, those of streams apart, the size of the window follows: doubled if most were, up to 2^page-cluster blocks, halved if few. On which side of the
 * wanted block it lies, from whether the blocks wanted last went up or down.
 */
#ifndef MM_SWAPIN_H
#define MM_SWAPIN_H

#include "kernel/types.h"

struct anon;
struct swap_area;

/*
 * Gives the absent anon a page and starts reading it, `alone` or with neighbours: *started is set. Or finds that another was faster. Does not wait for
 * the transfer. 0 or -ENOMEM. The caller holds a reference to the anon. Sleeps.
 */
int swap_in(struct anon *anon, bool alone, bool *started) must_check;

/* Brings every page of a LEAVING area back; when it returns 0 no slot is in use. -ENOMEM, -EIO, -EINTR (a signal). Sleeps. */
int swap_in_all(struct swap_area *area) must_check;

/*
 * Memory is at its end: each swap_in_all() under way is to end with -ENOMEM. Whether that may yet help: one was asked less than `patience` ns ago, or the
 * last one to lack memory did so less than `again` ns ago. Never waits.
 */
bool swap_in_all_stop(uint64_t patience, uint64_t again) must_check;

/* The logarithm of the window's largest size: /proc/sys/vm/page-cluster, 0 to 5. */
extern _Atomic unsigned swap_cluster;

#endif

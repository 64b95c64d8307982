/*
 * Read-ahead at work: asks the policy (mm/readahead.h) and starts what it decides.
 *
 * Which policy is the option readahead= and, at run time, /proc/sys/vm/readahead: off, simple or adaptive. What it does is counted in
 * /proc/vmstat: readahead_issued (pages started that nobody had asked for yet), readahead_used (of these: read, or mapped by a fault),
 * readahead_wasted (of these: given up before any use).
 */
#ifndef MM_READAHEAD_IO_H
#define MM_READAHEAD_IO_H

#include "mm/pagecache.h"
#include "mm/readahead.h"

/*
 * Page `index` of `object`, and `wanted` pages from it on, are about to be used by a read, or by a fault (`mapped`): starts what the policy wants started, the
 * page itself too if it is not in memory. For pages that are not in memory, BUSY, or marked PAGE_AHEAD (but see readahead_unasked()); others need no call. Sleeps.
 */
void readahead_use(struct readahead *state, struct object *object, uint64_t index, uint64_t wanted, bool mapped);

/* How many pages from `index` on a read may use without readahead_use(), though they are marked PAGE_AHEAD: it would start nothing. */
uint64_t readahead_unasked(const struct readahead *state, uint64_t index);

/* Starts reading the pages [first, first + count) that are not in memory; does not wait: POSIX_FADV_WILLNEED, MADV_WILLNEED, readahead(2). Sleeps. */
void readahead_start(struct object *object, uint64_t first, uint64_t count);

/* Makes that mode the one in use; returns the one before. */
enum readahead_mode readahead_select(enum readahead_mode mode);

void readahead_init(void);

#endif

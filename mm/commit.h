/*
 * Commitment: how much memory has been promised to programs, which they may never touch, and whether more may be.
 *
 *     what counts                                  in pages of         until
 *     -------------------------------------------  ------------------  ------------------------------------------------
 *     private and writable: mmap, brk, a stack     the area            unmapped; PROT_WRITE taken away changes nothing
 *     private, made writable by mprotect           what was changed    the same
 *     any of these, in a fork's child              the area, again     the same
 *     MAP_SHARED | MAP_ANONYMOUS                   the whole object    its last mapping goes
 *     that with MAP_NORESERVE; files that live in  pages that exist    the page goes
 *     memory: of tmpfs, of memfd_create()
 *
 * Not counted: other areas with MAP_NORESERVE, private huge pages (they are there at once), shared mappings of
 * files, and what is private but was never writable. An area that counts has AREA_COMMITTED.
 *
 *     /proc/sys/vm/overcommit_memory    more is promised
 *     0  (the default)                  unless one call asks for more than memory and swap together
 *     1                                 always
 *     2  MAP_NORESERVE is ignored       while all promises stay within CommitLimit: overcommit_ratio percent of memory, and swap
 *
 * A promise that is refused is ENOMEM; for a stack it is the signal that follows from not growing, for a page of shared memory that was not promised
 * ENOSPC or SIGBUS. Rules and names: Linux's proc(5) and Documentation/vm/overcommit-accounting; what is kept there for root and for one's own
 * recovery (admin_reserve_kbytes, user_reserve_kbytes) is not.
 *
 * Locks: none. The counts are atomic; asking and promising are two steps, so that two calls at the same moment may both get the last page of the
 * limit. What MAP_FIXED replaces counts as given back already; of shared memory, what only one area there refers to. The count of areas is the sum over
 * all address spaces (I11).
 */
#ifndef MM_COMMIT_H
#define MM_COMMIT_H

#include "kernel/types.h"

/* The numbers in overcommit_memory. */
enum commit_mode { COMMIT_HEURISTIC, COMMIT_ALWAYS, COMMIT_STRICT };

/* Whether `pages` more may be promised. */
bool commit_may(uint64_t pages) must_check;

/* The same in the place of `released` pages that were promised, too. */
bool commit_may_instead(uint64_t pages, uint64_t released) must_check;

/* Whether MAP_NORESERVE means anything. */
bool commit_knows_noreserve(void);

/* Notes promises made, or, negative, ended: of areas, of shared-memory objects. */
void commit_areas(int64_t pages);
void commit_shared(int64_t pages);

/* Pages promised for areas, all pages promised, and CommitLimit, in pages. */
uint64_t commit_of_areas(void);
uint64_t commit_total(void);
uint64_t commit_limit(void);

/* How often commit_of_areas() has changed, or is about to: counted before each change. */
uint64_t commit_changes(void);

/* Sets the mode: 0 or -EINVAL. What has been promised stays promised. */
int commit_set_mode(enum commit_mode mode) must_check;

/* Registers the files in /proc. */
void commit_register(void);

#endif

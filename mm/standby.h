/*
 * The standby list: frames that are as good as free, but still know whose they were (L22).
 *
 *        evicted, written                                                        the free list is empty
 *     ACTIVE ----------> youngest [page] [page] [page] [page] oldest ---------------------> DETACHED, for a new use
 *        ^                                 |
 *        +---------------------------------+  found by its name: rescued, no I/O
 *
 * A page on the list is named, clean, unmapped and unpinned (I5). Whoever finds it by its name under page->lock takes BUSY, a pin or a mapping, and
 * thereby takes it off the list: page_claim_locked(), standby_rescue_locked(). Whoever is to throw it away takes plain BUSY.
 *
 * Lock: list.lock (RANK_STANDBY) guards the list, and state STANDBY together with page->lock: a page goes on and off with both held.
 */
#ifndef MM_STANDBY_H
#define MM_STANDBY_H

#include "mm/busy.h"

/*
 * Gives back BUSY of a page that nobody needs just now: onto the list if it is clean, unmapped, unpinned, and its contents are valid, else it stays
 * ACTIVE. Any context.
 */
void standby_offer(struct page *page);

/* Takes a page off the list; it is ACTIVE. page->lock is held. The first when it is used again, which is counted, the second to throw it away. */
void standby_rescue_locked(struct page *page);
void standby_leave_locked(struct page *page);

/* Takes BUSY if it is free, for one who found the page by its name and is going to use it; page->lock is held. */
static inline bool page_claim_locked(struct page *page)
{
    if (!page_busy_locked(page))
        return false;
    if (__builtin_expect(page->state == PAGE_STANDBY, 0))
        standby_rescue_locked(page);
    return true;
}

/* The oldest page, nameless now, DETACHED and the caller's; null if there is none. Where might_sleep() is allowed. */
struct page *standby_take(void) must_check;

uint64_t standby_pages(void);
uint64_t standby_file_pages(void); /* of these: of objects, not of anons */

#endif

/*
 * MADV_FREE: private pages that their program gives up, but that go only when their frames are wanted (L22), and not at all if it writes to them first.
 *
 *                       MADV_FREE                        evicted, as any clean page             frame taken for a new use
 *     in memory, DIRTY -----------> GIVEN_UP: clean, ---------------------------> standby -------------------------------> no page, no block
 *            ^                      no block                                        |                                            |
 *            +------ written: page_make_dirty() ---------- rescued, and written ----+---------------- faulted: zeros ------------+
 *
 * A page in the middle is read as it was. That is why an anon may be without a page and a block: it is a page of zeros (S2: mm/swap.h).
 */
#ifndef MM_LAZYFREE_H
#define MM_LAZYFREE_H

#include "kernel/types.h"

struct anon;
struct aspace;
struct page;

/* Gives up the private pages of [start, end), in zero-fill memory; not those that are shared, pinned or busy. The mutex is held. Sleeps. */
void lazyfree_range(struct aspace *aspace, vaddr_t start, vaddr_t end);

/* Fills the BUSY page of an anon that had neither a page nor a block, and gives BUSY back. */
void lazyfree_fill(struct page *page);

/* The frame of an anon's given-up page is taken; an anon that is without a page and a block ends. */
void lazyfree_note_taken(void);
void lazyfree_note_end(void);

/* Anons without a page and a block, for checks. */
uint64_t lazyfree_anons(void);

#endif

/*
 * Write-back: how dirty file pages reach their device (L29).
 *
 * Cleaning a page is write-protect everywhere, flush, clear DIRTY, then write (I3), all under BUSY: a store that comes later faults, waits for BUSY and
 * makes the page dirty again. Objects with dirty pages are in one list, in the order in which they got their first.
 *
 * Lock: `list_lock` (RANK_STANDBY) guards that list.
 */
#ifndef MM_WRITEBACK_H
#define MM_WRITEBACK_H

#include "mm/object.h"

/* The object got its first dirty page, lost its last. object->lock is held. */
void writeback_add_locked(struct object *object);
void writeback_remove_locked(struct object *object);

#endif

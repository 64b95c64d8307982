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

/* A page's write has ended. Any context. */
void writeback_note_end(void);

/* Pages of files on their way to their devices. */
uint64_t writeback_writing(void);

/* Starts writing about that many dirty pages, object by object in the order of their indices, passing over those somebody is busy with. Waits for none. */
void writeback_push(uint64_t pages);

#endif

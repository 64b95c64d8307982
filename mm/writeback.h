/*
 * Write-back: how dirty file pages reach their device (L29).
 *
 * Cleaning a page is write-protect everywhere, flush, clear DIRTY, then write (I3), all under BUSY: a store that comes later faults, waits for BUSY and
 * makes the page dirty again. Objects with dirty pages are in one list, in the order in which they got their first.
 *
 * Who takes an object from that list to write it takes no reference, since the last one ends a file, and whoever removes its name expects the room on the disk
 * when that returns: the object's end waits for its writers instead.
 *
 * Lock: `list_lock` (RANK_STANDBY) guards that list, and the counts of writers.
 */
#ifndef MM_WRITEBACK_H
#define MM_WRITEBACK_H

#include "mm/object.h"

/* The object got its first dirty page, lost its last. object->lock is held. */
void writeback_add_locked(struct object *object);
void writeback_remove_locked(struct object *object);

/* A page's write has ended; `leaving`: it was RECLAIM. Any context. */
void writeback_note_end(bool leaving);

/* Pages of files on their way to their devices; and those of them that page-out waits for, the RECLAIM ones. */
uint64_t writeback_writing(void);
uint64_t writeback_leaving(void);

/* The last reference has gone: waits until nobody who found the object in the list writes it. Sleeps; the caller has no lock that a writer needs. */
void writeback_leave(struct object *object);

/*
 * Starts writing about that many dirty pages of the objects that have had some for longest, all sorted by where they lie on the disk, and passes over those
 * somebody is busy with. Waits for none.
 */
void writeback_push(uint64_t pages);

#endif

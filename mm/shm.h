/*
 * Shared anonymous memory: an object whose pages are anons in the object's own overlay (MAP_SHARED | MAP_ANONYMOUS).
 *
 * Its pages are found by name like a file's, through page_get(); being anons they can go to swap like private ones. A page never touched
 * is zeros. Lock: object->shm_lock (RANK_SHM) guards the overlay.
 */
#ifndef MM_SHM_H
#define MM_SHM_H

#include "mm/pagecache.h"

/* page_get(), page_find_pinned() and pagecache_truncate() of an OBJECT_SHM. */
int shm_page_get(struct object *object, uint64_t index, unsigned flags, struct page **page, bool *major) must_check;
struct page *shm_page_find_pinned(struct object *object, uint64_t index);
void shm_truncate(struct object *object, uint64_t index);

/* Pages [first, last] of a shared-memory object become holes: unmapped everywhere, zeros when touched again. Sleeps. */
void shm_punch(struct object *object, uint64_t first, uint64_t last);

/* Those of pages [first, last] that are there become zeros where they are. 0, or -ENOMEM, -EIO of one that is on swap. Sleeps. */
int shm_clear(struct object *object, uint64_t first, uint64_t last) must_check;

/* Counts pages that were put into an object's overlay, or, negative, left it; shm_lock is held. */
void shm_pages_add(const struct object *object, int64_t count);

/* Pages that all shared-memory objects have. */
uint64_t shm_pages(void);

#endif

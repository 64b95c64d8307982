/*
 * Shared memory: an object whose pages are anons in the object's own overlay. It is what MAP_SHARED | MAP_ANONYMOUS maps, and it is a file that
 * lives in memory only: of tmpfs (/tmp, /dev/shm) or of memfd_create().
 *
 * Its pages are found by name like a file's, through page_get(); being anons they can go to swap like private ones, and are where their anons say: in
 * memory, on standby, or in a block of swap. So evicting them, reading them with their neighbours, and swapoff need to know nothing of objects.
 *
 *     overlay:   index -> anon                    a page, wherever it is: counted in object->held, in what is promised (mm/commit.h), in a tmpfs's limit
 *                      nothing                    a hole: zeros. read() leaves it one; a fault or a write makes the page
 *     PAGE_SHM   its page in memory has been asked for by name: set before it is mapped, so that it is told from a private copy
 *
 * Locks: object->lock guards the overlay (but that of MAP_HUGETLB, which only shm_lock does). Under it alone anons are found whose pages
 * are in memory and nobody is busy with: they are pinned (read), mapped (around a fault), or made BUSY. object->shm_lock (RANK_SHM) is for whoever
 * puts anons in or takes them out, or needs them to stay: while a page comes from swap, until it is BUSY. Who takes an anon out does that first,
 * then waits for its page and unmaps it.
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

/*
 * Pages of [first, last] behind the end of the object go: of a fault or a write that has found the end nearer than it was, or failed. Who moves the end
 * farther does so before he gives BUSY of a page behind it back. Sleeps.
 */
void shm_drop_behind(struct object *object, uint64_t first, uint64_t last);

/* Whether the page is there and in memory; how many of [first, last] are only on swap. Both sleep. */
bool shm_is_resident(struct object *object, uint64_t index);
uint64_t shm_count_absent(struct object *object, uint64_t first, uint64_t last);

/* pagecache_find_run() of an OBJECT_SHM. */
unsigned shm_find_run(struct object *object, uint64_t index, unsigned count, struct page **pages);

/* Those of pages [first, last] that are there become zeros where they are. 0, or -ENOMEM, -EIO of one that is on swap. Sleeps. */
int shm_clear(struct object *object, uint64_t first, uint64_t last) must_check;

/* Counts pages that were put into an object's overlay, or, negative, left it; shm_lock is held. */
void shm_pages_add(struct object *object, int64_t count);

/* Pages that all shared-memory objects have, in memory and on swap. */
uint64_t shm_pages(void);

#endif

/*
 * Slab caches: objects of one size cut out of frames, with per-CPU front lists; and kmalloc over a row of them.
 *
 * Freed objects are poisoned and the poison is verified on the next allocation, so a use after free is found. Any context with spin locks
 * below RANK_SLAB; never sleeps when told FRAME_NOWAIT, may wait for a frame otherwise.
 */
#ifndef MM_SLAB_H
#define MM_SLAB_H

#include "kernel/list.h"
#include "kernel/lock.h"
#include "kernel/types.h"

struct slab_cache {
    const char *name;
    uint32_t size;          /* of an object, rounded up to its alignment */
    uint32_t objects_per_slab;
    struct spinlock lock;   /* RANK_SLAB: the lists and counts below */
    struct list partial, full, empty; /* slabs, linked by their struct page */
    uint64_t slabs, objects_in_use, allocations;
    struct list all_link;   /* all caches, for /proc/slabinfo */
    struct slab_front *front; /* per CPU */
};

/* Prepares a cache for objects of `size` bytes (at most PAGE_SIZE / 2) aligned to 16. */
void slab_cache_init(struct slab_cache *cache, const char *name, size_t size);

/* An object, contents undefined (zeroed with FRAME_ZERO); null without memory. Flags: enum frame_flags. */
void *slab_alloc(struct slab_cache *cache, unsigned flags) must_check;
void slab_free(struct slab_cache *cache, void *object);

/* Gives empty slabs back to the frame allocator; returns how many frames. */
uint64_t slab_shrink(struct slab_cache *cache);
uint64_t slab_shrink_all(void);

void slab_init(void);

/* `size` bytes (up to 64 MB; above half a page from a run of frames), zeroed; null without memory. Waits for memory; sleeps. */
void *kmalloc(size_t size) must_check;
/* The same without ever waiting: for holders of spin locks. */
void *kmalloc_nowait(size_t size) must_check;
void kfree(void *pointer); /* null is allowed */

/* Visits all caches, for /proc/slabinfo. */
void slab_caches_for_each(void (*visit)(struct slab_cache *cache, void *context), void *context);

/* Fault injection: every n-th allocation from now on fails (0: none). Option fail_slab=, applied when start-up is over. */
void slab_fail_every(uint64_t n);

#endif

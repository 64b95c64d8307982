/*
 * Slab caches: objects of one size cut out of frames, with per-CPU front lists; and kmalloc over a row of them.
 *
 *     slab_alloc, slab_free
 *        |         ^
 *        v         |
 *     front list of each CPU (mm/front.h)                                   +--------------------------------+
 *        |         ^                                                        | object | object | object | ... |   a slab: one frame
 *        v         |                                                        +--------------------------------+
 *     partial slabs (some objects free), empty ones (all free: one is kept)   struct page: owner = the cache, used, first_free
 *        |         ^
 *        v         |
 *     frame_alloc, frame_free
 *
 * Freed objects are poisoned and the poison is verified on the next allocation, so a use after free is found. Any context with spin locks
 * below RANK_SLAB; never sleeps when told FRAME_NOWAIT, may wait for a frame otherwise.
 */
#ifndef MM_SLAB_H
#define MM_SLAB_H

#include "kernel/list.h"
#include "kernel/lock.h"
#include "kernel/shadow.h"
#include "kernel/types.h"

struct front;

struct slab_cache {
    const char *name;
    uint32_t size; /* of an object, rounded up to its alignment */
    uint32_t objects_per_slab;
    bool returned_zero;   /* slab_cache_init_zeroed() */
    struct spinlock lock; /* RANK_SLAB: the lists and counts below */
    struct list partial;  /* slabs with free objects and used ones, linked by their struct page */
    struct list empty;    /* slabs without used objects; full slabs are on no list */
    uint64_t slabs;
    uint64_t empty_slabs;
    uint64_t objects_out;                    /* used, or in a front list */
    _Atomic(struct front *) front[CPUS_MAX]; /* made at a CPU's first allocation; null until then */
    struct list all_link;                    /* all caches, for /proc/slabinfo */
};

/* Prepares a cache for objects of `size` bytes (at most PAGE_SIZE / 2) aligned to 16. */
void slab_cache_init(struct slab_cache *cache, const char *name, size_t size);

/*
 * The same for objects that their users give back as they got them: all zero. So only what is poisoned meanwhile, the edges, has to be zeroed again, and
 * every object comes zeroed.
 */
void slab_cache_init_zeroed(struct slab_cache *cache, const char *name, size_t size);

/* An object, contents undefined (zeroed with FRAME_ZERO); null without memory. Flags: enum frame_flags. */
void *slab_alloc(struct slab_cache *cache, unsigned flags) must_check;
void slab_free(struct slab_cache *cache, void *object);

/* Objects in the hands of users; all allocations so far. Exact when nobody allocates. */
uint64_t slab_objects_used(const struct slab_cache *cache);
uint64_t slab_allocations(const struct slab_cache *cache);

/* Empties the front lists and gives empty slabs back to the frame allocator; returns how many frames. */
uint64_t slab_shrink(struct slab_cache *cache);
uint64_t slab_shrink_all(void);

/* From one object of a slab to the next: kernels that watch accesses have a gap between, which leaves objects aligned as their size is. */
static inline uint32_t slab_stride(const struct slab_cache *cache)
{
    uint32_t alignment = cache->size & -cache->size;
    return (uint32_t)round_up(cache->size + SHADOW_GAP, alignment < 64 ? alignment : 64);
}

void slab_init(void);
void kmalloc_init(void); /* called by slab_init() */

/* `size` bytes (up to 64 MB; above half a page from a run of frames), zeroed, aligned to 16; null without memory. Sleeps. */
void *kmalloc(size_t size) must_check;
/* For a buffer: *size bytes or, when so many frames do not lie together, a page; *size says which. Null without memory. */
void *kmalloc_buffer(size_t *size) must_check;
void kfree(void *pointer); /* null is allowed */

/* Visits all caches, for /proc/slabinfo. */
void slab_caches_for_each(void (*visit)(struct slab_cache *cache, void *context), void *context);

/* Fault injection (mm/inject.h): every n-th allocation from now on fails (0: none); what was set. */
void slab_fail_every(uint64_t n);
uint64_t slab_fails_every(void);

#endif

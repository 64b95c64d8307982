/*
 * Slab caches; see slab.h for the picture.
 *
 * What free objects hold is in slab_poison.h.
 *
 * Locks: cache->lock (RANK_SLAB) guards slabs and counts; all_caches.lock (the same rank, never held together) the list of caches. A front list has a
 * flag of its own, taken before cache->lock. Frames are taken and freed with neither held.
 */
#include "mm/slab.h"

#include <stdatomic.h>

#include "kernel/cpu.h"
#include "kernel/panic.h"
#include "kernel/shadow.h"
#include "libc/string.h"
#include "mm/bulk.h"
#include "mm/census.h"
#include "mm/frame.h"
#include "mm/front.h"
#include "mm/inject.h"
#include "mm/slab_poison.h"

#define OBJECT_ALIGNMENT 16
#define EMPTY_SLABS_KEPT 1
#define BULK_WORTH 512 /* bytes from which bulk_zero() is the cheaper way */

/* Front lists of objects up to these sizes hold FRONT_OBJECTS objects, half as many, a quarter. */
#define FRONT_OBJECTS 32
#define FRONT_FULL_SIZE 640
#define FRONT_HALF_SIZE 1024

static struct {
    struct spinlock lock;
    struct list caches;
} all_caches = {.lock = SPINLOCK_INIT(RANK_SLAB), .caches = LIST_INIT(all_caches.caches)};

/* The cache of front lists. It has none itself. */
static struct slab_cache front_cache;

static inline struct page *slab_of_link(struct list *link)
{
    return list_entry(link, struct page, link);
}

static __attribute__((noinline)) void noreturn_function poison_report(const struct slab_cache *cache, void *object)
{
    const uint64_t *words = object_words(object);
    unsigned edge = is_poisoned_whole(cache) ? object_size_words(cache) : 1 + POISON_EDGE;
    unsigned i = 1;
    while (i < edge && words[i] == POISON_SLAB)
        i++;
    if (i == edge)
        i = object_size_words(cache) - POISON_EDGE;
    while (i < object_size_words(cache) - 1 && words[i] == POISON_SLAB)
        i++;
    panic_advise("ck page %#lx", (unsigned long)(direct_map_physical(object) >> PAGE_SHIFT));
    panic("use after free: freed memory was written to: slab cache %s, object %p, byte %#lx holds %#lx", cache->name,
          object, (unsigned long)(i * sizeof(uint64_t)), (unsigned long)words[i]);
}

static inline void object_verify(const struct slab_cache *cache, void *object)
{
    if (__builtin_expect(!object_is_poison(cache, object), 0))
        poison_report(cache, object);
}

/* Of a poisoned object; what is between the edges of one that came back zero is zero. */
static inline void object_zero(const struct slab_cache *cache, void *object)
{
    if (cache->returned_zero) {
        object_words(object)[0] = 0;
        edge_fill(object_words(object) + 1, 0);
        edge_fill(last_edge(cache, object), 0);
    } else if (cache->size >= BULK_WORTH) {
        bulk_zero(object, cache->size);
    } else {
        memset(object, 0, cache->size);
    }
}

/* A new slab: a frame cut into poisoned free objects; zeroed for the reason stacks are (mm/kmap.c). */
static struct page *slab_create(struct slab_cache *cache, unsigned flags)
{
    struct page *slab = frame_alloc((flags & (FRAME_NOWAIT | FRAME_RESERVE)) | FRAME_WIRED);
    if (slab == NULL)
        return NULL;
    slab->owner = cache;
    char *objects = page_address(slab);
    slab->first_free = NULL;
    page_zero(slab);
    shadow_close(objects, PAGE_SIZE, SHADOW_OBJECT_GAP);
    for (unsigned i = cache->objects_per_slab; i > 0; i--) {
        void *object = objects + (uint64_t)(i - 1) * slab_stride(cache);
        object_poison(cache, object);
        shadow_close(object, cache->size, SHADOW_OBJECT_FREE);
        *(void **)object = slab->first_free;
        slab->first_free = object;
    }
    return slab;
}

/* Moves the slab to the list its count asks for. */
static void slab_file(struct slab_cache *cache, struct page *slab, uint32_t used_before)
{
    if (list_is_linked(&slab->link))
        list_remove(&slab->link);
    if (slab->used == 0)
        list_push_front(&cache->empty, &slab->link);
    else if (slab->used < cache->objects_per_slab)
        list_push_front(&cache->partial, &slab->link);
    cache->empty_slabs += (uint64_t)(slab->used == 0) - (uint64_t)(used_before == 0);
}

/* Takes an object out of a slab; cache->lock held. Null when every slab is full. */
static void *slab_take(struct slab_cache *cache)
{
    struct list *list = list_is_empty(&cache->partial) ? &cache->empty : &cache->partial;
    if (list_is_empty(list))
        return NULL;
    struct page *slab = slab_of_link(list->next);
    void *object = slab->first_free;
    if (object == NULL || page_of_address(object) != slab)
        panic("slab cache %s: free list of slab %p leads to %p", cache->name, page_address(slab), object);
    slab->first_free = *(void **)object;
    slab->used++;
    cache->objects_out++;
    if (slab->used == 1 || slab->used == cache->objects_per_slab)
        slab_file(cache, slab, slab->used - 1);
    return object;
}

/* Puts a poisoned object back into its slab; cache->lock held. */
static void slab_give(struct slab_cache *cache, void *object)
{
    struct page *slab = page_of_address(object);
    *(void **)object = slab->first_free;
    slab->first_free = object;
    cache->objects_out--;
    slab->used--;
    if (slab->used == 0 || slab->used == cache->objects_per_slab - 1)
        slab_file(cache, slab, slab->used + 1);
}

/* Unlinks empty slabs until `kept` are left and puts them on `surplus`; cache->lock held. */
static void slab_take_surplus(struct slab_cache *cache, uint64_t kept, struct list *surplus)
{
    while (cache->empty_slabs > kept) {
        struct list *link = list_pop_front(&cache->empty);
        list_push_front(surplus, link);
        cache->empty_slabs--;
        cache->slabs--;
    }
}

static uint64_t slab_free_surplus(struct list *surplus)
{
    uint64_t frames = 0;
    struct list *link;
    while ((link = list_pop_front(surplus)) != NULL) {
        struct page *slab = slab_of_link(link);
        slab->owner = NULL;
        slab->first_free = NULL;
        frame_free(slab);
        frames++;
    }
    return frames;
}

/* An object straight from a slab, making one if need be. */
static void *object_take(struct slab_cache *cache, unsigned flags)
{
    spin_lock(&cache->lock);
    void *object = slab_take(cache);
    spin_unlock(&cache->lock);
    if (object != NULL)
        return object;
    struct page *slab = slab_create(cache, flags);
    if (slab == NULL)
        return NULL;
    spin_lock(&cache->lock);
    cache->slabs++;
    cache->empty_slabs++;
    list_push_front(&cache->empty, &slab->link);
    object = slab_take(cache);
    spin_unlock(&cache->lock);
    return object;
}

/* A poisoned object straight to its slab. */
static void object_give(struct slab_cache *cache, void *object)
{
    struct list surplus = LIST_INIT(surplus);
    spin_lock(&cache->lock);
    slab_give(cache, object);
    slab_take_surplus(cache, EMPTY_SLABS_KEPT, &surplus);
    spin_unlock(&cache->lock);
    slab_free_surplus(&surplus);
}

static void front_refill(struct slab_cache *cache, struct front *front)
{
    spin_lock(&cache->lock);
    for (unsigned i = front_batch(front); i > 0; i--) {
        void *object = slab_take(cache);
        if (object == NULL)
            break;
        front_push(front, object);
    }
    spin_unlock(&cache->lock);
}

static void front_drain(struct slab_cache *cache, struct front *front, unsigned count, struct list *surplus)
{
    spin_lock(&cache->lock);
    for (; count > 0 && front->count > 0; count--)
        slab_give(cache, front_pop(front));
    slab_take_surplus(cache, EMPTY_SLABS_KEPT, surplus);
    spin_unlock(&cache->lock);
}

static uint16_t front_limit(const struct slab_cache *cache)
{
    if (cache->size <= FRONT_FULL_SIZE)
        return FRONT_OBJECTS;
    return cache->size <= FRONT_HALF_SIZE ? FRONT_OBJECTS / 2 : FRONT_OBJECTS / 4;
}

static inline struct front *front_of_this_cpu(struct slab_cache *cache)
{
    return atomic_load_explicit(&cache->front[cpu_this()->id], memory_order_relaxed);
}

/* Gives this CPU a front list; without memory it goes on without. */
static void front_create(struct slab_cache *cache)
{
    struct front *front = object_take(&front_cache, FRAME_NOWAIT);
    if (front == NULL)
        return;
    *front = (struct front){.limit = front_limit(cache)};
    struct front *none = NULL;
    if (!atomic_compare_exchange_strong(&cache->front[cpu_this()->id], &none, front))
        object_give(&front_cache, front);
}

/* An object from this CPU's front list, or null. */
static inline void *front_take(struct slab_cache *cache)
{
    struct front *front = front_of_this_cpu(cache);
    if (__builtin_expect(front == NULL || !front_try_enter(front), 0))
        return NULL;
    void *object = front_pop(front);
    front->taken++;
    front_leave(front);
    return object;
}

/* The same after front_take() found nothing: makes the list if there is none, refills it from existing slabs. */
static void *front_take_refilled(struct slab_cache *cache)
{
    struct front *front = front_of_this_cpu(cache);
    if (front == NULL) {
        if (cache != &front_cache)
            front_create(cache);
        return NULL;
    }
    if (!front_try_enter(front))
        return NULL;
    if (front->count == 0)
        front_refill(cache, front);
    void *object = front_pop(front);
    front_leave(front);
    return object;
}

/* Gives an object to this CPU's front list; false if that is full or cannot be used. */
static inline bool front_give(struct slab_cache *cache, void *object)
{
    struct front *front = front_of_this_cpu(cache);
    if (__builtin_expect(front == NULL || !front_try_enter(front), 0))
        return false;
    bool room = front_push(front, object);
    front_leave(front);
    return room;
}

/* The same, giving half of a full list back to the slabs. */
static bool front_give_draining(struct slab_cache *cache, void *object)
{
    struct list surplus = LIST_INIT(surplus);
    struct front *front = front_of_this_cpu(cache);
    if (front == NULL || !front_try_enter(front))
        return false;
    if (front->count >= front->limit)
        front_drain(cache, front, front_batch(front), &surplus);
    front_push(front, object);
    front_leave(front);
    slab_free_surplus(&surplus);
    return true;
}

/* The long ways, apart so that the short ones save few registers. */
static __attribute__((noinline)) void *slab_alloc_slowly(struct slab_cache *cache, unsigned flags)
{
    void *object = front_take_refilled(cache);
    return object != NULL ? object : object_take(cache, flags);
}

static __attribute__((noinline)) void slab_free_slowly(struct slab_cache *cache, void *object)
{
    if (!front_give_draining(cache, object))
        object_give(cache, object);
}

void *slab_alloc(struct slab_cache *cache, unsigned flags)
{
    if ((flags & FRAME_NOWAIT) == 0)
        might_sleep();
    if (injection_due(&injection_of_objects))
        return NULL;
    void *object = front_take(cache);
    if (__builtin_expect(object == NULL, 0)) {
        object = slab_alloc_slowly(cache, flags);
        if (object == NULL)
            return NULL;
    }
    object_verify(cache, object);
    shadow_object_open(object, cache->size, cache->size);
    if ((flags & FRAME_ZERO) != 0 || cache->returned_zero)
        object_zero(cache, object);
    else
        object_words(object)[1] = IN_USE_WORD;
    return object;
}

void slab_free(struct slab_cache *cache, void *object)
{
    if (page_of_address(object)->owner != cache)
        panic("slab_free: %p is not of cache %s", object, cache->name);
    if (object_words(object)[1] == POISON_SLAB)
        panic("slab_free: object %p of cache %s is free already", object, cache->name);
    object_poison(cache, object);
    shadow_object_close(object, cache->size);
    if (__builtin_expect(!front_give(cache, object), 0))
        slab_free_slowly(cache, object);
}

uint64_t slab_objects_used(const struct slab_cache *cache)
{
    uint64_t used = cache->objects_out;
    for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++) {
        const struct front *front = atomic_load_explicit(&cache->front[cpu], memory_order_acquire);
        used -= front != NULL ? front->count : 0;
    }
    return used;
}

uint64_t slab_allocations(const struct slab_cache *cache)
{
    uint64_t allocations = 0;
    for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++) {
        const struct front *front = atomic_load_explicit(&cache->front[cpu], memory_order_acquire);
        allocations += front != NULL ? front->taken : 0;
    }
    return allocations;
}

uint64_t slab_shrink(struct slab_cache *cache)
{
    struct list surplus = LIST_INIT(surplus);
    for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++) {
        struct front *front = atomic_load_explicit(&cache->front[cpu], memory_order_acquire);
        if (front == NULL || !front_try_enter(front))
            continue;
        front_drain(cache, front, front->count, &surplus);
        front_leave(front);
    }
    spin_lock(&cache->lock);
    slab_take_surplus(cache, 0, &surplus);
    spin_unlock(&cache->lock);
    return slab_free_surplus(&surplus);
}

/* The cache after `cache` in the list, the first one for null. Caches are never taken out, so no lock is needed between calls. */
static struct slab_cache *cache_next(struct slab_cache *cache)
{
    spin_lock(&all_caches.lock);
    struct list *link = cache == NULL ? all_caches.caches.next : cache->all_link.next;
    spin_unlock(&all_caches.lock);
    return link == &all_caches.caches ? NULL : list_entry(link, struct slab_cache, all_link);
}

uint64_t slab_shrink_all(void)
{
    uint64_t frames = 0;
    for (struct slab_cache *cache = cache_next(NULL); cache != NULL; cache = cache_next(cache))
        frames += slab_shrink(cache);
    return frames;
}

void slab_caches_for_each(void (*visit)(struct slab_cache *cache, void *context), void *context)
{
    for (struct slab_cache *cache = cache_next(NULL); cache != NULL; cache = cache_next(cache))
        visit(cache, context);
}

void slab_fail_every(uint64_t n)
{
    injection_set(&injection_of_objects, n);
}

uint64_t slab_fails_every(void)
{
    return injection_of_objects.every;
}

void slab_cache_init(struct slab_cache *cache, const char *name, size_t size)
{
    assert(size > 0 && size <= PAGE_SIZE / 2);
    *cache = (struct slab_cache){.name = name, .lock = SPINLOCK_INIT(RANK_SLAB)};
    cache->size = (uint32_t)round_up(size, OBJECT_ALIGNMENT);
    cache->objects_per_slab = (uint32_t)(PAGE_SIZE / slab_stride(cache));
    list_init(&cache->partial);
    list_init(&cache->empty);
    spin_lock(&all_caches.lock);
    list_push_back(&all_caches.caches, &cache->all_link);
    spin_unlock(&all_caches.lock);
}

void slab_cache_init_zeroed(struct slab_cache *cache, const char *name, size_t size)
{
    slab_cache_init(cache, name, size);
    assert(!is_poisoned_whole(cache));
    cache->returned_zero = true;
}

/* Frames of all slabs. */
static uint64_t slab_frames(void)
{
    uint64_t frames = 0;
    for (const struct slab_cache *cache = cache_next(NULL); cache != NULL;
         cache = cache_next((struct slab_cache *)cache))
        frames += cache->slabs;
    return frames;
}

void slab_init(void)
{
    slab_cache_init(&front_cache, "slab_front", sizeof(struct front));
    kmalloc_init();
    frame_reclaimer_add(slab_shrink_all);
    census_add("slabs", slab_frames);
}

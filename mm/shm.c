/*
 * Shared memory. See shm.h.
 */
#include "mm/shm.h"

#include "kernel/abi/errno.h"
#include "kernel/lock_inner.h"
#include "libc/string.h"
#include "mm/anon.h"
#include "mm/busy.h"
#include "mm/commit.h"
#include "mm/rmap.h"
#include "mm/slab.h"
#include "mm/standby.h"

enum { COUNT_STRIDE = 512 }; /* pages that are counted with interrupts off */

static _Atomic uint64_t page_count;

uint64_t shm_pages(void)
{
    return atomic_load_explicit(&page_count, memory_order_relaxed);
}

void shm_pages_add(struct object *object, int64_t count)
{
    atomic_fetch_add_explicit(&page_count, (uint64_t)count, memory_order_relaxed);
    atomic_fetch_add_explicit(&object->held, (uint64_t)count, memory_order_relaxed);
    if (object->promised == 0)
        commit_shared(count);
}

static void shm_release(struct object *object)
{
    shm_truncate(object, 0);
    commit_shared(-(int64_t)object->promised);
    kfree(object);
}

static const struct object_ops shm_ops = {.release = shm_release};

struct object *shm_object_create(uint64_t size, bool reserve)
{
    return shm_object_create_instead(size, reserve, 0);
}

struct object *shm_object_create_instead(uint64_t size, bool reserve, uint64_t released)
{
    uint64_t pages = (size + PAGE_SIZE - 1) >> PAGE_SHIFT;
    struct object *object = !reserve || commit_may_instead(pages, released) ? kmalloc(sizeof(*object)) : NULL;
    if (object == NULL)
        return NULL;
    object_init(object, OBJECT_SHM, &shm_ops);
    atomic_store_explicit(&object->size, size, memory_order_relaxed);
    object->promised = reserve ? pages : 0;
    commit_shared((int64_t)object->promised);
    return object;
}

/* Asks whether the object may have so many pages more, or gives back that it has them: -ENOSPC. */
static int shm_charge(struct object *object, int64_t pages)
{
    if (pages > 0 && object->promised == 0 && !commit_may((uint64_t)pages))
        return -ENOSPC;
    return object->ops->charge != NULL ? object->ops->charge(object, pages) : 0;
}

/* The anon at an index, or null. */
static struct anon *shm_find(struct object *object, uint64_t index)
{
    spin_lock(&object->lock);
    struct anon *anon = radix_find(&object->overlay, index);
    spin_unlock(&object->lock);
    return anon;
}

/* The first at or after *index, up to `last`; sets *index. Null if there is none. */
static struct anon *shm_next(struct object *object, uint64_t *index, uint64_t last)
{
    spin_lock(&object->lock);
    struct anon *anon = radix_next(&object->overlay, index, last);
    spin_unlock(&object->lock);
    return anon;
}

/* Puts an anon into the overlay; waits for memory if it must. */
static int shm_enter(struct object *object, uint64_t index, struct anon *anon)
{
    struct radix_reserve reserve = {0};
    spin_lock(&object->lock);
    int error = radix_insert(&object->overlay, index, anon);
    spin_unlock(&object->lock);
    if (__builtin_expect(error == 0, 1))
        return 0;
    if (radix_reserve_fill(&reserve) != 0)
        return -ENOMEM;
    spin_lock(&object->lock);
    radix_insert_reserved(&object->overlay, index, anon, &reserve);
    spin_unlock(&object->lock);
    radix_reserve_release(&reserve);
    return 0;
}

/* A zeroed page at an index that has none. */
static int shm_page_insert(struct object *object, uint64_t index, struct page **page)
{
    struct anon *anon = anon_create(FRAME_ZERO);
    if (anon == NULL)
        return -ENOMEM;
    *page = atomic_load_explicit(&anon->page, memory_order_relaxed);
    page_set_shm(*page);
    if (shm_enter(object, index, anon) == 0) {
        shm_pages_add(object, 1);
        return 0;
    }
    page_put(*page);
    anon_put(anon);
    return -ENOMEM;
}

/* The same within the limits. shm_lock is held. */
static int shm_page_create(struct object *object, uint64_t index, struct page **page)
{
    int error = shm_charge(object, 1);
    if (error != 0)
        return error;
    error = shm_page_insert(object, index, page);
    if (error != 0)
        (void)shm_charge(object, -1);
    return error;
}

/*
 * The anon's page, its lock taken, if it is in memory with contents that are valid or are about to be, and not one read ahead and not used so far; else
 * null. object->lock is held, so that the anon stays.
 */
static inline struct page *shm_page_lock(const struct anon *anon)
{
    struct page *page = atomic_load_explicit(&anon->page, memory_order_acquire);
    if (__builtin_expect(page == NULL, 0))
        return NULL;
    spin_lock_inner(&page->lock);
    if (__builtin_expect(page->anon == anon && !page_has(page, PAGE_FAILED | PAGE_AHEAD), 1))
        return page;
    spin_unlock_inner(&page->lock);
    return NULL;
}

/* The page at an index, BUSY, if it can be had without waiting; else null. */
static struct page *shm_page_claim(struct object *object, uint64_t index)
{
    spin_lock(&object->lock);
    const struct anon *anon = radix_find(&object->overlay, index);
    struct page *page = anon != NULL ? shm_page_lock(anon) : NULL;
    bool claimed = page != NULL && page_claim_locked(page);
    if (page != NULL)
        spin_unlock_inner(&page->lock);
    spin_unlock(&object->lock);
    return claimed ? page : NULL;
}

/* A BUSY page that somebody has asked for: one from swap does not know whose it is. */
static void shm_page_note(struct page *page)
{
    page_mark_referenced(page);
    if (__builtin_expect(!page_has(page, PAGE_SHM), 0))
        page_set_shm(page);
}

/* The same when the page is somewhere else, or nowhere. */
static __attribute__((noinline)) int shm_page_bring(struct object *object, uint64_t index, unsigned flags,
                                                    struct page **page, bool *major)
{
    int error;
    mutex_lock(&object->shm_lock);
    struct anon *anon = shm_find(object, index);
    if (anon != NULL) {
        /* Who overwrites all of it must know only whether the page is new. */
        error = anon_page_get(anon, page, (flags & PAGE_GET_FRESH) != 0 ? NULL : major);
        if (error == 0)
            shm_page_note(*page);
    } else if ((flags & PAGE_GET_CACHED) != 0) {
        error = -ENOENT;
    } else {
        error = shm_page_create(object, index, page);
    }
    mutex_unlock(&object->shm_lock);
    return error;
}

int shm_page_get(struct object *object, uint64_t index, unsigned flags, struct page **page, bool *major)
{
    *page = object->is_hugetlb ? NULL : shm_page_claim(object, index);
    if (__builtin_expect(*page == NULL, 0))
        return shm_page_bring(object, index, flags, page, major);
    shm_page_note(*page);
    return 0;
}

/* shm_page_pin() of a page that is not ACTIVE and idle. */
static __attribute__((noinline)) struct page *shm_page_pin_other(const struct anon *anon)
{
    struct page *page = shm_page_lock(anon);
    if (page == NULL)
        return NULL;
    bool valid = !page_has(page, PAGE_BUSY) || page_has(page, PAGE_WRITING);
    if (__builtin_expect(valid, 1)) {
        if (__builtin_expect(page->state == PAGE_STANDBY, 0))
            standby_rescue_locked(page);
        page_pin(page);
        page_mark_referenced(page);
    }
    spin_unlock_inner(&page->lock);
    return valid ? page : NULL;
}

/*
 * The anon's page, pinned to be read, if its contents are valid and it needs not be waited for; else null. object->lock is held. It does not keep the page
 * from being evicted, so what was pinned may be another's by now: then the pin does no harm, and is given back.
 */
static inline struct page *shm_page_pin(const struct anon *anon)
{
    struct page *page = atomic_load_explicit(&anon->page, memory_order_acquire);
    if (__builtin_expect(page == NULL || !page_pin_idle(page, PAGE_BUSY | PAGE_FAILED | PAGE_AHEAD), 0))
        return shm_page_pin_other(anon);
    if (__builtin_expect(__atomic_load_n(&page->anon, __ATOMIC_RELAXED) == anon, 1)) {
        page_mark_referenced(page);
        return page;
    }
    page_unpin(page);
    return NULL;
}

unsigned shm_find_run(struct object *object, uint64_t index, unsigned count, struct page **pages)
{
    unsigned found = 0;
    spin_lock(&object->lock);
    void *const *anons = radix_slots(&object->overlay, index, &count);
    while (found < count && anons[found] != NULL && (pages[found] = shm_page_pin(anons[found])) != NULL)
        found++;
    spin_unlock(&object->lock);
    return found;
}

struct page *shm_page_find_pinned(struct object *object, uint64_t index)
{
    spin_lock(&object->lock);
    const struct anon *anon = radix_find(&object->overlay, index);
    struct page *page = anon != NULL ? shm_page_pin(anon) : NULL;
    spin_unlock(&object->lock);
    return page;
}

bool shm_is_resident(struct object *object, uint64_t index)
{
    mutex_lock(&object->shm_lock);
    const struct anon *anon = shm_find(object, index);
    bool resident = anon != NULL && !anon_is_absent(anon);
    mutex_unlock(&object->shm_lock);
    return resident;
}

uint64_t shm_count_absent(struct object *object, uint64_t first, uint64_t last)
{
    uint64_t count = 0;
    mutex_lock(&object->shm_lock);
    while (first <= last) {
        uint64_t end = min_u64(last, first | (COUNT_STRIDE - 1));
        spin_lock(&object->lock);
        count += overlay_count_absent(&object->overlay, first, end).pages;
        spin_unlock(&object->lock);
        first = end + 1;
    }
    mutex_unlock(&object->shm_lock);
    return count;
}

/* Unmaps the page of an anon that has left the overlay everywhere; nobody maps it any more. */
static void shm_unmap(struct anon *anon)
{
    struct page *page;
    if (!anon_is_absent(anon) && anon_page_get(anon, &page, NULL) == 0) {
        rmap_remove_all(page);
        page_put(page);
    }
}

/* Takes an anon out of the overlay: from here on nobody finds it. shm_lock is held. */
static void shm_leave(struct object *object, uint64_t index)
{
    spin_lock(&object->lock);
    radix_remove(&object->overlay, index);
    spin_unlock(&object->lock);
    shm_pages_add(object, -1);
    (void)shm_charge(object, -1);
}

void shm_punch(struct object *object, uint64_t first, uint64_t last)
{
    struct anon *anon;
    mutex_lock(&object->shm_lock);
    for (uint64_t index = first; index <= last && (anon = shm_next(object, &index, last)) != NULL; index++) {
        shm_leave(object, index);
        shm_unmap(anon);
        anon_put(anon);
    }
    mutex_unlock(&object->shm_lock);
}

/* Ends a page if it is still behind the end, while it is BUSY in nobody else's hands: on swap it is in nobody's, as only shm_lock lets it come in. */
static void shm_drop_one(struct object *object, uint64_t index, struct anon *anon)
{
    struct page *page = NULL;
    if (!anon_is_absent(anon) && anon_page_get(anon, &page, NULL) != 0)
        return;
    bool behind = index >= object_pages(object);
    if (behind)
        shm_leave(object, index);
    if (behind && page != NULL)
        rmap_remove_all(page);
    if (page != NULL)
        page_put(page);
    if (behind)
        anon_put(anon);
}

void shm_drop_behind(struct object *object, uint64_t first, uint64_t last)
{
    struct anon *anon;
    mutex_lock(&object->shm_lock);
    for (uint64_t index = max_u64(first, object_pages(object));
         index <= last && (anon = shm_next(object, &index, last)) != NULL; index++)
        shm_drop_one(object, index, anon);
    mutex_unlock(&object->shm_lock);
}

int shm_clear(struct object *object, uint64_t first, uint64_t last)
{
    struct page *page;
    int error = 0;
    for (uint64_t index = first; index <= last && error == 0; index++) {
        error = shm_page_get(object, index, PAGE_GET_CACHED, &page, NULL);
        if (error == 0) {
            error = page_make_dirty(page);
            if (error == 0)
                memset(page_address(page), 0, PAGE_SIZE);
            page_put(page);
        } else if (error == -ENOENT) {
            error = 0;
        }
    }
    return error;
}

void shm_truncate(struct object *object, uint64_t index)
{
    shm_punch(object, index, UINT64_MAX - 1);
}

/*
 * The page cache: objects' trees of pages.
 *
 *     page_get(object, index)
 *        in the tree, BUSY free   ->  take BUSY, done
 *        in the tree, BUSY taken  ->  sleep until it is given back, look again (it may have been truncated away)
 *        not in the tree          ->  put a new page in, BUSY; the object reads it; the end of the transfer gives BUSY back; look again
 *
 * A transfer ends in an interrupt, so it cannot hand BUSY to the thread that asked; that thread finds the page like any other. A page whose read
 * failed stays in the tree, FAILED, until the next finder, who reads it once more, alone, then takes it out and reports -EIO; or -ENOMEM, if what failed
 * was only memory, to look for its block.
 */
#include "mm/pagecache.h"

#include "kernel/abi/errno.h"
#include "kernel/panic.h"
#include "libc/string.h"
#include "mm/busy.h"
#include "mm/rmap.h"
#include "mm/shm.h"
#include "mm/standby.h"
#include "mm/stats.h"
#include "mm/vmtrace.h"
#include "mm/writeback.h"

static _Atomic uint64_t cached_pages;

uint64_t pagecache_pages(void)
{
    return atomic_load_explicit(&cached_pages, memory_order_relaxed);
}

/* What the tree has at an index. */
enum cache_state { CACHE_ABSENT, CACHE_CLAIMED, CACHE_BUSY };

static enum cache_state cache_claim(struct object *object, uint64_t index, struct page **result)
{
    enum cache_state state = CACHE_ABSENT;
    spin_lock(&object->lock);
    struct page *page = radix_find(&object->pages, index);
    if (page != NULL) {
        spin_lock(&page->lock);
        state = page_claim_locked(page) ? CACHE_CLAIMED : CACHE_BUSY;
        spin_unlock(&page->lock);
    }
    spin_unlock(&object->lock);
    *result = page;
    return state;
}

/* The insertion itself, from `reserve` if there is one. 0, -EEXIST, -ENOMEM. */
static int tree_insert(struct object *object, uint64_t index, struct page *page, struct radix_reserve *reserve)
{
    int error = 0;
    spin_lock(&object->lock);
    if (radix_find(&object->pages, index) != NULL)
        error = -EEXIST;
    else if (reserve != NULL)
        radix_insert_reserved(&object->pages, index, page, reserve);
    else
        error = radix_insert(&object->pages, index, page);
    if (error == 0)
        page_set_active(page);
    spin_unlock(&object->lock);
    return error;
}

/* The same when there was no memory for the tree's nodes: they are waited for first. */
static int tree_insert_wait(struct object *object, uint64_t index, struct page *page)
{
    struct radix_reserve reserve = {0};
    if (radix_reserve_fill(&reserve) != 0)
        return -ENOMEM;
    int error = tree_insert(object, index, page, &reserve);
    radix_reserve_release(&reserve);
    return error;
}

/* Puts a nameless frame into the tree under (object, index), BUSY. 0, -EEXIST, -ENOMEM (not before having waited for memory, if `wait`). */
static int cache_insert(struct object *object, uint64_t index, struct page *page, unsigned flags, bool wait)
{
    page->object = object;
    page->index = (uint32_t)index;
    atomic_store_explicit(&page->flags, (uint16_t)(PAGE_BUSY | PAGE_REFERENCED | flags), memory_order_relaxed);
    int error = tree_insert(object, index, page, NULL);
    if (error == -ENOMEM && wait)
        error = tree_insert_wait(object, index, page);
    if (error == 0) {
        atomic_fetch_add_explicit(&cached_pages, 1, memory_order_relaxed);
        return 0;
    }
    page_unname(page);
    page->index = 0;
    return error;
}

void pagecache_forget(struct page *page)
{
    struct object *object = page->object;
    spin_lock(&object->lock);
    radix_remove(&object->pages, page->index);
    spin_unlock(&object->lock);
    atomic_fetch_sub_explicit(&cached_pages, 1, memory_order_relaxed);
}

/* A new page in the tree, BUSY, contents undefined. 0, -EEXIST (look again), -ENOMEM. */
static int cache_create(struct object *object, uint64_t index, struct page **result)
{
    struct page *page = frame_alloc(0);
    if (page == NULL)
        return -ENOMEM;
    int error = cache_insert(object, index, page, 0, true);
    if (error != 0)
        frame_free(page);
    *result = page;
    return error;
}

/* Has the object fill its BUSY page, which is then no longer the caller's. */
static void page_read_start(struct page *page)
{
    struct object *object = page->object;
    stat_count(STAT_PGPGIN);
    vmtrace(VMTRACE_PAGE_IN, 0, page_frame(page), page->index);
    page_clear(page, PAGE_FAILED | PAGE_STARVED);
    if (object->ops->read == NULL) {
        page_zero(page);
        page_put(page);
        return;
    }
    page_set(page, PAGE_IO);
    object->ops->read(object, &page, 1);
}

/* A claimed page whose read failed together with its neighbours': by itself it may be good. */
static bool page_must_be_tried(const struct page *page, unsigned flags)
{
    return page_has(page, PAGE_FAILED) && (flags & (PAGE_GET_FRESH | PAGE_GET_CACHED | PAGE_GET_NOWAIT)) == 0;
}

/* Takes a claimed page out whose contents never came. Why they did not: -EIO or -ENOMEM. */
static int page_give_up(struct page *page)
{
    int error = page_has(page, PAGE_STARVED) ? -ENOMEM : -EIO;
    pagecache_abandon(page);
    return error;
}

/* Decides over a claimed page: 0 to hand it out, -EIO or -ENOMEM if its contents never came. */
static int page_get_claimed(struct page *page, unsigned flags)
{
    if (page_has(page, PAGE_FAILED)) {
        if ((flags & PAGE_GET_FRESH) == 0)
            return page_give_up(page);
        page_clear(page, PAGE_FAILED | PAGE_STARVED);
    }
    page_mark_referenced(page);
    if ((flags & PAGE_GET_UNNOTED) == 0)
        page_note_use(page);
    return 0;
}

/* Makes the page that is not there. 0: *page is BUSY and the caller's; -EAGAIN: look again; other errors are final. */
static int page_get_absent(struct object *object, uint64_t index, unsigned flags, struct page **page, bool *major)
{
    if ((flags & PAGE_GET_CACHED) != 0)
        return -ENOENT;
    if ((flags & PAGE_GET_NOWAIT) != 0)
        return -EWOULDBLOCK;
    int error = cache_create(object, index, page);
    if (error != 0)
        return error == -EEXIST ? -EAGAIN : error;
    stat_count(STAT_CACHE_MISSES);
    if (major != NULL)
        *major = true;
    if ((flags & PAGE_GET_FRESH) != 0)
        return 0;
    page_read_start(*page);
    return -EAGAIN;
}

int page_get(struct object *object, uint64_t index, unsigned flags, struct page **result, bool *major)
{
    if (object->kind == OBJECT_SHM)
        return shm_page_get(object, index, flags, result, major);
    if (index > UINT32_MAX)
        return -EFBIG;
    bool read_alone = false;
    for (bool again = false;; again = true) {
        struct page *page;
        switch (cache_claim(object, index, &page)) {
        case CACHE_CLAIMED:
            if (!again)
                stat_count(STAT_CACHE_HITS);
            *result = page;
            if (!read_alone && page_must_be_tried(page, flags)) {
                page_read_start(page);
                read_alone = true;
                break;
            }
            return page_get_claimed(page, flags);
        case CACHE_BUSY:
            if ((flags & PAGE_GET_NOWAIT) != 0)
                return -EAGAIN;
            stat_count(STAT_CACHE_WAITS);
            page_busy_sleep(page, object);
            break;
        case CACHE_ABSENT: {
            int error = page_get_absent(object, index, flags, &page, major);
            *result = page;
            if (error != -EAGAIN || (flags & PAGE_GET_NOWAIT) != 0)
                return error;
            read_alone = true;
            break;
        }
        }
    }
}

/* page_pin_valid() of a page that somebody is busy with, or on standby. */
static __attribute__((noinline)) bool page_pin_other(struct page *page)
{
    spin_lock(&page->lock);
    /* Under page->lock a page that is not BUSY, or BUSY only because it is being written, has valid contents. */
    bool valid = (!page_has(page, PAGE_BUSY) || page_has(page, PAGE_WRITING)) && !page_has(page, PAGE_FAILED);
    if (valid && page->state == PAGE_STANDBY)
        standby_rescue_locked(page);
    if (valid)
        page_pin(page);
    spin_unlock(&page->lock);
    return valid;
}

/* Pins a page of the tree if it has valid contents; object->lock is held, which whoever takes it away needs, too. */
static inline bool page_pin_valid(struct page *page)
{
    return __builtin_expect(page_pin_idle(page, PAGE_BUSY | PAGE_FAILED), 1) || page_pin_other(page);
}

struct page *page_find_pinned(struct object *object, uint64_t index)
{
    if (object->kind == OBJECT_SHM)
        return shm_page_find_pinned(object, index);
    spin_lock(&object->lock);
    struct page *page = radix_find(&object->pages, index);
    if (page != NULL && !page_pin_valid(page))
        page = NULL;
    spin_unlock(&object->lock);
    if (page != NULL) {
        stat_count(STAT_CACHE_HITS);
        page_mark_referenced(page);
    }
    return page;
}

unsigned pagecache_find_run(struct object *object, uint64_t index, unsigned count, uint64_t unasked,
                            struct page **pages)
{
    unsigned found = 0;
    if (object->kind == OBJECT_SHM)
        return shm_find_run(object, index, count, pages);
    spin_lock(&object->lock);
    void *const *slots = radix_slots(&object->pages, index, &count);
    for (struct page *page; found < count && (page = slots[found]) != NULL; found++) {
        if ((page_is_ahead(page) && found >= unasked) || !page_pin_valid(page))
            break;
        page_mark_referenced(page);
        page_note_use(page);
        pages[found] = page;
    }
    spin_unlock(&object->lock);
    stat_add(STAT_CACHE_HITS, found);
    return found;
}

void page_io_done(struct page *page, int error)
{
    if (error == -ENOMEM && page_has(page, PAGE_WRITING)) {
        page_set_dirty(page); /* before WRITING goes, so that who syncs finds one of the two */
        atomic_fetch_add(&page->object->put_off, 1);
    } else if (error != 0 && page_has(page, PAGE_WRITING)) {
        object_note_error(page->object, error);
        stat_count(STAT_WRITE_ERRORS);
    } else if (error == -ENOMEM) {
        page_set(page, PAGE_FAILED | PAGE_STARVED);
    } else if (error != 0) {
        page_set(page, PAGE_FAILED);
        stat_count(STAT_READ_ERRORS);
    }
    bool reclaim = page_has(page, PAGE_RECLAIM), written = page_has(page, PAGE_WRITING);
    page_clear(page, PAGE_IO | PAGE_WRITING | PAGE_RECLAIM);
    if (reclaim && error == 0)
        standby_offer(page);
    else
        page_put(page);
    if (written)
        writeback_note_end(reclaim);
}

enum { PREFETCH_BATCH = READAHEAD_MAX }; /* so that a window becomes one request where the file lies together */

void page_ahead_used(struct page *page)
{
    if ((atomic_fetch_and_explicit(&page->flags, (uint16_t)~PAGE_AHEAD, memory_order_relaxed) & PAGE_AHEAD) != 0)
        stat_count(STAT_READAHEAD_USED);
}

void pagecache_note_use(struct object *object, uint64_t index)
{
    spin_lock(&object->lock);
    struct page *page = radix_find(&object->pages, index);
    if (page != NULL)
        page_note_use(page);
    spin_unlock(&object->lock);
}

enum cache_presence pagecache_look(struct object *object, uint64_t index)
{
    enum cache_presence presence = CACHE_MISSING;
    spin_lock(&object->lock);
    const struct page *page = radix_find(&object->pages, index);
    if (page != NULL)
        presence = page_has(page, PAGE_AHEAD) ? CACHE_AHEAD : CACHE_USED;
    spin_unlock(&object->lock);
    return presence;
}

/* A page to be read, BUSY, with `flags`. 0, -EEXIST, -ENOMEM: there is no memory to spare. */
static int prefetch_create(struct object *object, uint64_t index, unsigned flags, struct page **result)
{
    if (pagecache_look(object, index) != CACHE_MISSING)
        return -EEXIST;
    struct page *page = frame_alloc(FRAME_EASY);
    if (page == NULL)
        return -ENOMEM;
    int error = cache_insert(object, index, page, PAGE_IO | flags, false);
    if (error != 0)
        frame_free(page);
    *result = page;
    return error;
}

/* A run of pages that were missing, on its way. */
struct prefetch {
    struct object *object;
    struct page *batch[PREFETCH_BATCH];
    unsigned count, ahead; /* pages in it; of these: nobody asked for yet */
    uint64_t ahead_first;  /* the first of those */
    unsigned flags;        /* that each page gets */
};

/* Counts what was gathered, and notes it. */
static void prefetch_note(const struct prefetch *prefetch)
{
    stat_add(STAT_PGPGIN, prefetch->count);
    stat_add(STAT_CACHE_MISSES, prefetch->count - prefetch->ahead);
    stat_add(STAT_READAHEAD_ISSUED, prefetch->ahead);
    if (prefetch->ahead > 0)
        vmtrace(VMTRACE_READ_AHEAD, 0, prefetch->ahead, prefetch->ahead_first);
    for (unsigned i = 0; i < prefetch->count; i++)
        vmtrace(VMTRACE_PAGE_IN, 0, page_frame(prefetch->batch[i]), prefetch->batch[i]->index);
}

/* Starts what was gathered. */
static void prefetch_flush(struct prefetch *prefetch)
{
    if (prefetch->count == 0)
        return;
    prefetch_note(prefetch);
    prefetch->object->ops->read(prefetch->object, prefetch->batch, prefetch->count);
    prefetch->count = 0;
    prefetch->ahead = 0;
}

/* Adds one page if it is missing. False: there is no memory that would cost nobody a wait. */
static bool prefetch_add(struct prefetch *prefetch, uint64_t index, bool asked)
{
    unsigned flags = (asked ? 0 : PAGE_AHEAD) | prefetch->flags;
    struct page *page;
    int error = prefetch_create(prefetch->object, index, flags, &page);
    if (error == -EEXIST)
        prefetch_flush(prefetch);
    if (error != 0)
        return error == -EEXIST;
    prefetch->batch[prefetch->count++] = page;
    if (!asked && prefetch->ahead++ == 0)
        prefetch->ahead_first = index;
    if (prefetch->count == PREFETCH_BATCH)
        prefetch_flush(prefetch);
    return true;
}

void pagecache_prefetch(struct object *object, const struct readahead_range *range)
{
    struct prefetch prefetch = {.object = object, .flags = range->stream ? PAGE_STREAM : 0};
    if (object->kind == OBJECT_SHM || object->ops->read == NULL)
        return;
    bool going = true;
    for (uint32_t i = 0; i < range->count && going; i++) {
        uint64_t index = range->first + i;
        going = prefetch_add(&prefetch, index, index - range->asked < range->demanded);
    }
    prefetch_flush(&prefetch);
}

bool pagecache_is_unsettled(struct object *object, uint64_t index)
{
    spin_lock(&object->lock);
    struct page *page = radix_find(&object->pages, index);
    bool unsettled = page != NULL && (page_has(page, PAGE_BUSY) || page_has(page, PAGE_DIRTY));
    spin_unlock(&object->lock);
    return unsettled;
}

uint64_t pagecache_resident(struct object *object, uint64_t first, uint64_t last)
{
    uint64_t count = 0;
    spin_lock(&object->lock);
    for (uint64_t index = first; index <= last && radix_next(&object->pages, &index, last) != NULL; index++)
        count++;
    spin_unlock(&object->lock);
    return count;
}

static uint64_t pagecache_reclaim(void)
{
    return pagecache_shrink(32);
}

void pagecache_init(void)
{
    busy_init();
    rmap_init();
    frame_reclaimer_add(pagecache_reclaim);
}

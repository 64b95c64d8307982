/*
 * Cached pages that go before their time: truncated, removed, dropped (pagecache.h).
 *
 *     cache_claim_next() walks over what the tree has, and waits for each page until it is BUSY in its own hands
 *         truncate, remove    the page goes whatever it is: mappings and modifications with it
 *         remove_clean        mappings go; what is modified stays
 *         drop                only what nobody maps, has modified or pinned
 *
 * Nothing keeps new pages from coming while one of these runs: who cannot have that holds the inode's lock.
 */
#include "mm/busy.h"
#include "mm/cut.h"
#include "mm/pagecache.h"
#include "mm/rmap.h"
#include "mm/shm.h"

/* Takes a BUSY, unmapped, clean page out of its tree and gives the frame back. */
static void cache_remove(struct page *page)
{
    pagecache_forget(page);
    page_discard(page);
}

void pagecache_abandon(struct page *page)
{
    rmap_remove_all(page);
    if (page_has(page, PAGE_DIRTY))
        page_clear_dirty(page);
    cache_remove(page);
}

/* Claims the first page of [*index, last] and sets *index to its place; null if there is none. Sleeps while it is BUSY. */
static struct page *cache_claim_next(struct object *object, uint64_t *index, uint64_t last)
{
    for (;;) {
        bool claimed = false;
        spin_lock(&object->lock);
        struct page *page = radix_next(&object->pages, index, last);
        if (page != NULL) {
            spin_lock(&page->lock);
            claimed = page_busy_locked(page);
            spin_unlock(&page->lock);
        }
        spin_unlock(&object->lock);
        if (page == NULL || claimed)
            return page;
        page_busy_sleep(page, object);
    }
}

void pagecache_truncate(struct object *object, uint64_t index)
{
    struct page *page;
    if (object->kind == OBJECT_SHM) {
        shm_truncate(object, index);
        cut_mappings(object, index);
        return;
    }
    uint64_t first = index;
    while ((page = cache_claim_next(object, &index, UINT64_MAX)) != NULL)
        pagecache_abandon(page);
    cut_mappings(object, first);
}

void pagecache_remove(struct object *object, uint64_t first, uint64_t last)
{
    struct page *page;
    if (object->kind == OBJECT_SHM) {
        shm_punch(object, first, last);
        return;
    }
    for (uint64_t index = first; index <= last && (page = cache_claim_next(object, &index, last)) != NULL; index++)
        pagecache_abandon(page);
}

void pagecache_remove_clean(struct object *object, uint64_t first, uint64_t last)
{
    struct page *page;
    for (uint64_t index = first; index <= last && (page = cache_claim_next(object, &index, last)) != NULL; index++) {
        rmap_remove_all(page); /* which finds out what was stored through mappings */
        if (page_has(page, PAGE_DIRTY))
            page_put(page);
        else
            cache_remove(page);
    }
}

void pagecache_drop(struct object *object, uint64_t first, uint64_t last)
{
    struct page *page;
    if (object->kind == OBJECT_SHM) {
        shm_drop_behind(object, first, last);
        return;
    }
    for (uint64_t index = first; index <= last && (page = cache_claim_next(object, &index, last)) != NULL; index++) {
        if (rmap_is_empty(page) && !page_has(page, PAGE_DIRTY) && atomic_load(&page->pins) == 0 &&
            object->ops->read != NULL)
            cache_remove(page);
        else
            page_put(page);
    }
}

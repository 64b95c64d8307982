/*
 * Dropping cached pages on request: /proc/sys/vm/drop_caches, and the last resort of an allocation that nothing else has helped. The daemon's
 * choice of what to evict is the clock's (mm/pageout.h); here a hand of its own goes round, twice at most, over clean pages that nobody has mapped.
 *
 * Standby pages go first: they are free but for their names. The hand is atomic, so that several may shrink at once, each another part.
 */
#include "mm/busy.h"
#include "mm/pagecache.h"
#include "mm/rmap.h"
#include "mm/standby.h"
#include "mm/stats.h"

/* BUSY on a page that could be dropped right now, without waiting. */
static bool shrink_claim(struct page *page)
{
    if (page->state != PAGE_ACTIVE || page_has(page, PAGE_ANON | PAGE_BUSY | PAGE_DIRTY) || !rmap_is_empty(page))
        return false;
    spin_lock(&page->lock);
    bool claimed = page->state == PAGE_ACTIVE && !page_has(page, PAGE_ANON | PAGE_DIRTY) && rmap_is_empty(page) &&
                   atomic_load(&page->pins) == 0 && page_busy_locked(page);
    spin_unlock(&page->lock);
    if (claimed && atomic_load(&page->pins) != 0) { /* since that look: page_pin_idle() */
        page_put(page);
        claimed = false;
    }
    return claimed;
}

uint64_t pagecache_shrink(uint64_t wanted)
{
    static _Atomic pfn_t hand;
    uint64_t freed = 0;
    struct page *oldest;
    while (freed < wanted && (oldest = standby_take()) != NULL) {
        frame_free(oldest);
        freed++;
    }
    /* Twice around: the first time REFERENCED pages get their second chance. */
    for (pfn_t steps = 2 * frame_limit; steps > 0 && freed < wanted; steps--) {
        pfn_t at = atomic_fetch_add_explicit(&hand, 1, memory_order_relaxed) % frame_limit;
        struct page *page = page_of_frame(at);
        if (!shrink_claim(page))
            continue;
        if (page_has(page, PAGE_REFERENCED) || page->object->ops->read == NULL) {
            page_clear(page, PAGE_REFERENCED);
            page_put(page);
            continue;
        }
        stat_count(STAT_CACHE_DROPS);
        pagecache_forget(page);
        page_discard(page);
        freed++;
    }
    return freed;
}

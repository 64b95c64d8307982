/*
 * BUSY: the sleep lock on a page's name and contents (I7), and the end of a page's life under a name.
 *
 *     page->lock held, BUSY clear:  set it           the right is yours
 *                      BUSY set:    set WANTED, sleep on the page's wait queue, look again
 *     give back: clear BUSY and WANTED in one atomic step; if WANTED was set, wake everybody on the queue
 *
 * Setting BUSY needs page->lock, so whoever holds that lock and sees BUSY clear may use the page for as long as it holds the lock: so pages
 * are mapped around a fault and pinned. Clearing needs no lock, so a transfer's interrupt can do it.
 */
#ifndef MM_BUSY_H
#define MM_BUSY_H

#include "mm/frame.h"

static inline bool page_has(const struct page *page, unsigned flag)
{
    return (atomic_load_explicit(&page->flags, memory_order_relaxed) & flag) != 0;
}

static inline void page_set(struct page *page, unsigned flag)
{
    atomic_fetch_or_explicit(&page->flags, (uint16_t)flag, memory_order_relaxed);
}

static inline void page_clear(struct page *page, unsigned flag)
{
    atomic_fetch_and_explicit(&page->flags, (uint16_t)~flag, memory_order_relaxed);
}

/* Notes a use that leaves no accessed bit in a page table. */
static inline void page_mark_referenced(struct page *page)
{
    if (!page_has(page, PAGE_REFERENCED))
        page_set(page, PAGE_REFERENCED);
}

/* Marks an anon's page, BUSY or locked, as one of a shared-memory object's, which is counted; takes the mark away again. */
void page_set_shm(struct page *page);
void page_clear_shm(struct page *page);

/* Pages in memory with that mark. */
uint64_t busy_shm_pages(void);

/* Whether the page, whose lock is held, is still its owner's, idle and valid, and, if an anon's, not one whose first use is anon_page_get()'s to note. */
static inline bool page_is_idle_of(const struct page *page, const void *owner)
{
    unsigned flags = atomic_load_explicit(&page->flags, memory_order_relaxed);
    return page->owner == owner && (flags & (PAGE_BUSY | PAGE_FAILED)) == 0 &&
           (flags & (PAGE_ANON | PAGE_AHEAD)) != (PAGE_ANON | PAGE_AHEAD);
}

/* A frame gets a name: what has been stored into it before, BUSY above all, is seen by whoever sees that. */
static inline void page_set_active(struct page *page)
{
    __atomic_store_n(&page->state, PAGE_ACTIVE, __ATOMIC_RELEASE);
}

/*
 * Pins a page if it is ACTIVE and has none of the flags `unfit`, BUSY among them; page->lock is not needed, as it is all one step. Whoever takes a page
 * away sets BUSY or another state, and after that looks at the pins (then the page stays, or its frame is left to the last pin): either he sees
 * this pin, or this sees what he has set. False also if anything else of the word changed just now.
 */
static inline bool page_pin_idle(struct page *page, unsigned unfit)
{
    uint64_t seen = atomic_load_explicit(&page->use, memory_order_relaxed);
    if ((seen & page_use_of(UINT8_MAX, (uint16_t)unfit)) != page_use_of(PAGE_ACTIVE, 0))
        return false;
    return atomic_compare_exchange_strong_explicit(&page->use, &seen, seen + PAGE_USE_PIN, memory_order_acquire,
                                                   memory_order_relaxed);
}

/* Takes BUSY if it is free; page->lock is held, and the name has been checked under it or above it. */
static inline bool page_busy_locked(struct page *page)
{
    if (page_has(page, PAGE_BUSY))
        return false;
    atomic_fetch_or_explicit(&page->flags, PAGE_BUSY, memory_order_acquire);
    return true;
}

/* Sleeps until BUSY may be free or the page is no longer `owner`'s; the caller looks again. Returns at once if that is so already. */
void page_busy_sleep(struct page *page, const void *owner);

/*
 * The same while the page has one of `flags`, too: whoever is BUSY with a page without them may be waiting for the caller (a commit). That a flag goes wakes
 * nobody, so who clears one goes on to give BUSY back.
 */
void page_busy_sleep_while(struct page *page, const void *owner, unsigned flags);

/*
 * Takes the name from a BUSY, unmapped, unpinned page; an anon's page is then only on swap. The frame is DETACHED and the caller's. An object's tree has
 * lost it before.
 */
void page_disown(struct page *page);

/*
 * Takes a name back that a BUSY frame was given in vain: it never came into its object's tree, and no anon leads to it. The frame is DETACHED and the
 * caller's. Somebody may sleep on it all the same, who knows it from an earlier life under the same owner.
 */
void page_unname(struct page *page);

/*
 * The end of a BUSY, unmapped page that has lost its name (taken out of its object's tree, or its anon is going): forgets
 * everything about it and frees the frame, or leaves that to the last pin.
 */
void page_discard(struct page *page);

/* The same for the page of an anon that is going; false, and nothing done, if it is BUSY or not the anon's any more. */
bool page_discard_if_idle(struct page *page, struct anon *anon) must_check;

void busy_init(void);

#endif

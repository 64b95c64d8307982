/*
 * BUSY: waiting for the right to a page, and giving pages up. The protocol is in busy.h.
 *
 * Waiters share a row of wait queues, chosen by the frame's number; a wake-up meant for another page of the same queue only makes them look again.
 */
#include "mm/busy.h"

#include "kernel/iowait.h"
#include "kernel/panic.h"
#include "kernel/wait.h"
#include "mm/anon.h"
#include "mm/pagecache.h"
#include "mm/standby.h"
#include "mm/stats.h"

enum { QUEUES = 64 };

static struct waitqueue queues[QUEUES];

static _Atomic uint64_t shm_count;

uint64_t busy_shm_pages(void)
{
    return atomic_load_explicit(&shm_count, memory_order_relaxed);
}

void page_set_shm(struct page *page)
{
    if ((atomic_fetch_or_explicit(&page->flags, PAGE_SHM, memory_order_relaxed) & PAGE_SHM) == 0)
        atomic_fetch_add_explicit(&shm_count, 1, memory_order_relaxed);
}

void page_clear_shm(struct page *page)
{
    if ((atomic_fetch_and_explicit(&page->flags, (uint16_t)~PAGE_SHM, memory_order_relaxed) & PAGE_SHM) != 0)
        atomic_fetch_sub_explicit(&shm_count, 1, memory_order_relaxed);
}

static struct waitqueue *page_queue(const struct page *page)
{
    return &queues[page_frame(page) % QUEUES];
}

void busy_init(void)
{
    for (unsigned i = 0; i < QUEUES; i++)
        waitqueue_init(&queues[i]);
}

/* BUSY has gone: wakes everybody who waited for it, as the flags the page had say. */
static inline void wanted_wake(const struct page *page, uint16_t old)
{
    if ((old & PAGE_WANTED) != 0)
        wait_wake_all(page_queue(page));
}

void page_put(struct page *page)
{
    uint16_t old = atomic_fetch_and_explicit(&page->flags, (uint16_t) ~(PAGE_BUSY | PAGE_WANTED), memory_order_release);
    assert((old & PAGE_BUSY) != 0);
    wanted_wake(page, old);
}

static bool page_is_busy_with(const struct page *page, const void *owner, unsigned flags)
{
    return page->owner == owner && page_has(page, PAGE_BUSY) && page_has(page, flags);
}

void page_busy_sleep_while(struct page *page, const void *owner, unsigned flags)
{
    struct wait_entry entry;
    wait_prepare(page_queue(page), &entry, false);
    spin_lock(&page->lock);
    bool busy = page_is_busy_with(page, owner, flags);
    if (busy)
        page_set(page, PAGE_WANTED);
    /* BUSY may have gone between the two steps; then nobody saw WANTED. */
    busy = busy && page_is_busy_with(page, owner, flags);
    spin_unlock(&page->lock);
    if (busy) {
        unsigned waits = iowait_begin();
        (void)wait_sleep(0);
        iowait_end(waits);
    }
    wait_finish(&entry);
}

void page_busy_sleep(struct page *page, const void *owner)
{
    page_busy_sleep_while(page, owner, PAGE_BUSY);
}

bool page_busy_try(struct page *page)
{
    spin_lock(&page->lock);
    bool taken = page_busy_locked(page);
    spin_unlock(&page->lock);
    return taken;
}

void page_busy_wait(struct page *page)
{
    while (!page_busy_try(page))
        page_busy_sleep(page, page->owner);
}

/* Takes name and flags, except `flags`, from a page, whose lock is held; returns the flags it had. */
static uint16_t page_strip_locked(struct page *page, unsigned flags)
{
    assert(page->rmap == 0);
    page->state = PAGE_DETACHED;
    page->owner = NULL;
    page_clear_shm(page);
    return atomic_exchange(&page->flags, (uint16_t)flags);
}

/* The same for a page whose name was known: its anon loses it, and is not touched any more afterwards. */
static uint16_t page_forget_locked(struct page *page, unsigned flags)
{
    struct anon *anon = page_has(page, PAGE_ANON) ? page->anon : NULL;
    if (page->state == PAGE_STANDBY)
        standby_leave_locked(page);
    uint16_t old = page_strip_locked(page, flags);
    if (anon != NULL)
        atomic_store_explicit(&anon->page, NULL, memory_order_release);
    return old;
}

/* What was read ahead goes without having been used. */
static void note_waste(uint16_t flags)
{
    if ((flags & PAGE_AHEAD) == 0)
        return;
    stat_count((flags & PAGE_ANON) != 0 ? STAT_SWAP_AHEAD_WASTED : STAT_READAHEAD_WASTED);
    stat_add(STAT_SWAP_STREAM_WASTED, (flags & PAGE_ANON) != 0 && (flags & PAGE_STREAM) != 0);
}

void page_disown(struct page *page)
{
    spin_lock(&page->lock);
    assert(page_has(page, PAGE_BUSY) && atomic_load(&page->pins) == 0);
    uint16_t old = page_forget_locked(page, 0);
    spin_unlock(&page->lock);
    note_waste(old);
    wanted_wake(page, old);
}

void page_unname(struct page *page)
{
    spin_lock(&page->lock);
    assert(page_has(page, PAGE_BUSY));
    uint16_t old = page_strip_locked(page, 0);
    spin_unlock(&page->lock);
    wanted_wake(page, old);
}

void page_discard(struct page *page)
{
    spin_lock(&page->lock);
    assert(page_has(page, PAGE_BUSY));
    uint16_t old = page_forget_locked(page, PAGE_ORPHAN);
    spin_unlock(&page->lock);
    note_waste(old);
    wanted_wake(page, old);
    page_orphan_free(page);
}

bool page_discard_if_idle(struct page *page, struct anon *anon)
{
    spin_lock(&page->lock);
    if (page->anon != anon || page_has(page, PAGE_BUSY)) {
        spin_unlock(&page->lock);
        return false;
    }
    /* Not ACTIVE any more and without a mapping: nobody can pin it from here on (page_pin_idle). */
    uint16_t old = page_forget_locked(page, 0);
    bool pinned = atomic_load(&page->pins) != 0;
    if (pinned)
        page_set(page, PAGE_ORPHAN);
    spin_unlock(&page->lock);
    note_waste(old);
    if (pinned)
        page_orphan_free(page);
    else
        frame_free(page);
    return true;
}

void page_orphan_free(struct page *page)
{
    spin_lock(&page->lock);
    bool mine = page->state == PAGE_DETACHED && page_has(page, PAGE_ORPHAN) && atomic_load(&page->pins) == 0;
    if (mine)
        page_clear(page, PAGE_ORPHAN);
    spin_unlock(&page->lock);
    if (mine)
        frame_free(page);
}

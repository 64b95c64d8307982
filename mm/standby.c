/*
 * The standby list. See standby.h.
 */
#include "mm/standby.h"

#include "kernel/panic.h"
#include "mm/anon.h"
#include "mm/hands.h"
#include "mm/lazyfree.h"
#include "mm/pagecache.h"
#include "mm/rmap.h"
#include "mm/stats.h"
#include "mm/vmtrace.h"

static struct {
    struct spinlock lock;
    struct list pages; /* the oldest first */
} standby = {.lock = SPINLOCK_INIT(RANK_STANDBY), .pages = LIST_INIT(standby.pages)};

static _Atomic uint64_t page_count, file_count; /* changed with the lock held */

uint64_t standby_pages(void)
{
    return atomic_load_explicit(&page_count, memory_order_relaxed);
}

uint64_t standby_file_pages(void)
{
    return atomic_load_explicit(&file_count, memory_order_relaxed);
}

static void counts_add(const struct page *page, uint64_t amount)
{
    atomic_fetch_add_explicit(&page_count, amount, memory_order_relaxed);
    if (!page_has(page, PAGE_ANON))
        atomic_fetch_add_explicit(&file_count, amount, memory_order_relaxed);
}

static void list_enter_locked(struct page *page)
{
    spin_lock(&standby.lock);
    page->state = PAGE_STANDBY;
    list_push_back(&standby.pages, &page->link);
    counts_add(page, 1);
    spin_unlock(&standby.lock);
}

void standby_leave_locked(struct page *page)
{
    assert(spin_is_held(&page->lock) && page->state == PAGE_STANDBY);
    spin_lock(&standby.lock);
    list_remove(&page->link);
    counts_add(page, (uint64_t)-1);
    page->state = PAGE_ACTIVE;
    spin_unlock(&standby.lock);
}

void standby_rescue_locked(struct page *page)
{
    bool anon = page_has(page, PAGE_ANON);
    standby_leave_locked(page);
    stat_count(anon ? STAT_RESCUED_ANON : STAT_RESCUED_FILE);
    vmtrace(VMTRACE_RESCUE, anon, page_frame(page), page_name_hash(page->owner, anon ? 0 : page->index));
}

void standby_offer(struct page *page)
{
    spin_lock(&page->lock);
    if (page->state == PAGE_ACTIVE && !page_has(page, PAGE_DIRTY | PAGE_FAILED | PAGE_WANTED) && rmap_is_empty(page) &&
        atomic_load(&page->pins) == 0) {
        page_clear(page, PAGE_REFERENCED | PAGE_RECLAIM);
        list_enter_locked(page);
    }
    spin_unlock(&page->lock);
    page_put(page);
}

enum { SEARCH_MAX = 64 };

/* The oldest page that nobody is busy with. It may be rescued any moment. */
static struct page *oldest_find(void)
{
    struct page *found = NULL;
    unsigned looked = 0;
    spin_lock(&standby.lock);
    list_for_each(link, &standby.pages)
    {
        struct page *page = list_entry(link, struct page, link);
        if (!page_has(page, PAGE_BUSY))
            found = page;
        if (found != NULL || ++looked == SEARCH_MAX)
            break;
    }
    spin_unlock(&standby.lock);
    return found;
}

/* Takes the page off the list for good, BUSY; false if it was rescued, or somebody else is about to do the same. */
static bool oldest_claim(struct page *page)
{
    spin_lock(&page->lock);
    bool claimed = page->state == PAGE_STANDBY && page_busy_locked(page);
    if (claimed)
        standby_leave_locked(page);
    spin_unlock(&page->lock);
    return claimed;
}

struct page *standby_take(void)
{
    struct page *page;
    do {
        page = oldest_find();
        if (page == NULL)
            return NULL;
    } while (!oldest_claim(page));
    if (!page_has(page, PAGE_ANON))
        pagecache_forget(page);
    if (page_has(page, PAGE_GIVEN_UP))
        lazyfree_note_taken();
    page_disown(page);
    stat_count(STAT_STANDBY_REUSED);
    return page;
}

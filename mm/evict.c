/*
 * Eviction. See evict.h.
 *
 * The accessed bits of a page that is in a TLB already are not set again by the CPU. So the address spaces whose bits were cleared are remembered, held, and
 * flushed once after each run of the hands (one interrupt for each, not one for each page). Their list belongs to whoever runs the clock.
 */
#include "mm/evict.h"

#include "kernel/panic.h"
#include "mm/anon.h"
#include "mm/aspace.h"
#include "mm/hands.h"
#include "mm/pagecache.h"
#include "mm/pageout.h"
#include "mm/rmap.h"
#include "mm/standby.h"
#include "mm/stats.h"
#include "mm/swap.h"
#include "mm/translation.h"

enum { CLEARED_MAX = 16 };

static struct {
    unsigned count;
    struct aspace *spaces[CLEARED_MAX];
} cleared;

void evict_flush_cleared(void)
{
    while (cleared.count > 0) {
        struct tlb_batch tlb;
        struct aspace *aspace = cleared.spaces[--cleared.count];
        tlb_batch_init(&tlb, aspace);
        tlb.full = true;
        tlb_flush(&tlb);
        aspace_release(aspace);
    }
}

static void cleared_note(struct aspace *aspace)
{
    for (unsigned i = 0; i < cleared.count; i++) {
        if (cleared.spaces[i] == aspace)
            return;
    }
    if (cleared.count == CLEARED_MAX)
        evict_flush_cleared();
    aspace_hold(aspace);
    cleared.spaces[cleared.count++] = aspace;
}

/* Whether the page is one that could go. page->lock is held, so its owner stays what it is. */
static bool page_is_evictable_locked(const struct page *page)
{
    if (page->state != PAGE_ACTIVE || page_has(page, PAGE_BUSY) || atomic_load(&page->pins) != 0)
        return false;
    if (!page_has(page, PAGE_DIRTY))
        return true;
    if (page_has(page, PAGE_ANON))
        return swap_free() > 0;
    return page->object->ops->write != NULL;
}

/* The page's name for the clock; another one before it is used for the first time, so that this does not pass for a second use. */
static uint32_t page_name(const struct page *page)
{
    return page_name_hash(page->owner, page_has(page, PAGE_ANON) ? 0 : page->index) ^ page_has(page, PAGE_AHEAD);
}

/* One that is used again need not go when it is written. While somebody is BUSY with it, which may be its writer, it stays as it is. */
static void reclaim_withdraw(struct page *page)
{
    spin_lock(&page->lock);
    if (!page_has(page, PAGE_BUSY))
        page_clear(page, PAGE_RECLAIM);
    spin_unlock(&page->lock);
}

static enum clock_answer frame_sample(void *context, pfn_t frame, bool clear, uint32_t *name)
{
    struct page *page = page_of_frame(frame);
    (void)context;
    *name = 0;
    if (page->state != PAGE_ACTIVE)
        return CLOCK_SKIPPED;
    spin_lock(&page->lock);
    bool fit = page_is_evictable_locked(page);
    if (fit)
        *name = page_name(page);
    spin_unlock(&page->lock);
    if (!fit)
        return CLOCK_SKIPPED;
    uint64_t bits = rmap_look(page, clear, cleared_note);
    if ((bits & PTE_LOCKED) != 0)
        return CLOCK_SKIPPED;
    bool used = (bits & PTE_A) != 0 || page_has(page, PAGE_REFERENCED);
    bool streamed = page_has(page, PAGE_STREAM) &&
                    !page_has(page, PAGE_AHEAD); /* born REFERENCED, it is to be used still */
    if (clear)
        page_clear(page, PAGE_REFERENCED | (used && streamed ? PAGE_STREAM : 0));
    if (used && page_has(page, PAGE_RECLAIM))
        reclaim_withdraw(page);
    /* One that waits to be written needs no second eviction. */
    if (used)
        return streamed ? CLOCK_STREAMED : CLOCK_REFERENCED;
    return page_has(page, PAGE_RECLAIM) ? CLOCK_SKIPPED : CLOCK_IDLE;
}

static int place_note(struct aspace *aspace, vaddr_t address, void *context)
{
    struct evict_entry *entry = context;
    entry->owner = (uintptr_t)aspace;
    entry->address = address;
    return 1;
}

static bool entry_is_before(const struct evict_entry *left, const struct evict_entry *right)
{
    return left->owner != right->owner ? left->owner < right->owner : left->address < right->address;
}

/* Binds blocks to as many of the pages as a run allows and starts to write these; returns how many. */
static unsigned pages_write(struct page **pages, unsigned count)
{
    struct anon *anons[SWAP_IO_PAGES];
    for (unsigned i = 0; i < count; i++)
        anons[i] = pages[i]->anon;
    unsigned done = swap_assign(anons, count);
    for (unsigned i = 0; i < done; i++)
        page_clear_dirty(pages[i]);
    if (done > 0)
        swap_io_write(pages, done);
    return done;
}

static void batch_write(struct evict_batch *batch)
{
    struct page *pages[SWAP_IO_PAGES];
    unsigned count = batch->count, done = 0, part;
    for (unsigned i = 0; i < count; i++)
        pages[i] = batch->entries[i].page;
    batch->count = 0;
    while (done < count && (part = pages_write(&pages[done], count - done)) > 0)
        done += part;
    for (; done < count; done++) { /* swap is full */
        stat_count(STAT_SWAP_FULL);
        page_put(pages[done]);
    }
}

/* A page whose contents never came: nobody wants it. */
static void page_drop_failed(struct page *page)
{
    if (page_has(page, PAGE_ANON)) {
        page_disown(page);
        frame_free(page);
        return;
    }
    pagecache_forget(page);
    page_discard(page);
}

/* Puts the entry in its place among those before it. */
static void batch_add(struct evict_batch *batch, const struct evict_entry *entry)
{
    unsigned at = batch->count++;
    for (; at > 0 && entry_is_before(entry, &batch->entries[at - 1]); at--)
        batch->entries[at] = batch->entries[at - 1];
    batch->entries[at] = *entry;
    if (batch->count == SWAP_IO_PAGES)
        batch_write(batch);
}

/* Where an unmapped and flushed victim that is not for swap goes. */
static void victim_send(const struct evict_entry *victim)
{
    struct page *page = victim->page;
    if (victim->stays) {
        page_put(page);
    } else if (page_has(page, PAGE_FAILED)) {
        page_drop_failed(page);
    } else if (!page_has(page, PAGE_DIRTY)) {
        stat_count(STAT_FREED_CLEAN);
        standby_offer(page);
    } else {
        stat_count(STAT_FREED_DIRTY);
        page_clear(page, PAGE_REFERENCED);
        page_set(page, PAGE_RECLAIM);
        page_put(page);
        pageout_write_files();
    }
}

static bool is_for_swap(const struct evict_entry *victim)
{
    return !victim->stays && page_has(victim->page, PAGE_DIRTY) && page_has(victim->page, PAGE_ANON);
}

/* Those for swap go last: that may sleep until there is room for one more write. */
static void victims_send(struct evict_batch *batch)
{
    unsigned for_swap = 0;
    rmap_gather_flush(&batch->gather);
    for (unsigned i = 0; i < batch->victim_count; i++) {
        if (is_for_swap(&batch->victims[i]))
            batch->victims[for_swap++] = batch->victims[i];
        else
            victim_send(&batch->victims[i]);
    }
    batch->victim_count = 0;
    stat_add(STAT_FREED_DIRTY, for_swap);
    for (unsigned i = 0; i < for_swap; i++)
        batch_add(batch, &batch->victims[i]);
}

void evict_write(struct evict_batch *batch)
{
    victims_send(batch);
    batch_write(batch);
}

bool evict_busy_page(struct evict_batch *batch, struct page *page)
{
    struct evict_entry entry = {.page = page, .owner = (uintptr_t)page->owner};
    assert(page_has(page, PAGE_BUSY));
    spin_lock(&page->lock);
    rmap_for_each_locked(page, place_note, &entry);
    spin_unlock(&page->lock);
    bool unmapped = rmap_unmap_all(page, &batch->gather);
    bool nowhere = page_has(page, PAGE_DIRTY) && !page_has(page, PAGE_ANON) && page->object->ops->write == NULL;
    /* Locked since the clock looked; pinned by one who had found it mapped. */
    entry.stays = !unmapped || nowhere || atomic_load(&page->pins) != 0;
    batch->victims[batch->victim_count++] = entry;
    if (batch->victim_count == EVICT_VICTIMS)
        victims_send(batch);
    return !entry.stays;
}

bool evict_page(struct evict_batch *batch, struct page *page)
{
    spin_lock(&page->lock);
    bool claimed = page_is_evictable_locked(page) && page_busy_locked(page);
    spin_unlock(&page->lock);
    return claimed && evict_busy_page(batch, page);
}

static bool frame_evict(void *context, pfn_t frame)
{
    return evict_page(context, page_of_frame(frame));
}

const struct clock_ops evict_clock_ops = {.sample = frame_sample, .evict = frame_evict};

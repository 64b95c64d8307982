/*
 * Pages that are given up. See lazyfree.h.
 *
 * That nobody writes to them unnoticed is I3: first no translation of the range is writable any more, then the pages are made clean, one by one under
 * BUSY. The mutex keeps faults away that would make a translation writable again, and with them new pins for writing.
 */
#include "mm/lazyfree.h"

#include "mm/anon.h"
#include "mm/busy.h"
#include "mm/map.h"
#include "mm/pagecache.h"
#include "mm/standby.h"
#include "mm/stats.h"
#include "mm/swap.h"
#include "mm/translation.h"

static _Atomic uint64_t anon_count; /* without a page and a block */

uint64_t lazyfree_anons(void)
{
    return atomic_load_explicit(&anon_count, memory_order_relaxed);
}

void lazyfree_note_taken(void)
{
    atomic_fetch_add_explicit(&anon_count, 1, memory_order_relaxed);
    stat_count(STAT_LAZY_FREED);
}

void lazyfree_note_end(void)
{
    atomic_fetch_sub_explicit(&anon_count, 1, memory_order_relaxed);
}

void lazyfree_fill(struct page *page)
{
    page_zero(page);
    page_clear(page, PAGE_IO);
    page_set(page, PAGE_DIRTY);
    lazyfree_note_end();
    page_put(page);
}

/* Takes BUSY on the anon's page if nobody is busy with it or uses it through a pin. */
static bool page_claim(const struct anon *anon, struct page *page)
{
    spin_lock(&page->lock);
    bool claimed = page->anon == anon && page_has(page, PAGE_ANON) && !page_has(page, PAGE_FAILED) &&
                   atomic_load(&page->pins) == 0 && page_busy_locked(page);
    if (claimed && page->state == PAGE_STANDBY)
        standby_leave_locked(page);
    spin_unlock(&page->lock);
    return claimed;
}

/* A page in memory, which no translation lets anybody write to. */
static void page_give_up(struct anon *anon, struct page *page)
{
    if (!page_claim(anon, page))
        return;
    if (page_has(page, PAGE_DIRTY))
        page_clear_dirty(page);
    swap_release(anon);
    page_clear(page, PAGE_REFERENCED);
    page_set(page, PAGE_GIVEN_UP);
    stat_count(STAT_LAZY_FREE);
    standby_offer(page); /* nothing but BUSY given back if it is mapped */
}

void lazyfree_range(struct aspace *aspace, vaddr_t start, vaddr_t end)
{
    struct tlb_batch batch;
    struct anon *anon;
    tlb_batch_init(&batch, aspace);
    translation_change_range(aspace, start, end, PTE_RW | PTE_D | PTE_A, 0, &batch);
    tlb_flush(&batch);
    uint64_t number = start >> PAGE_SHIFT, last = (end >> PAGE_SHIFT) - 1;
    for (; number <= last && (anon = radix_next(&aspace->overlay, &number, last)) != NULL; number++) {
        struct page *page = atomic_load_explicit(&anon->page, memory_order_acquire);
        if (page == NULL) {
            radix_remove(&aspace->overlay, number);
            anon_put(anon);
        } else if (!anon_is_shared(anon)) {
            page_give_up(anon, page);
        }
    }
}

/*
 * Address spaces going to swap and coming back. See swapout.h.
 */
#include "mm/swapout.h"

#include "mm/anon.h"
#include "mm/aspace.h"
#include "mm/busy.h"
#include "mm/evict.h"
#include "mm/hands.h"
#include "mm/pageout.h"
#include "mm/rmap.h"
#include "mm/stats.h"
#include "mm/swap.h"
#include "mm/translation.h"
#include "mm/vmtrace.h"

enum { STRIDE = 128 }; /* pages */

uint64_t aspace_frames(const struct aspace *aspace)
{
    return aspace->resident_anon + aspace->resident_file + aspace->resident_shm + aspace->table.tables - 1;
}

/* The part of the next area at or behind *at that one hold of the mutex is for; null at the end. *at moves behind it. */
static struct area *stride_next(struct aspace *aspace, vaddr_t *at, vaddr_t *start, vaddr_t *end)
{
    struct area *area = area_tree_find_from(&aspace->areas, *at);
    if (area == NULL)
        return NULL;
    *start = max_u64(*at, area->start);
    *end = min_u64(area->end, round_down(*start, STRIDE * PAGE_SIZE) + STRIDE * PAGE_SIZE);
    *at = *end;
    return area;
}

/* --- out ---------------------------------------------------------------------------------------------------------- */

/* Private pages, mapped or not. */
static void anons_evict(struct aspace *aspace, vaddr_t start, vaddr_t end, struct evict_batch *batch)
{
    uint64_t last = (end >> PAGE_SHIFT) - 1;
    const struct anon *anon;
    for (uint64_t at = start >> PAGE_SHIFT; at <= last && (anon = radix_next(&aspace->overlay, &at, last)) != NULL;
         at++) {
        struct page *page = atomic_load(&anon->page);
        if (page != NULL && !anon_is_shared(anon))
            (void)evict_page(batch, page);
    }
}

/* The pages of objects that a stride maps. */
struct mapped_pages {
    unsigned count;
    struct page *pages[STRIDE];
};

static int mapped_note(pte_t *entry, vaddr_t address, unsigned level, void *context)
{
    struct mapped_pages *mapped = context;
    (void)address;
    struct page *page = page_of_frame(pte_frame(pte_read(entry), level) >> PAGE_SHIFT);
    if (level == LEVEL_4K && page != zero_page && (!page_has(page, PAGE_ANON) || page_has(page, PAGE_SHM)))
        mapped->pages[mapped->count++] = page;
    return 0;
}

/* They may go meanwhile: who evicts a page looks again, and takes at worst another one that is in nobody's use. */
static void files_evict(struct aspace *aspace, vaddr_t start, vaddr_t end, struct evict_batch *batch)
{
    struct mapped_pages mapped;
    mapped.count = 0;
    spin_lock(&aspace->table_lock);
    (void)pagetable_for_each(&aspace->table, start, end, mapped_note, &mapped);
    spin_unlock(&aspace->table_lock);
    for (unsigned i = 0; i < mapped.count; i++) {
        if (rmap_count(mapped.pages[i]) == 1)
            (void)evict_page(batch, mapped.pages[i]);
    }
}

/* Who has the mutex may wait for a page of the batch: if it must be waited for, the batch goes first. */
static void lock_again(struct aspace *aspace, struct evict_batch *batch)
{
    if (mutex_trylock(&aspace->lock))
        return;
    evict_write(batch);
    mutex_lock(&aspace->lock);
}

uint64_t swap_out_aspace(struct aspace *aspace)
{
    struct evict_batch batch;
    vaddr_t at = 0, start, end;
    evict_batch_init(&batch);
    for (;;) {
        lock_again(aspace, &batch);
        const struct area *area = stride_next(aspace, &at, &start, &end);
        if (area != NULL && (area->flags & AREA_STAYS) == 0) {
            anons_evict(aspace, start, end, &batch);
            if (area->object != NULL)
                files_evict(aspace, start, end, &batch);
            translation_remove_range(aspace, start, end);
        }
        mutex_unlock(&aspace->lock);
        if (area == NULL)
            break;
    }
    evict_write(&batch);
    return aspace_frames(aspace);
}

/* --- in ----------------------------------------------------------------------------------------------------------- */

/* Absent pages of a stride; false when memory says to stop. */
static bool anons_read(struct aspace *aspace, vaddr_t start, vaddr_t end, struct swap_rows *rows, uint64_t *limit)
{
    uint64_t last = (end >> PAGE_SHIFT) - 1;
    const struct anon *anon;
    bool added;
    for (uint64_t at = start >> PAGE_SHIFT; at <= last && (anon = radix_next(&aspace->overlay, &at, last)) != NULL;
         at++) {
        if (!anon_is_absent(anon) || anon_is_given_up(anon))
            continue;
        if (*limit == 0 || pageout_free() <= hands_marks().lotsfree || !swap_rows_add(rows, anon->block, 0, &added))
            return false;
        stat_add(STAT_SWAP_AHEAD, added);
        (*limit)--;
    }
    return true;
}

uint64_t swap_in_aspace(struct aspace *aspace, uint64_t limit)
{
    struct swap_rows rows;
    uint64_t left = limit;
    vaddr_t at = 0, start, end;
    swap_rows_init(&rows);
    for (bool more = true; more;) {
        mutex_lock(&aspace->lock);
        more = stride_next(aspace, &at, &start, &end) != NULL && anons_read(aspace, start, end, &rows, &left);
        swap_rows_read(&rows); /* who faults on one of its pages holds the mutex while it waits */
        mutex_unlock(&aspace->lock);
    }
    return limit - left;
}

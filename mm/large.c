/*
 * Large mappings of user memory. See large.h.
 *
 * A 2 MB fault makes 512 anons around one run of frames. All that can fail comes before the leaf is set: a run is free, memory for the anons
 * and the overlay's nodes is there, the leaf's table for a later split is set aside. Else everything is undone and the fault goes on with 4 KB.
 */
#include "mm/large.h"

#include "kernel/abi/errno.h"
#include "mm/anon.h"
#include "mm/busy.h"
#include "mm/pagecache.h"
#include "mm/rmap.h"
#include "mm/stats.h"
#include "mm/translation.h"

/* The run of frames under one leaf of a level. */
static inline unsigned leaf_order(unsigned level)
{
    return TABLE_BITS * (level - 1);
}

static inline unsigned leaf_frames(unsigned level)
{
    return 1u << leaf_order(level);
}

/* Whether none of the leaf's pages exists yet. */
static bool large_is_untouched(const struct aspace *aspace, vaddr_t base, unsigned level)
{
    uint64_t first = base >> PAGE_SHIFT;
    return radix_next(&aspace->overlay, &first, first + leaf_frames(level) - 1) == NULL;
}

bool large_fits(const struct area *area, vaddr_t base)
{
    const uint32_t unfit = AREA_NOHUGE | AREA_GROWSDOWN | AREA_STACK | AREA_SHARED;
    return base >= area->start && base < area->end && area->end - base >= LARGE_SIZE && (area->flags & unfit) == 0 &&
           (area->flags & AREA_RIGHTS) != 0 && area->object == NULL;
}

bool large_is_affordable(const struct area *area)
{
    return (area->flags & AREA_HUGE) != 0 || frames_free() * 4 >= frames_total();
}

/* Whether the 2 MB at `base` are all the area's, and all untouched. */
static bool large_is_possible(struct aspace *aspace, const struct area *area, vaddr_t base)
{
    return large_fits(area, base) && large_is_affordable(area) && large_is_untouched(aspace, base, LEVEL_2M);
}

/* Takes the first `count` anons out of the overlay again and gives the run back. */
static void large_undo(struct aspace *aspace, vaddr_t base, struct page *pages, unsigned level, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        anon_undo_create(radix_remove(&aspace->overlay, (base >> PAGE_SHIFT) + i));
    frame_free_run(pages, leaf_order(level));
}

/* Gives each frame a name at its place in the overlay, BUSY. Returns how many were done: all, or up to the first without memory. */
static unsigned large_name(struct aspace *aspace, vaddr_t base, struct page *pages, unsigned level)
{
    for (unsigned i = 0; i < leaf_frames(level); i++) {
        struct anon *anon = anon_create_with(&pages[i], FRAME_NOWAIT);
        if (anon == NULL)
            return i;
        if (radix_insert(&aspace->overlay, (base >> PAGE_SHIFT) + i, anon) != 0) {
            anon_undo_create(anon);
            return i;
        }
    }
    return leaf_frames(level);
}

int large_enter(struct aspace *aspace, vaddr_t base, struct page *pages, unsigned level, pte_t bits)
{
    unsigned count = leaf_frames(level);
    int error = -EEXIST;
    spin_lock(&aspace->table_lock);
    if (pagetable_is_empty(&aspace->table, base, level)) {
        for (unsigned i = 0; i < count; i++)
            rmap_add_first(&pages[i], aspace, base + i * PAGE_SIZE);
        error = pagetable_map(&aspace->table, base, page_physical(pages), level, bits);
        for (unsigned i = 0; error != 0 && i < count; i++)
            rmap_remove(&pages[i], aspace, base + i * PAGE_SIZE);
    }
    if (error == 0) {
        aspace->large_mappings++;
        atomic_fetch_add_explicit(&aspace->resident_anon, count, memory_order_relaxed);
    }
    spin_unlock(&aspace->table_lock);
    return error;
}

int large_install(struct aspace *aspace, const struct area *area, vaddr_t base, unsigned level)
{
    if (!large_is_untouched(aspace, base, level))
        return -EEXIST;
    struct page *pages = frame_alloc_run(leaf_order(level), FRAME_ZERO);
    if (pages == NULL)
        return -ENOMEM;
    unsigned named = large_name(aspace, base, pages, level);
    int error = -ENOMEM;
    if (named == leaf_frames(level))
        error = large_enter(aspace, base, pages, level, translation_bits(area->flags, (area->flags & AREA_WRITE) != 0));
    if (error != 0) {
        large_undo(aspace, base, pages, level, named);
        return error;
    }
    for (unsigned i = 0; i < leaf_frames(level); i++)
        page_put(&pages[i]);
    return 0;
}

bool large_fault(struct aspace *aspace, const struct area *area, vaddr_t address)
{
    vaddr_t base = round_down(address, LARGE_SIZE);
    if (!large_is_possible(aspace, area, base))
        return false;
    if (large_install(aspace, area, base, LEVEL_2M) != 0) {
        stat_count(STAT_THP_FAULT_FALLBACK);
        return false;
    }
    stat_count(STAT_THP_FAULT_ALLOC);
    return true;
}

/* Whether every page of the 2 MB has this address space as its only owner and is DIRTY. */
static bool large_is_own(const struct aspace *aspace, vaddr_t base)
{
    uint64_t first = base >> PAGE_SHIFT, last = first + leaf_frames(LEVEL_2M) - 1;
    for (uint64_t number = first; number <= last; number++) {
        const struct anon *anon = radix_find(&aspace->overlay, number);
        const struct page *page = anon != NULL ? atomic_load_explicit(&anon->page, memory_order_relaxed) : NULL;
        if (page == NULL || anon_is_shared(anon) || !page_has(page, PAGE_DIRTY))
            return false;
    }
    return true;
}

bool large_reuse_slow(struct aspace *aspace, const struct area *area, vaddr_t address)
{
    struct walk walk;
    bool done = false;
    vaddr_t base = round_down(address, LARGE_SIZE);
    spin_lock(&aspace->table_lock);
    bool large = pagetable_walk(&aspace->table, address, &walk) && walk.level == LEVEL_2M;
    spin_unlock(&aspace->table_lock);
    if (!large || base < area->start || area->end - base < LARGE_SIZE || !large_is_own(aspace, base))
        return false;
    /* A page that is being cleaned was split off first, while it was still DIRTY: if the leaf is still large, all of its pages are. */
    spin_lock(&aspace->table_lock);
    if (pagetable_walk(&aspace->table, address, &walk) && walk.level == LEVEL_2M) {
        pagetable_change(walk.entry, 0, PTE_RW | PTE_A | PTE_D);
        done = true;
    }
    spin_unlock(&aspace->table_lock);
    return done;
}

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
#include "mm/shm.h"
#include "mm/standby.h"
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

/* Where the pages under a leaf have their names: the private overlay, or that of a shared-memory object, whose shm_lock is held. */
struct large_place {
    struct radix *overlay;
    uint64_t first;
    unsigned level;
    unsigned flags; /* PAGE_SHM or none */
};

static struct large_place place_private(struct aspace *aspace, vaddr_t base, unsigned level)
{
    return (struct large_place){&aspace->overlay, base >> PAGE_SHIFT, level, 0};
}

/* Whether none of the leaf's pages exists yet. */
static bool large_is_untouched(const struct large_place *place)
{
    uint64_t first = place->first;
    return radix_next(place->overlay, &first, first + leaf_frames(place->level) - 1) == NULL;
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
    struct large_place place = place_private(aspace, base, LEVEL_2M);
    return large_fits(area, base) && large_is_affordable(area) && large_is_untouched(&place);
}

/* Takes the first `count` anons out of the overlay again and gives the run back. */
static void large_undo(const struct large_place *place, struct page *pages, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        anon_undo_create(radix_remove(place->overlay, place->first + i));
    frame_free_run(pages, leaf_order(place->level));
}

/* Gives each frame a name at its place in the overlay, BUSY. Returns how many were done: all, or up to the first without memory. */
static unsigned large_name(const struct large_place *place, struct page *pages)
{
    for (unsigned i = 0; i < leaf_frames(place->level); i++) {
        struct anon *anon = anon_create_with(&pages[i], FRAME_NOWAIT);
        if (anon == NULL)
            return i;
        if (place->flags == PAGE_SHM)
            page_set_shm(&pages[i]);
        if (radix_insert(place->overlay, place->first + i, anon) != 0) {
            anon_undo_create(anon);
            return i;
        }
    }
    return leaf_frames(place->level);
}

/* Sets the leaf, once the reverse map knows of it. 0 or -ENOMEM. */
static int leaf_set_locked(struct aspace *aspace, vaddr_t base, const struct page *pages, unsigned level, pte_t bits)
{
    int error = pagetable_map(&aspace->table, base, page_physical(pages), level, bits);
    if (error != 0)
        return error;
    aspace->large_mappings++;
    atomic_fetch_add_explicit(page_has(pages, PAGE_SHM) ? &aspace->resident_shm : &aspace->resident_anon,
                              leaf_frames(level), memory_order_relaxed);
    return 0;
}

/* Forgets that the first `count` pages are mapped from `base` on. */
static void leaf_forget(struct aspace *aspace, vaddr_t base, struct page *pages, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        rmap_remove(&pages[i], aspace, base + i * PAGE_SIZE);
}

int large_enter(struct aspace *aspace, vaddr_t base, struct page *pages, unsigned level, pte_t bits)
{
    unsigned count = leaf_frames(level);
    int error = -EEXIST;
    spin_lock(&aspace->table_lock);
    if (pagetable_is_empty(&aspace->table, base, level)) {
        for (unsigned i = 0; i < count; i++)
            rmap_add_first(&pages[i], aspace, base + i * PAGE_SIZE);
        error = leaf_set_locked(aspace, base, pages, level, bits);
        if (error != 0)
            leaf_forget(aspace, base, pages, count);
    }
    spin_unlock(&aspace->table_lock);
    return error;
}

/* Makes the pages of a leaf that has none, and enters it. 0, -ENOMEM, -EEXIST. */
static int install(struct aspace *aspace, const struct area *area, vaddr_t base, const struct large_place *place)
{
    unsigned count = leaf_frames(place->level), named;
    if (!large_is_untouched(place))
        return -EEXIST;
    struct page *pages = frame_alloc_run(leaf_order(place->level), FRAME_ZERO);
    if (pages == NULL)
        return -ENOMEM;
    int error = -ENOMEM;
    named = large_name(place, pages);
    if (named == count)
        error = large_enter(aspace, base, pages, place->level,
                            translation_bits(area->flags, (area->flags & AREA_WRITE) != 0));
    if (error != 0) {
        large_undo(place, pages, named);
        return error;
    }
    for (unsigned i = 0; i < count; i++)
        page_put(&pages[i]);
    return 0;
}

/* Where the names of the large page at `base` of an area are. */
static struct large_place place_of(struct aspace *aspace, const struct area *area, vaddr_t base, unsigned level)
{
    if (!area_is_shared(area))
        return place_private(aspace, base, level);
    return (struct large_place){&area->object->overlay, area_index(area, base), level, PAGE_SHM};
}

/* Gives the untouched private zero-fill or shared anonymous memory at `base` one leaf of `level`. 0, -ENOMEM, -EEXIST. */
static int large_install(struct aspace *aspace, const struct area *area, vaddr_t base, unsigned level)
{
    struct large_place place = place_of(aspace, area, base, level);
    struct object *object = area->object;
    if (!area_is_shared(area))
        return install(aspace, area, base, &place);
    mutex_lock(&object->shm_lock);
    int error = install(aspace, area, base, &place);
    if (error == 0)
        shm_pages_add(object, (int64_t)leaf_frames(level));
    mutex_unlock(&object->shm_lock);
    return error;
}

/* The level of the leaves of MAP_HUGETLB memory. */
static inline unsigned area_level(const struct area *area)
{
    return (area->flags & AREA_HUGETLB_1G) != 0 ? LEVEL_1G : LEVEL_2M;
}

/* A run may lack only frames that are on standby, or were freed last. */
static void runs_gather(void)
{
    struct page *page;
    while ((page = standby_take()) != NULL)
        frame_free(page);
    frames_drain();
}

int large_install_around(struct aspace *aspace, const struct area *area, vaddr_t address)
{
    vaddr_t base = round_down(address, area_page_size(area));
    int error = large_install(aspace, area, base, area_level(area));
    if (error == -ENOMEM) {
        runs_gather();
        error = large_install(aspace, area, base, area_level(area));
    }
    return error;
}

/* One page of a leaf that others may map, too: the reverse map learns of it, unless it is not what the leaf needs it to be. */
static bool join_page(struct page *page, const struct anon *anon, struct aspace *aspace, vaddr_t address, bool writable)
{
    spin_lock(&page->lock);
    bool fit = anon != NULL && page_has(page, PAGE_ANON) && page->anon == anon && page->state == PAGE_ACTIVE &&
               !page_has(page, PAGE_BUSY | PAGE_FAILED) &&
               (!writable || (page_has(page, PAGE_DIRTY) && (page_has(page, PAGE_SHM) || !anon_is_shared(anon)))) &&
               rmap_add_locked(page, aspace, address) == 0;
    spin_unlock(&page->lock);
    return fit;
}

/* Enters a leaf for the pages at `place`, if they are one run from `pages` on. */
static bool join_enter(struct aspace *aspace, vaddr_t base, struct page *pages, const struct large_place *place,
                       pte_t bits)
{
    unsigned count = leaf_frames(place->level), done = 0;
    spin_lock(&aspace->table_lock);
    bool fits = pagetable_is_empty(&aspace->table, base, place->level);
    while (fits && done < count) {
        const struct anon *anon = radix_find(place->overlay, place->first + done);
        fits = join_page(&pages[done], anon, aspace, base + done * PAGE_SIZE, (bits & PTE_RW) != 0);
        done += fits;
    }
    fits = fits && leaf_set_locked(aspace, base, pages, place->level, bits) == 0;
    if (!fits)
        leaf_forget(aspace, base, pages, done);
    spin_unlock(&aspace->table_lock);
    return fits;
}

/* The first page at `place`, if an aligned run may begin with it. */
static struct page *join_first(const struct large_place *place)
{
    const struct anon *anon = radix_find(place->overlay, place->first);
    struct page *page = anon != NULL ? atomic_load_explicit(&anon->page, memory_order_acquire) : NULL;
    return page != NULL && is_aligned(page_frame(page), leaf_frames(place->level)) ? page : NULL;
}

bool large_join_slow(struct aspace *aspace, const struct area *area, vaddr_t address, bool write)
{
    unsigned level = area_level(area);
    vaddr_t base = round_down(address, level_size(level));
    if (base < area->start || area->end - base < level_size(level))
        return false;
    struct large_place place = place_of(aspace, area, base, level);
    struct object *object = area_is_shared(area) ? area->object : NULL;
    if (object != NULL)
        mutex_lock(&object->shm_lock);
    struct page *pages = join_first(&place);
    bool done = pages != NULL &&
                (((area->flags & AREA_WRITE) != 0 &&
                  join_enter(aspace, base, pages, &place, translation_bits(area->flags, true))) ||
                 (!write && join_enter(aspace, base, pages, &place, translation_bits(area->flags, false))));
    if (object != NULL)
        mutex_unlock(&object->shm_lock);
    return done;
}

void large_join_all(struct aspace *aspace, const struct area *area)
{
    uint64_t size = area_page_size(area);
    for (vaddr_t base = area->start; size > PAGE_SIZE && base < area->end; base += size)
        (void)!large_join_slow(aspace, area, base, false);
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
static bool large_is_own(struct aspace *aspace, vaddr_t base)
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
    /*
     * A page that page-out cleans was split off first, while it was still DIRTY, and mm/lazyfree.h cleans pages under a whole leaf only with the mutex that
     * is held here: if the leaf is still large, all of its pages are DIRTY.
     */
    spin_lock(&aspace->table_lock);
    if (pagetable_walk(&aspace->table, address, &walk) && walk.level == LEVEL_2M) {
        pagetable_change(walk.entry, 0, PTE_RW | PTE_A | PTE_D);
        done = true;
    }
    spin_unlock(&aspace->table_lock);
    return done;
}

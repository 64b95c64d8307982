/*
 * Collapse of 4 KB pages to 2 MB mappings. See collapse.h.
 *
 *     check      all pages private, one owner, DIRTY (I3: the leaf is writable), not being cleaned or read
 *     prepare    a run of frames; anons for the pages that do not exist; BUSY on all      -- until here everything can be undone
 *     unmap      no translation is left, so nobody new can pin a page; one who has: undo, and the pages are mapped again by faults
 *     move       contents copied, each anon's page exchanged, the old frame freed
 *     enter      one leaf. Without memory for its split: the pages stay where they are, and are mapped by faults
 *
 * Locks: the address space's mutex throughout, so no fault and no fork sees the pages meanwhile. The pager needs BUSY, and finds it taken.
 */
#include "mm/collapse.h"

#include "kernel/abi/errno.h"
#include "kernel/fs/proc.h"
#include "kernel/panic.h"
#include "kernel/thread.h"
#include "kernel/time.h"
#include "mm/anon.h"
#include "mm/busy.h"
#include "mm/large.h"
#include "mm/pagecache.h"
#include "mm/stats.h"
#include "mm/translation.h"

enum { COUNT = LARGE_SIZE / PAGE_SIZE, PERIOD_MS = 10000, SCAN_LIMIT = 8, LEAST_PAGES = COUNT / 2 };
#define MILLISECOND (NS_PER_SECOND / 1000)

struct collapse {
    struct aspace *aspace;
    vaddr_t base;
    struct page *run; /* where the pages go */
    bool in_place;    /* they are there already */
};

static struct anon *anon_at(const struct collapse *collapse, unsigned i)
{
    return radix_find(&collapse->aspace->overlay, (collapse->base >> PAGE_SHIFT) + i);
}

static inline bool in_run(const struct collapse *collapse, const struct page *page)
{
    return page >= collapse->run && page < collapse->run + COUNT;
}

/* Whether the pages that exist may be moved; counts them, and notes if they are one run already. */
static bool pages_check(struct collapse *collapse, unsigned *count)
{
    *count = 0;
    collapse->in_place = true;
    for (unsigned i = 0; i < COUNT; i++) {
        const struct anon *anon = anon_at(collapse, i);
        struct page *page = anon != NULL ? atomic_load_explicit(&anon->page, memory_order_acquire) : NULL;
        if (anon != NULL && (page == NULL || anon_is_shared(anon) || !page_has(page, PAGE_DIRTY)))
            return false;
        *count += anon != NULL;
        if (i == 0)
            collapse->run = page;
        collapse->in_place &= page != NULL && page == collapse->run + i;
    }
    collapse->in_place &= collapse->run != NULL && is_aligned(page_frame(collapse->run), COUNT);
    return true;
}

/* Gives back what was prepared: BUSY, and the anons made for pages that did not exist, of the first `count` pages. */
static void prepare_undo(struct collapse *collapse, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct anon *anon = anon_at(collapse, i);
        struct page *page = atomic_load_explicit(&anon->page, memory_order_relaxed);
        if (collapse->in_place || !in_run(collapse, page))
            page_put(page);
        else
            anon_undo_create(radix_remove(&collapse->aspace->overlay, (collapse->base >> PAGE_SHIFT) + i));
    }
    if (!collapse->in_place)
        frame_free_run(collapse->run, TABLE_BITS);
}

/* Makes the page that does not exist, of zeros in its place of the run. 0 or -ENOMEM. */
static int hole_fill(struct collapse *collapse, unsigned i)
{
    struct anon *anon = anon_create_with(&collapse->run[i], FRAME_NOWAIT);
    if (anon == NULL)
        return -ENOMEM;
    page_zero(&collapse->run[i]);
    if (radix_insert(&collapse->aspace->overlay, (collapse->base >> PAGE_SHIFT) + i, anon) == 0)
        return 0;
    anon_undo_create(anon);
    return -ENOMEM;
}

/* Takes BUSY on an existing page, which must be `wanted` unless that is null: it may have been on swap meanwhile. 0 or -EAGAIN. */
static int page_claim(const struct anon *anon, const struct page *wanted)
{
    struct page *page = atomic_load_explicit(&anon->page, memory_order_acquire);
    if (page == NULL || (wanted != NULL && page != wanted))
        return -EAGAIN;
    spin_lock(&page->lock);
    bool claimed = page->anon == anon && page_has(page, PAGE_DIRTY) && page_busy_locked(page);
    spin_unlock(&page->lock);
    return claimed ? 0 : -EAGAIN;
}

/* All 512 pages exist and are BUSY, or nothing has changed: -ENOMEM, -EAGAIN. */
static int prepare(struct collapse *collapse)
{
    if (!collapse->in_place)
        collapse->run = frame_alloc_run(TABLE_BITS, 0);
    if (collapse->run == NULL)
        return -ENOMEM;
    for (unsigned i = 0; i < COUNT; i++) {
        const struct anon *anon = anon_at(collapse, i);
        const struct page *wanted = collapse->in_place ? &collapse->run[i] : NULL;
        int error = anon == NULL ? hole_fill(collapse, i) : page_claim(anon, wanted);
        if (error != 0) {
            prepare_undo(collapse, i);
            return error;
        }
    }
    return 0;
}

/* No translation leads to the pages any more: whether a system call still uses one. */
static bool pages_are_pinned(const struct collapse *collapse)
{
    bool pinned = false;
    for (unsigned i = 0; i < COUNT; i++)
        pinned |= atomic_load(&anon_at(collapse, i)->page->pins) != 0;
    return pinned;
}

static void pages_move(const struct collapse *collapse)
{
    for (unsigned i = 0; i < COUNT; i++) {
        struct anon *anon = anon_at(collapse, i);
        struct page *page = atomic_load_explicit(&anon->page, memory_order_relaxed);
        if (in_run(collapse, page))
            continue;
        page_copy(&collapse->run[i], page);
        anon_replace_page(anon, &collapse->run[i]);
    }
}

static bool is_large(struct aspace *aspace, vaddr_t base)
{
    struct walk walk;
    spin_lock(&aspace->table_lock);
    bool large = aspace->large_mappings > 0 && pagetable_walk(&aspace->table, base, &walk) && walk.level > LEVEL_4K;
    spin_unlock(&aspace->table_lock);
    return large;
}

int collapse_locked(struct aspace *aspace, const struct area *area, vaddr_t base, unsigned least)
{
    struct collapse collapse = {.aspace = aspace, .base = base};
    unsigned count;
    if (!large_fits(area, base))
        return -EINVAL;
    if (is_large(aspace, base))
        return 0;
    if (!pages_check(&collapse, &count) || count < least)
        return -EINVAL;
    int error = prepare(&collapse);
    if (error != 0)
        return error;
    translation_remove_range(aspace, base, base + LARGE_SIZE);
    if (pages_are_pinned(&collapse)) {
        prepare_undo(&collapse, COUNT);
        return -EAGAIN;
    }
    pages_move(&collapse);
    pte_t bits = translation_bits(area->flags, (area->flags & AREA_WRITE) != 0);
    error = large_enter(aspace, base, collapse.run, LEVEL_2M, bits);
    for (unsigned i = 0; i < COUNT; i++)
        page_put(&collapse.run[i]);
    if (error == 0)
        stat_count(STAT_THP_COLLAPSE);
    return error;
}

int collapse_range(struct aspace *aspace, vaddr_t start, vaddr_t end)
{
    int error = 0;
    for (vaddr_t base = round_up(start, LARGE_SIZE); base < end && end - base >= LARGE_SIZE; base += LARGE_SIZE) {
        mutex_lock(&aspace->lock);
        const struct area *area = area_tree_find(&aspace->areas, base);
        int result = -ENOMEM;
        if (area != NULL) /* pages of MAP_HUGETLB are large, and not by collapse */
            result = area_page_size(area) > PAGE_SIZE ? -EINVAL : collapse_locked(aspace, area, base, 0);
        mutex_unlock(&aspace->lock);
        if (result != 0)
            error = result;
    }
    return error;
}

/* Tries the next 2 MB at or after *base that lie in one area; moves *base behind them. -ENOENT at the end. */
static int collapse_next(struct aspace *aspace, vaddr_t *base)
{
    int error = -ENOENT;
    mutex_lock(&aspace->lock);
    const struct area *area = area_tree_find_from(&aspace->areas, *base);
    if (area != NULL) {
        vaddr_t first = round_up(max_u64(area->start, *base), LARGE_SIZE);
        bool fits = large_fits(area, first) && large_is_affordable(area);
        error = fits ? collapse_locked(aspace, area, first, (area->flags & AREA_HUGE) != 0 ? 1 : LEAST_PAGES) : -EINVAL;
        *base = fits ? first + LARGE_SIZE : area->end;
    }
    mutex_unlock(&aspace->lock);
    return error;
}

unsigned collapse_scan(unsigned limit)
{
    uint64_t before = stat_get(STAT_THP_COLLAPSE), done = 0;
    for (struct aspace *aspace = aspace_next(NULL); aspace != NULL; aspace = aspace_next(aspace)) {
        vaddr_t base = 0;
        while (done < limit && collapse_next(aspace, &base) != -ENOENT)
            done = stat_get(STAT_THP_COLLAPSE) - before;
    }
    return (unsigned)done;
}

static _Atomic uint64_t period_ms = PERIOD_MS; /* one word, read by the daemon */

static void collapse_daemon(void *argument)
{
    (void)argument;
    for (;;) {
        uint64_t period = atomic_load(&period_ms);
        (void)thread_sleep_until(time_now() + (period != 0 ? period : PERIOD_MS) * MILLISECOND, false);
        if (atomic_load(&period_ms) != 0)
            collapse_scan(SCAN_LIMIT);
    }
}

static uint64_t period_get(unsigned which)
{
    (void)which;
    return atomic_load(&period_ms);
}

static int period_set(unsigned which, uint64_t milliseconds)
{
    (void)which;
    atomic_store(&period_ms, milliseconds);
    return 0;
}

void collapse_rest(void)
{
    atomic_store(&period_ms, 0);
}

void collapse_start(void)
{
    static const struct proc_number period = {"sys/vm/collapse_ms", period_get, period_set, 0, 0, UINT32_MAX};
    proc_register_number(&period);
    if (thread_create_kernel("collapse", collapse_daemon, NULL) == NULL)
        panic("no memory for the thread that collapses pages");
}

/*
 * Anons: making, finding and dropping private anonymous pages. The picture is in anon.h.
 */
#include "mm/anon.h"

#include "kernel/abi/errno.h"
#include "kernel/panic.h"
#include "mm/lazyfree.h"
#include "mm/pagecache.h"
#include "mm/radix.h"
#include "mm/slab.h"
#include "mm/standby.h"
#include "mm/stats.h"
#include "mm/swap.h"
#include "mm/swap_io.h"
#include "mm/swapin.h"

static struct slab_cache anon_cache;

void anon_init(void)
{
    slab_cache_init(&anon_cache, "anon", sizeof(struct anon));
    swap_init();
    swap_io_init();
}

uint64_t anons_count(void)
{
    return slab_objects_used(&anon_cache);
}

struct anon *anon_create_with(struct page *page, unsigned flags)
{
    struct anon *anon = slab_alloc(&anon_cache, flags & FRAME_NOWAIT);
    if (anon == NULL)
        return NULL;
    atomic_store_explicit(&anon->references, 1, memory_order_relaxed);
    anon->block = 0;
    atomic_store_explicit(&anon->page, page, memory_order_relaxed);
    page->anon = anon;
    atomic_store_explicit(&page->flags, PAGE_BUSY | PAGE_DIRTY | PAGE_ANON, memory_order_relaxed);
    page_set_active(page); /* last: from here on others may look at the page, and find it BUSY */
    return anon;
}

void anon_undo_create(struct anon *anon)
{
    struct page *page = atomic_load_explicit(&anon->page, memory_order_relaxed);
    page_unname(page);
    slab_free(&anon_cache, anon);
}

void anon_replace_page(struct anon *anon, struct page *page)
{
    struct page *old = atomic_load_explicit(&anon->page, memory_order_relaxed);
    assert(page_has(old, PAGE_DIRTY) && anon->block == 0); /* S2: so nobody looks for the page on swap meanwhile */
    page_disown(old);
    page->anon = anon;
    atomic_store_explicit(&page->flags, PAGE_BUSY | PAGE_DIRTY | PAGE_ANON, memory_order_relaxed);
    page_set_active(page);
    atomic_store_explicit(&anon->page, page, memory_order_release);
    frame_free(old);
}

struct anon *anon_create(unsigned flags)
{
    struct page *page = frame_alloc(flags);
    if (page == NULL)
        return NULL;
    struct anon *anon = anon_create_with(page, flags);
    if (anon == NULL)
        frame_free(page);
    return anon;
}

bool anon_install(struct anon *anon, struct page *page, unsigned flags)
{
    struct page *none = NULL;
    /* BUSY first: who knows the frame by an earlier life as this anon's page, and locks it now, must not take it for valid. */
    atomic_store_explicit(&page->flags, (uint16_t)(PAGE_BUSY | PAGE_ANON | PAGE_IO | flags), memory_order_relaxed);
    __atomic_store_n(&page->anon, anon, __ATOMIC_RELEASE);
    page_set_active(page);
    return atomic_compare_exchange_strong(&anon->page, &none, page);
}

/* Takes BUSY on the anon's page; its name cannot change while the caller holds a reference to the anon, except that it may be evicted. */
static bool anon_page_claim(const struct anon *anon, struct page *page)
{
    spin_lock(&page->lock);
    bool taken = page->anon == anon && page_claim_locked(page);
    spin_unlock(&page->lock);
    return taken;
}

/* A BUSY page whose contents never came from swap. */
static void page_drop_failed(struct page *page)
{
    page_disown(page);
    frame_free(page);
}

/* Brings the page in, or finds that somebody else does. A read together with neighbours that has failed is tried again `alone`. */
static int anon_bring_in(struct anon *anon, bool alone, bool *major)
{
    bool started = false;
    int error = swap_in(anon, alone, &started);
    if (started && major != NULL)
        *major = true;
    return error;
}

int anon_page_get(struct anon *anon, struct page **result, bool *major)
{
    for (bool alone = false;;) {
        struct page *page = atomic_load_explicit(&anon->page, memory_order_acquire);
        if (__builtin_expect(page == NULL, 0)) {
            int error = anon_bring_in(anon, alone, major);
            if (error != 0)
                return error;
        } else if (!anon_page_claim(anon, page)) {
            page_busy_sleep(page, anon);
        } else if (__builtin_expect(page_has(page, PAGE_FAILED), 0)) {
            page_drop_failed(page);
            if (alone)
                return -EIO;
            alone = true;
        } else {
            page_mark_referenced(page);
            if (__builtin_expect(page_has(page, PAGE_AHEAD), 0)) {
                stat_count(STAT_SWAP_AHEAD_USED);
                stat_add(STAT_SWAP_STREAM_USED, page_has(page, PAGE_STREAM));
                page_clear(page, PAGE_AHEAD | PAGE_STREAM);
            }
            *result = page;
            return 0;
        }
    }
}

struct page *anon_page_get_pinned(struct anon *anon)
{
    for (;;) {
        struct page *page = atomic_load_explicit(&anon->page, memory_order_acquire);
        if (page == NULL || atomic_load(&page->pins) == 0)
            return NULL;
        spin_lock(&page->lock);
        bool pinned = page->anon == anon && atomic_load(&page->pins) != 0;
        bool claimed = pinned && page_claim_locked(page);
        spin_unlock(&page->lock);
        if (claimed)
            return page;
        if (!pinned)
            return NULL;
        page_busy_sleep(page, anon);
    }
}

void anon_put(struct anon *anon)
{
    if (atomic_fetch_sub_explicit(&anon->references, 1, memory_order_acq_rel) != 1)
        return;
    bool discarded = false, given_up;
    do {
        struct page *page;
        while ((page = atomic_load_explicit(&anon->page, memory_order_acquire)) != NULL) {
            if (page_discard_if_idle(page, anon))
                discarded = true;
            else
                page_busy_sleep(page, anon);
        }
        given_up = !discarded && anon->block == 0; /* its frame may have been taken just now */
        /* swapoff may have brought the page in since, and taken the block away */
    } while (given_up || anon->block != 0 ? !swap_release_last(anon) : !anon_is_absent(anon));
    if (__builtin_expect(given_up, 0))
        lazyfree_note_end();
    slab_free(&anon_cache, anon);
}

struct overlay_absent overlay_count_absent(struct radix *overlay, uint64_t first, uint64_t last)
{
    struct overlay_absent result = {0};
    const struct anon *anon;
    if (swap_used() == 0)
        return result;
    for (; first <= last && (anon = radix_next(overlay, &first, last)) != NULL; first++) {
        if (!anon_is_absent(anon) || anon_is_given_up(anon))
            continue;
        result.pages++;
        result.proportional += PAGE_SIZE / atomic_load_explicit(&anon->references, memory_order_relaxed);
    }
    return result;
}

int overlay_insert(struct radix *overlay, uint64_t index, struct anon *anon)
{
    struct radix_reserve reserve = {0};
    int error = radix_insert(overlay, index, anon);
    if (__builtin_expect(error != -ENOMEM, 1))
        return error;
    if (radix_reserve_fill(&reserve) != 0)
        return -ENOMEM;
    radix_insert_reserved(overlay, index, anon, &reserve);
    radix_reserve_release(&reserve);
    return 0;
}

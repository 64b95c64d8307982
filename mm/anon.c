/*
 * Anons: making, finding and dropping private anonymous pages. The picture is in anon.h.
 */
#include "mm/anon.h"

#include "kernel/abi/errno.h"
#include "kernel/panic.h"
#include "mm/busy.h"
#include "mm/pagecache.h"
#include "mm/radix.h"
#include "mm/slab.h"

static struct slab_cache anon_cache;

void anon_init(void)
{
    slab_cache_init(&anon_cache, "anon", sizeof(struct anon));
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
    page->state = PAGE_ACTIVE; /* last: from here on others may look at the page, and find it BUSY */
    return anon;
}

void anon_undo_create(struct anon *anon)
{
    struct page *page = atomic_load_explicit(&anon->page, memory_order_relaxed);
    assert(page_has(page, PAGE_BUSY) && page->rmap == 0);
    page->state = PAGE_DETACHED;
    page->owner = NULL;
    atomic_store_explicit(&page->flags, 0, memory_order_relaxed);
    slab_free(&anon_cache, anon);
}

void anon_replace_page(struct anon *anon, struct page *page)
{
    struct page *old = atomic_load_explicit(&anon->page, memory_order_relaxed);
    assert(page_has(old, PAGE_BUSY) && page_has(old, PAGE_DIRTY));
    page->anon = anon;
    atomic_store_explicit(&page->flags, PAGE_BUSY | PAGE_DIRTY | PAGE_ANON, memory_order_relaxed);
    page->state = PAGE_ACTIVE;
    atomic_store_explicit(&anon->page, page, memory_order_release);
    page_discard(old);
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

/* Takes BUSY on the anon's page; its name cannot change while the caller holds a reference to the anon, except that it may be evicted. */
static bool anon_page_claim(const struct anon *anon, struct page *page)
{
    spin_lock(&page->lock);
    bool taken = page->anon == anon && page_busy_locked(page);
    spin_unlock(&page->lock);
    return taken;
}

int anon_page_get(struct anon *anon, struct page **result, bool *major)
{
    (void)major;
    for (;;) {
        struct page *page = atomic_load_explicit(&anon->page, memory_order_acquire);
        assert(page != NULL); /* without swap an anon keeps its page */
        if (anon_page_claim(anon, page)) {
            page_mark_referenced(page);
            *result = page;
            return 0;
        }
        page_busy_sleep(page, anon);
    }
}

void anon_put(struct anon *anon)
{
    if (atomic_fetch_sub_explicit(&anon->references, 1, memory_order_acq_rel) != 1)
        return;
    struct page *page = atomic_load_explicit(&anon->page, memory_order_relaxed);
    while (!page_discard_if_idle(page, anon))
        page_busy_sleep(page, anon);
    slab_free(&anon_cache, anon);
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

/*
 * The whole-machine check: every frame, every address space, and the sums. The invariants are listed in check.h.
 */
#include "mm/check.h"

#include "kernel/panic.h"
#include "kernel/thread.h"
#include "kernel/time.h"
#include "mm/anon.h"
#include "mm/busy.h"
#include "mm/object.h"
#include "mm/pagecache.h"
#include "mm/rmap.h"
#include "mm/shm.h"

enum { ATTEMPTS = 5 };
#define PAUSE (20 * NS_PER_SECOND / 1000)

void violation_note(struct violation *violation, const char *what, uint64_t where, uint64_t expected, uint64_t found)
{
    if (violation->what == NULL)
        *violation = (struct violation){what, where, expected, found};
}

/* A page that nobody is busy with: its name is right both ways (I1). */
static void check_name(struct page *page, struct check_sums *sums, struct violation *violation)
{
    if (page_has(page, PAGE_ANON)) {
        struct anon *anon = page->anon;
        if (atomic_load(&anon->page) != page)
            violation_note(violation, "I1: an anon does not know its page", page_frame(page), (uint64_t)page,
                           (uint64_t)anon->page);
        sums->anon_references += atomic_load(&anon->references);
        sums->anon_pages++;
        return;
    }
    struct object *object = page->object;
    spin_lock(&object->lock);
    const struct page *found = radix_find(&object->pages, page->index);
    spin_unlock(&object->lock);
    if (found != page)
        violation_note(violation, "I1: an object does not find its page", page_frame(page), (uint64_t)page,
                       (uint64_t)found);
}

/* BUSY is taken, so that the name stays, if the page has one and is free. */
static bool check_claim(struct page *page)
{
    spin_lock(&page->lock);
    bool claimed = page->state == PAGE_ACTIVE && page_busy_locked(page);
    spin_unlock(&page->lock);
    return claimed;
}

/* What a frame without a name must not have (I4). */
static void check_free(struct page *page, struct violation *violation)
{
    const unsigned named = PAGE_BUSY | PAGE_WANTED | PAGE_DIRTY | PAGE_ANON | PAGE_IO;
    spin_lock(&page->lock);
    if (page->state == PAGE_FREE) {
        if (page->rmap != 0 || page_has(page, named))
            violation_note(violation, "I4: a free frame is in use", page_frame(page), page->rmap, page->flags);
        if (atomic_load(&page->pins) != 0)
            violation_note(violation, "I4: a free frame is pinned", page_frame(page), 0, page->pins);
    }
    spin_unlock(&page->lock);
}

static void check_frames(struct check_sums *sums, struct violation *violation)
{
    for (pfn_t frame = 0; frame < frame_limit; frame++) {
        struct page *page = page_of_frame(frame);
        if (page->state == PAGE_FREE)
            check_free(page, violation);
        if (page->state != PAGE_ACTIVE)
            continue;
        if (!check_claim(page)) {
            violation_note(violation, "I7: a page stays BUSY", frame, 0, page->flags);
            continue;
        }
        check_name(page, sums, violation);
        page_put(page);
    }
}

static void check_sums(const struct check_sums *sums, struct violation *violation)
{
    uint64_t held = sums->overlay_entries + shm_pages();
    if (held != sums->anon_references)
        violation_note(violation, "I8: references of anons and overlays differ", 0, held, sums->anon_references);
    if (anons_count() != sums->anon_pages)
        violation_note(violation, "I8: anons without a page, or lost", 0, anons_count(), sums->anon_pages);
}

bool vm_check_once(struct violation *violation)
{
    struct check_sums sums = {0};
    *violation = (struct violation){0};
    check_frames(&sums, violation);
    for (struct aspace *aspace = aspace_next(NULL); aspace != NULL; aspace = aspace_next(aspace))
        check_aspace(aspace, &sums, violation);
    check_sums(&sums, violation);
    return violation->what == NULL;
}

void vm_check(void)
{
    struct violation violation;
    for (unsigned attempt = 0; attempt < ATTEMPTS; attempt++) {
        if (vm_check_once(&violation))
            return;
        (void)thread_sleep_until(time_now() + PAUSE, false);
    }
    panic("vm_check: %s (at %#lx, expected %#lx, found %#lx)", violation.what, violation.where, violation.expected,
          violation.found);
}

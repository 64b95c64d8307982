/*
 * The whole-machine check: every frame, every address space, and the sums. The invariants are listed in check.h.
 */
#include "mm/check.h"

#include "kernel/panic.h"
#include "kernel/thread.h"
#include "kernel/time.h"
#include "mm/anon.h"
#include "mm/busy.h"
#include "mm/census.h"
#include "mm/commit.h"
#include "mm/lazyfree.h"
#include "mm/map.h"
#include "mm/object.h"
#include "mm/pagecache.h"
#include "mm/rmap.h"
#include "mm/shm.h"
#include "mm/slab.h"
#include "mm/standby.h"
#include "mm/stats.h"
#include "mm/swap.h"

/* A violation that is found so often in a row is one; what comes and goes is looked at no longer than the maximum. */
enum { ATTEMPTS = 5, ATTEMPTS_MAX = 50 };
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

/* What a page on standby must not be (I5), and what an anonymous page's contents rest on (S2). */
static void check_clean(const struct page *page, struct check_sums *sums, struct violation *violation)
{
    if (page->state == PAGE_STANDBY) {
        sums->standby_pages++;
        if (page_has(page, PAGE_DIRTY) || !rmap_is_empty(page) || atomic_load(&page->pins) != 0)
            violation_note(violation, "I5: a standby page is in use", page_frame(page), page->rmap, page->flags);
    }
    if (page_has(page, PAGE_ANON) && page_has(page, PAGE_DIRTY | PAGE_GIVEN_UP) != (page->anon->block == 0))
        violation_note(violation, "S2: a modified page has a block, or a clean one none", page_frame(page),
                       page->anon->block, page->flags);
}

/* BUSY is taken, so that the name stays, if the page has one and is free. */
static bool check_claim(struct page *page)
{
    spin_lock(&page->lock);
    bool claimed = (page->state == PAGE_ACTIVE || page->state == PAGE_STANDBY) && page_busy_locked(page);
    spin_unlock(&page->lock);
    return claimed;
}

/* Flags of a page that has a name. */
enum { NAMED = PAGE_BUSY | PAGE_WANTED | PAGE_DIRTY | PAGE_ANON | PAGE_IO };

/* A frame without a name that seems to have what it must not have (I4). */
static void check_free_locked(const struct page *page, struct violation *violation)
{
    if (page->state != PAGE_FREE)
        return;
    if (page->rmap != 0 || page_has(page, NAMED))
        violation_note(violation, "I4: a free frame is in use", page_frame(page), page->rmap, page->flags);
    if (atomic_load(&page->pins) != 0)
        violation_note(violation, "I4: a free frame is pinned", page_frame(page), 0, page->pins);
}

/* Most frames are FREE and as they should be: then a look without the lock is enough. */
static inline void check_free(struct page *page, struct violation *violation)
{
    if (__builtin_expect(page->rmap == 0 && !page_has(page, NAMED) &&
                             atomic_load_explicit(&page->pins, memory_order_relaxed) == 0,
                         1))
        return;
    spin_lock(&page->lock);
    check_free_locked(page, violation);
    spin_unlock(&page->lock);
}

static void check_named(struct page *page, struct check_sums *sums, struct violation *violation)
{
    if (!check_claim(page)) {
        if (page_has(page, PAGE_IO)) /* a device may take its time */
            sums->transfers++;
        else
            violation_note(violation, "I7: a page stays BUSY", page_frame(page), 0, page->flags);
        return;
    }
    check_name(page, sums, violation);
    check_clean(page, sums, violation);
    page_put(page);
}

static void check_frames(struct check_sums *sums, struct violation *violation)
{
    for (pfn_t frame = 0; frame < frame_limit; frame++) {
        struct page *page = page_of_frame(frame);
        switch ((enum page_state)page->state) {
        case PAGE_FREE:
            sums->free++;
            check_free(page, violation);
            break;
        case PAGE_WIRED:
            sums->wired++;
            break;
        case PAGE_DETACHED:
            sums->detached += !page_has(page, PAGE_ORPHAN);
            break;
        case PAGE_ACTIVE:
        case PAGE_STANDBY:
            check_named(page, sums, violation);
            break;
        case PAGE_ABSENT:
            break;
        }
    }
}

/* Frames that are WIRED and of no registered owner: start-up's, and constant since. */
static uint64_t unowned_frames;

/* References and places of anonymous pages, in memory and on swap. */
static void check_swap(const struct check_sums *sums, struct violation *violation)
{
    struct swap_holders holders;
    swap_count_holders(&holders);
    uint64_t held = sums->overlay_entries + shm_pages(),
             known = sums->anon_references + holders.references + sums->given_up_entries;
    if (held != known && sums->transfers == 0)
        violation_note(violation, "I8: references of anons and overlays differ", 0, held, known);
    uint64_t anons = sums->anon_pages + holders.absent + lazyfree_anons();
    if (anons_count() != anons && sums->transfers == 0)
        violation_note(violation, "I8: anons without a page or a block, or lost", 0, anons_count(), anons);
    if (holders.wrong != 0)
        violation_note(violation, "S1: a block's owner does not know of it", 0, 0, holders.wrong);
    if (holders.anons != swap_used())
        violation_note(violation, "I8: blocks in use miscounted", 0, holders.anons, swap_used());
    if (sums->standby_pages != standby_pages())
        violation_note(violation, "I5: standby pages miscounted", 0, standby_pages(), sums->standby_pages);
}

static void check_sums(const struct check_sums *sums, struct violation *violation)
{
    uint64_t unowned = sums->wired - census_count(), promised = commit_of_areas();
    check_swap(sums, violation);
    if (areas_count() != sums->areas)
        violation_note(violation, "I10: areas without an address space", 0, sums->areas, areas_count());
    if (promised != sums->committed && commit_changes() == sums->promise_changes)
        violation_note(violation, "I11: promises to nobody", 0, sums->committed, promised);
    if (frames_free() != sums->free)
        violation_note(violation, "I10: free frames miscounted", 0, frames_free(), sums->free);
    if (sums->detached != 0)
        violation_note(violation, "I10: frames of nobody", 0, 0, sums->detached);
    if (unowned != unowned_frames)
        violation_note(violation, "I10: wired frames are lost", 0, unowned_frames, unowned);
}

/* What changes whenever somebody allocates or frees, or pages go or come: while it does, sums over the machine mean nothing. */
struct activity {
    uint64_t allocations, objects, frames, paged;
};

static void activity_add(struct slab_cache *cache, void *context)
{
    struct activity *activity = context;
    activity->allocations += slab_allocations(cache);
    activity->objects += slab_objects_used(cache);
}

static struct activity activity_now(void)
{
    struct activity activity = {.frames = frames_free(),
                                .paged = stat_get(STAT_STANDBY_REUSED) + stat_get(STAT_PSWPIN)};
    slab_caches_for_each(activity_add, &activity);
    return activity;
}

static bool activity_is(const struct activity *before)
{
    struct activity now = activity_now();
    return now.allocations == before->allocations && now.objects == before->objects && now.frames == before->frames &&
           now.paged == before->paged;
}

bool vm_check_once(struct violation *violation)
{
    struct check_sums sums = {.promise_changes = commit_changes()};
    struct violation of_sums = {0};
    struct activity before = activity_now();
    *violation = (struct violation){0};
    check_frames(&sums, violation);
    for (struct aspace *aspace = aspace_next(NULL); aspace != NULL; aspace = aspace_next(aspace))
        check_aspace(aspace, &sums, violation);
    check_sums(&sums, &of_sums);
    if (of_sums.what != NULL && activity_is(&before))
        violation_note(violation, of_sums.what, of_sums.where, of_sums.expected, of_sums.found);
    return violation->what == NULL;
}

/* Longer each time the same is found: a processor of a virtual machine, or a disk, may stand still for tenths of a second. */
static void check_pause(unsigned times)
{
    (void)thread_sleep_until(time_now() + (PAUSE << times), false);
}

void vm_check(void)
{
    struct violation last = {0}, violation;
    unsigned times = 0;
    for (unsigned attempt = 0; attempt < ATTEMPTS_MAX && times < ATTEMPTS; attempt++) {
        if (attempt > 0)
            check_pause(times);
        if (vm_check_once(&violation))
            return;
        times = violation.what == last.what && violation.where == last.where ? times + 1 : 1;
        last = violation;
    }
    if (times >= ATTEMPTS)
        panic("vm_check: %s (at %#lx, expected %#lx, found %#lx)", last.what, last.where, last.expected, last.found);
}

void vm_check_start(void)
{
    uint64_t before;
    do {
        before = unowned_frames;
        check_pause(0);
        unowned_frames = frames_in_state(PAGE_WIRED) - census_count();
    } while (unowned_frames != before);
}

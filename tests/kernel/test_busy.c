/*
 * BUSY: sleeping for it, and what ends the sleep.
 */
#include "kernel/ktest.h"
#include "kernel/thread.h"
#include "kernel/time.h"
#include "mm/anon.h"
#include "mm/busy.h"
#include "mm/pagecache.h"
#include "tests/kernel/crew.h"

struct sleeper {
    struct anon *anon;
    struct page *page;
    _Atomic bool awake;
};

/* The name goes while somebody sleeps. Where that wakes nobody, a second end of BUSY does, after a minute: the test fails and does not hang. */
static void sleep_or_unname(unsigned number, void *context)
{
    struct sleeper *sleeper = context;
    if (number == 0) {
        page_busy_sleep(sleeper->page, sleeper->anon);
        atomic_store(&sleeper->awake, true);
        return;
    }
    while (!page_has(sleeper->page, PAGE_WANTED))
        thread_yield();
    anon_undo_create(sleeper->anon);
    uint64_t patience = time_now() + 60 * NS_PER_SECOND;
    while (!atomic_load(&sleeper->awake) && time_now() < patience)
        thread_yield();
    KTEST_EXPECT(atomic_load(&sleeper->awake));
    if (!atomic_load(&sleeper->awake)) {
        page_set(sleeper->page, PAGE_BUSY | PAGE_WANTED);
        page_put(sleeper->page);
    }
}

/* Who knows the page by an earlier life under the same name may sleep on it while it is given that name in vain: test for page_unname(). */
KTEST(busy, a_name_taken_back_wakes_who_sleeps_on_the_page)
{
    struct sleeper sleeper = {.anon = anon_create(0)};
    KTEST_EXPECT(sleeper.anon != NULL);
    sleeper.page = atomic_load(&sleeper.anon->page);
    crew_run(2, sleep_or_unname, &sleeper);
    KTEST_EXPECT(sleeper.page->state == PAGE_DETACHED && sleeper.page->owner == NULL);
    KTEST_EXPECT(atomic_load(&sleeper.page->flags) == 0);
    frame_free(sleeper.page);
}

KTEST(busy, an_idle_page_is_pinned_in_one_step)
{
    struct anon *anon = anon_create(0);
    KTEST_EXPECT(anon != NULL);
    struct page *page = atomic_load(&anon->page);
    KTEST_EXPECT(!page_pin_idle(page, PAGE_BUSY));
    page_put(page);
    KTEST_EXPECT(!page_pin_idle(page, PAGE_BUSY | PAGE_DIRTY));
    KTEST_EXPECT(page_pin_idle(page, PAGE_BUSY) && page_pin_idle(page, PAGE_BUSY) && page->pins == 2);
    anon_put(anon);
    KTEST_EXPECT(page->state == PAGE_DETACHED && !page_pin_idle(page, PAGE_BUSY));
    page_unpin(page);
    KTEST_EXPECT(page->state == PAGE_DETACHED && page->pins == 1);
    page_unpin(page);
    KTEST_EXPECT(page->state == PAGE_FREE);
}

enum { LIVES = 3000 };

struct lives {
    struct page *_Atomic newest;
    _Atomic bool over;
};

/* One thread gives pages names and takes them away; the others pin what they have seen of that, whatever it is by now, as a reader of shared memory may. */
static void live_or_pin(unsigned number, void *context)
{
    struct lives *lives = context;
    for (unsigned i = 0; number == 0 && i < LIVES; i++) {
        struct anon *anon = anon_create(0);
        if (anon == NULL)
            break;
        struct page *page = atomic_load(&anon->page);
        atomic_store(&lives->newest, page);
        page_put(page);
        anon_put(anon);
    }
    if (number == 0)
        atomic_store(&lives->over, true);
    while (!atomic_load(&lives->over)) {
        struct page *page = atomic_load(&lives->newest);
        if (page != NULL && page_pin_idle(page, PAGE_BUSY))
            page_unpin(page);
        thread_yield();
    }
}

KTEST(busy, a_pin_of_a_page_that_goes_meanwhile_does_no_harm)
{
    struct lives lives = {.newest = NULL};
    crew_run(4, live_or_pin, &lives);
    struct page *page = atomic_load(&lives.newest);
    KTEST_EXPECT(page != NULL && page->pins == 0);
}

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

/*
 * The daemon's own threads without memory: memory is made short, as in test_pageout.c, while one of their allocations fails, each once. And the memory that
 * the adaptive clock wants when it is chosen.
 */
#include "kernel/abi/errno.h"
#include "kernel/ktest.h"
#include "kernel/thread.h"
#include "kernel/time.h"
#include "mm/anon.h"
#include "mm/busy.h"
#include "mm/frame.h"
#include "mm/hands.h"
#include "mm/inject.h"
#include "mm/pagecache.h"
#include "mm/pageout.h"
#include "tests/kernel/failing.h"
#include "tests/kernel/spaces.h"
#include "tests/kernel/swap_area.h"

enum { PAGES = 64, FIRST = 100, MISSING_SHARE = 16, TAKEN_TO_NOTICE = 64, SCAN_LAPS = 1000, FRAMES_MOST = 1 << 17 };
#define POLL_NS (NS_PER_SECOND / 1000)

static struct aspace *space;

static void space_make(void)
{
    space = space_filled(PAGES, FIRST);
}

static void space_still_is(void)
{
    space_verify(space, PAGES, FIRST);
}

static void space_end(void)
{
    aspace_put(space);
}

/* Whether every page has been taken from the program: it is on standby, or only on swap. */
static bool all_gone(void)
{
    for (uint64_t i = 0; i < PAGES; i++) {
        const struct page *page = atomic_load(&space_anon(space, i)->page);
        if (page != NULL && page->state == PAGE_ACTIVE)
            return false;
    }
    return true;
}

/* Takes frames, linked by their struct page, until no more than so many are free. */
static void frames_take(struct list *taken, uint64_t until)
{
    struct page *page;
    while (pageout_free() > until && (page = frame_alloc(FRAME_NOWAIT)) != NULL)
        list_push_back(taken, &page->link);
}

static void frames_give(struct list *taken)
{
    struct list *link;
    while ((link = list_pop_front(taken)) != NULL)
        frame_free(list_entry(link, struct page, link));
}

/* So many more, for a moment, as one who may sleep, who looks now and then whether memory is low. */
static void frames_use(void)
{
    struct list taken = LIST_INIT(taken);
    struct page *page;
    for (unsigned i = 0; i < TAKEN_TO_NOTICE && (page = frame_alloc(0)) != NULL; i++)
        list_push_back(&taken, &page->link);
    frames_give(&taken);
}

/* Memory is short until all have gone, or an allocation has failed; then until another round has ended. */
static void daemon_takes_all(void)
{
    const struct clock_marks before = hands_marks();
    struct clock_marks marks = before;
    struct list taken = LIST_INIT(taken);
    marks.lotsfree = frames_total() / 2;
    marks.scan_max = frames_total() * SCAN_LAPS;
    thread_current()->spared = true;
    frames_take(&taken, marks.lotsfree - frames_total() / MISSING_SHARE);
    KTEST_EXPECT(hands_set_marks(&marks) == 0);
    while (!all_gone() && injection_once_left() > 0) {
        frames_use();
        (void)thread_sleep_until(time_now() + POLL_NS, false);
    }
    KTEST_EXPECT(hands_set_marks(&before) == 0);
    frames_give(&taken);
    (void)pageout_wait();
    thread_current()->spared = false;
    swap_wait_written();
    standby_empty();
}

KTEST(failures, the_daemon_goes_on)
{
    static const struct failing daemon = {space_make, daemon_takes_all, space_still_is, space_end, 1};
    if (frames_total() > FRAMES_MOST)
        return; /* to take half of a large memory takes too long */
    swap_begin();
    failing_run(&daemon);
    swap_finish();
}

static void adaptive_tried(void)
{
    int error = hands_select("adaptive");
    KTEST_EXPECT(error == 0 || error == -ENOMEM);
    KTEST_EXPECT((hands_state().kind == CLOCK_ADAPTIVE) == (error == 0));
}

static void two_chosen(void)
{
    KTEST_EXPECT(hands_select("two") == 0 && hands_state().adaptive == NULL);
}

static void nothing(void)
{
}

KTEST(failures, the_adaptive_clock_is_chosen_or_not)
{
    static const struct failing clock = {two_chosen, adaptive_tried, nothing, two_chosen, 1};
    enum clock_kind before = hands_state().kind;
    failing_run(&clock);
    KTEST_EXPECT(hands_select(clock_kind_name(before)) == 0);
}

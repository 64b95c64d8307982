/*
 * The page-out daemon: it sleeps while memory is plenty, scans when it is not and until it is again, wakes who waits, writes files on request.
 *
 * Memory is made short by marks above what is free, not by taking it all, so nobody else has to wait.
 */
#include "mm/pageout.h"

#include "kernel/ktest.h"
#include "kernel/thread.h"
#include "kernel/time.h"
#include "mm/busy.h"
#include "mm/evict.h"
#include "mm/frame.h"
#include "mm/hands.h"
#include "mm/pagecache.h"
#include "mm/standby.h"
#include "mm/writeback.h"
#include "tests/kernel/fake_object.h"
#include "tests/kernel/proc_text.h"
#include "tests/kernel/swap_area.h"

enum { PAGES = 64, HELD_PAGES = 512, MISSING_SHARE = 16, TAKEN_TO_NOTICE = 256, FRAMES_MOST = 1 << 17 };
#define POLL_NS (NS_PER_SECOND / 1000)

static void pause(void)
{
    (void)thread_sleep_until(time_now() + POLL_NS, false);
}

KTEST(pageout, what_is_free_can_be_had_without_io)
{
    struct fake_object fake;
    struct page *page;
    fake_object_init(&fake, 1);
    KTEST_EXPECT(page_get(&fake.object, 0, 0, &page, NULL) == 0);
    uint64_t standby = standby_pages();
    standby_offer(page);
    KTEST_EXPECT(standby_pages() == standby + 1 && pageout_free() >= standby_pages());
    KTEST_EXPECT(pageout_free() <= frames_free() + standby_pages());
    fake_object_end(&fake);
}

KTEST(pageout, who_waits_is_told_after_a_round)
{
    standby_empty(); /* which would be what is waited for */
    struct pageout_counts before = pageout_counts();
    KTEST_EXPECT(pageout_wait()); /* memory is not at its end */
    struct pageout_counts after = pageout_counts();
    KTEST_EXPECT(after.waits == before.waits + 1 && after.rounds > before.rounds && after.urgent > before.urgent);
    KTEST_EXPECT(after.ends == before.ends);
}

/* Takes frames, linked by their struct page, until no more than so many are free. */
static void frames_take(struct list *taken, uint64_t until)
{
    struct page *page;
    while (pageout_free() > until && (page = frame_alloc(FRAME_NOWAIT)) != NULL)
        list_push_back(taken, &page->link);
}

/* So many more, as one who may sleep, who looks now and then whether memory is low. */
static void frames_take_some(struct list *taken, unsigned count)
{
    struct page *page;
    for (; count > 0 && (page = frame_alloc(0)) != NULL; count--)
        list_push_back(taken, &page->link);
}

static void frames_give(struct list *taken)
{
    struct list *link;
    while ((link = list_pop_front(taken)) != NULL)
        frame_free(list_entry(link, struct page, link));
}

/* Whether every page of the fake has been taken from its users. */
static bool all_on_standby(struct fake_object *fake)
{
    for (uint64_t i = 0; i < PAGES; i++) {
        struct page *page = radix_find(&fake->object.pages, i);
        if (page != NULL && page->state == PAGE_ACTIVE)
            return false;
    }
    return true;
}

KTEST(pageout, below_lotsfree_idle_pages_go_until_it_is_more_again)
{
    struct fake_object fake;
    struct list taken = LIST_INIT(taken);
    const struct clock_marks before = hands_marks();
    struct clock_marks marks = before;
    struct pageout_counts counts = pageout_counts();
    uint64_t scanned = hands_state().counts.back_scanned + hands_state().counts.front_scanned;
    if (frames_total() > FRAMES_MOST)
        return; /* to take half of a large memory takes too long */
    standby_empty();
    fake_object_init(&fake, PAGES);
    for (uint64_t i = 0; i < PAGES; i++) {
        struct page *page;
        KTEST_EXPECT(page_get(&fake.object, i, 0, &page, NULL) == 0);
        page_put(page);
    }
    marks.lotsfree = frames_total() / 2;
    marks.scan_max = UINT32_MAX;
    frames_take(&taken, marks.lotsfree - frames_total() / MISSING_SHARE);
    KTEST_EXPECT(hands_set_marks(&marks) == 0);
    frames_take_some(&taken, TAKEN_TO_NOTICE);
    while (!all_on_standby(&fake) || pageout_counts().rounds == counts.rounds)
        pause();
    KTEST_EXPECT(pageout_counts().wakeups > 0); /* perhaps before: the daemon may have been awake when the test began */
    KTEST_EXPECT(pageout_counts().ends == counts.ends);
    KTEST_EXPECT(hands_state().counts.back_scanned + hands_state().counts.front_scanned > scanned);
    KTEST_EXPECT(hands_set_marks(&before) == 0);
    frames_give(&taken);
    KTEST_EXPECT(pageout_free() >= before.lotsfree);
    (void)pageout_wait(); /* until the round under way is over */
    struct page *page;
    KTEST_EXPECT(page_get(&fake.object, 3, 0, &page, NULL) == 0 && *(uint64_t *)page_address(page) == 4);
    page_put(page);
    fake_object_end(&fake);
}

/* An object whose writes end when the test says so. */
struct held_object {
    struct object object;
    _Atomic unsigned begun, held;
    struct page *pages[HELD_PAGES];
};

static void held_write(struct object *object, struct page **pages, unsigned count)
{
    struct held_object *held = container_of(object, struct held_object, object);
    for (unsigned i = 0; i < count; i++) {
        held->pages[atomic_fetch_add(&held->begun, 1)] = pages[i];
        atomic_fetch_add(&held->held, 1);
    }
}

static void held_object_init(struct held_object *held, unsigned count)
{
    static const struct object_ops held_ops = {.write = held_write};
    *held = (struct held_object){0};
    object_init(&held->object, OBJECT_FILE, &held_ops);
    atomic_store(&held->object.size, count * PAGE_SIZE);
    for (uint64_t i = 0; i < count; i++) {
        struct page *page;
        KTEST_EXPECT(page_get(&held->object, i, 0, &page, NULL) == 0 && page_make_dirty(page) == 0);
        page_put(page);
    }
}

static void held_object_end(struct held_object *held)
{
    for (unsigned i = 0; i < held->held; i++)
        page_io_done(held->pages[i], 0);
    pagecache_truncate(&held->object, 0);
    object_put(&held->object);
    writeback_leave(&held->object);
}

static uint64_t hands_way(void)
{
    struct clock clock = hands_state();
    return clock.counts.back_scanned + clock.counts.front_scanned;
}

KTEST(pageout, pages_of_files_under_way_do_not_count_unless_they_leave)
{
    enum { MISSING = HELD_PAGES - TAKEN_TO_NOTICE - 128, ROUNDS = 3 };
    static struct held_object held;
    struct list taken = LIST_INIT(taken);
    const struct clock_marks before = hands_marks();
    struct clock_marks marks = before;
    if (frames_total() > FRAMES_MOST)
        return;
    standby_empty();
    held_object_init(&held, HELD_PAGES);
    while (held.held < HELD_PAGES) { /* others' pages, which are older, go first */
        writeback_push(HELD_PAGES);
        pause();
    }
    KTEST_EXPECT(writeback_writing() >= HELD_PAGES);
    marks.lotsfree = frames_total() / 2;
    frames_take(&taken, marks.lotsfree - MISSING);
    KTEST_EXPECT(hands_set_marks(&marks) == 0);
    uint64_t scanned = hands_way(), rounds = pageout_counts().rounds;
    frames_take_some(&taken, TAKEN_TO_NOTICE);
    while (hands_way() == scanned && pageout_counts().rounds < rounds + ROUNDS)
        pause();
    KTEST_EXPECT(hands_way() > scanned);
    KTEST_EXPECT(hands_set_marks(&before) == 0);
    frames_give(&taken);
    (void)pageout_wait(); /* until the round under way is over */
    held_object_end(&held);
}

KTEST(pageout, pages_that_leave_are_counted_until_they_are_written)
{
    static struct held_object held;
    struct evict_batch batch;
    unsigned evicted = 0;
    held_object_init(&held, EVICT_VICTIMS);
    evict_batch_init(&batch);
    for (uint64_t i = 0; i < EVICT_VICTIMS; i++) {
        struct page *page = radix_find(&held.object.pages, i);
        bool goes = evict_page(&batch, page);
        KTEST_EXPECT(goes || page_has(page, PAGE_BUSY)); /* the writer's, whom the test before may have asked */
        evicted += goes;
    }
    evict_write(&batch);
    while (held.held < EVICT_VICTIMS) {
        pageout_write_files();
        pause();
    }
    KTEST_EXPECT(writeback_leaving() >= evicted);
    held_object_end(&held);
    while (writeback_leaving() > 0) /* others' pages */
        pause();
}

/* So many rounds while nobody waits; `seen` is as it was before them. */
struct vain_rounds {
    struct pageout_counts seen;
    uint64_t evicted, began;
};

static struct vain_rounds rounds_begin(void)
{
    return (struct vain_rounds){.seen = pageout_counts(), .evicted = hands_state().counts.evicted, .began = time_now()};
}

/* Whether nothing was found in them, nor did anybody wait. */
static bool were_vain(const struct vain_rounds *rounds)
{
    return pageout_counts().waits == rounds->seen.waits && hands_state().counts.evicted == rounds->evicted;
}

KTEST(pageout, below_minfree_it_rests_if_nothing_is_found_and_nobody_waits)
{
    enum { ROUNDS = 70 }; /* more than half a second of them, after which memory would be at its end for who waits */
    struct list taken = LIST_INIT(taken);
    const struct clock_marks before = hands_marks();
    struct clock_marks marks = before;
    struct vain_rounds rounds;
    if (frames_total() > FRAMES_MOST)
        return;
    standby_empty();
    marks.lotsfree = marks.desfree = marks.minfree = frames_total() / 2;
    frames_take(&taken, marks.minfree / 2); /* by far more is missing than could be evicted */
    KTEST_EXPECT(hands_set_marks(&marks) == 0);
    frames_take_some(&taken, TAKEN_TO_NOTICE);
    do {
        rounds = rounds_begin();
        while (pageout_counts().rounds < rounds.seen.rounds + ROUNDS)
            pause();
    } while (!were_vain(&rounds));
    KTEST_EXPECT(pageout_counts().urgent >= rounds.seen.urgent + ROUNDS - 4);
    KTEST_EXPECT(time_now() - rounds.began >= (ROUNDS - 4) * (NS_PER_SECOND / 100));
    KTEST_EXPECT(pageout_counts().ends == rounds.seen.ends);
    KTEST_EXPECT(hands_set_marks(&before) == 0);
    frames_give(&taken);
    (void)pageout_wait(); /* until the round under way is over */
}

#define SHARE "sys/vm/pageout_share"

/* What proc_text(SHARE) had shown. */
static void share_restore(struct text *share)
{
    share->data[share->length - 2] = '\0'; /* the newline */
    KTEST_EXPECT(proc_text_store(SHARE, share->data) == 0);
    text_release(share);
}

/* The rounds are short, and no pause is asked for by the daemon's share: what is left is what can be cut short, on a slow machine, too. */
KTEST(pageout, below_desfree_a_round_begins_before_its_time)
{
    struct list taken = LIST_INIT(taken);
    const struct clock_marks before = hands_marks();
    struct clock_marks marks = before;
    uint64_t early = pageout_counts().early;
    if (frames_total() > FRAMES_MOST)
        return;
    struct text share = proc_text(SHARE);
    KTEST_EXPECT(proc_text_store(SHARE, "100") == 0);
    marks.lotsfree = marks.desfree = frames_total() / 2;
    marks.scan_max = 1;
    frames_take(&taken, marks.lotsfree - frames_total() / MISSING_SHARE);
    KTEST_EXPECT(hands_set_marks(&marks) == 0);
    while (pageout_counts().early == early && pageout_free() > frames_total() / MISSING_SHARE) {
        frames_take_some(&taken, TAKEN_TO_NOTICE / 4); /* memory falls below desfree again */
        pause();
    }
    KTEST_EXPECT(pageout_counts().early > early);
    KTEST_EXPECT(hands_set_marks(&before) == 0);
    share_restore(&share);
    frames_give(&taken);
    (void)pageout_wait(); /* until the round under way is over */
}

KTEST(pageout, files_are_written_when_it_is_asked_for)
{
    struct fake_object fake;
    fake_object_init(&fake, PAGES);
    for (uint64_t i = 0; i < PAGES; i++) {
        struct page *page;
        KTEST_EXPECT(page_get(&fake.object, i, 0, &page, NULL) == 0 && page_make_dirty(page) == 0);
        page_put(page);
    }
    while (fake.writes < PAGES) {
        pageout_write_files();
        pause();
    }
    KTEST_EXPECT(fake.writes == PAGES && fake.write_calls <= PAGES / 8 && fake.object.dirty_pages == 0);
    fake_object_end(&fake);
}

KTEST(pageout, its_share_of_a_cpu_is_1_to_100_percent)
{
    struct text share = proc_text(SHARE);
    KTEST_EXPECT(proc_text_store(SHARE, "0") < 0);
    KTEST_EXPECT(proc_text_store(SHARE, "101") < 0);
    KTEST_EXPECT(proc_text_store(SHARE, "7") == 0);
    struct text changed = proc_text(SHARE);
    KTEST_EXPECT(changed.data[0] == '7' && changed.data[1] == '\n');
    share_restore(&share);
    text_release(&changed);
}

/* Frames: they are given out once and come back, on one CPU and on all at once. */
#include "kernel/ktest.h"
#include "kernel/thread.h"
#include "kernel/time.h"
#include "libc/string.h"
#include "mm/frame.h"
#include "mm/slab.h"
#include "tests/kernel/crew.h"

#define WORD_COUNT (PAGE_SIZE / sizeof(uint64_t))

static bool lists_have_all(void)
{
    uint64_t in_lists = 0;
    frames_drain();
    for (unsigned order = 0; order <= FRAME_ORDER_MAX; order++)
        in_lists += frames_free_in_order(order);
    return in_lists == frames_free() && frames_in_state(PAGE_FREE) == in_lists;
}

KTEST(frame, counts_agree_with_the_array)
{
    KTEST_EXPECT(holds_soon(lists_have_all));
}

static bool one_frame_is_counted(void)
{
    uint64_t before = frames_free();
    struct page *page = frame_alloc(0);
    uint64_t without = frames_free();
    frame_free(page);
    return without == before - 1 && frames_free() == before;
}

KTEST(frame, one_frame)
{
    KTEST_EXPECT(holds_soon(one_frame_is_counted));
    struct page *page = frame_alloc(FRAME_ZERO);
    KTEST_EXPECT(page != NULL && page->state == PAGE_DETACHED && page->pins == 0);
    KTEST_EXPECT(page_of_address(page_address(page)) == page && page_frame(page) != 0);
    const uint64_t *words = page_address(page);
    uint64_t bits = 0;
    for (unsigned i = 0; i < WORD_COUNT; i++)
        bits |= words[i];
    KTEST_EXPECT(bits == 0);
    frame_free(page);
}

static void take_and_free_runs(void)
{
    unsigned order = 0;
    for (; order <= FRAME_ORDER_MAX; order++) {
        struct page *head = frame_alloc_run(order, FRAME_WIRED);
        if (head == NULL)
            break;
        KTEST_EXPECT(is_aligned(page_frame(head), (uint64_t)1 << order));
        KTEST_EXPECT(head->state == PAGE_WIRED && head[((uint64_t)1 << order) - 1].state == PAGE_WIRED);
        frame_free_run(head, order);
    }
    KTEST_EXPECT(order > 9); /* a 2 MB page at least */
}

/* One run of the order is counted as its frames. */
static bool a_run_is_counted(void)
{
    uint64_t before = frames_free();
    struct page *head = frame_alloc_run(5, FRAME_WIRED);
    uint64_t without = frames_free();
    if (head != NULL)
        frame_free_run(head, 5);
    return head != NULL && without == before - 32 && frames_free() == before;
}

KTEST(frame, runs_are_contiguous_and_aligned)
{
    KTEST_EXPECT(frames_come_back(take_and_free_runs));
    KTEST_EXPECT(holds_soon(a_run_is_counted));
    frames_check();
}

/* Takes frames until there are none, linked by their struct page; returns how many. */
static uint64_t take_all(struct list *taken, unsigned flags)
{
    uint64_t count = 0;
    struct page *page;
    while ((page = frame_alloc(FRAME_NOWAIT | flags)) != NULL) {
        list_push_back(taken, &page->link);
        count++;
    }
    return count;
}

static void give_all(struct list *taken)
{
    struct list *link;
    while ((link = list_pop_front(taken)) != NULL)
        frame_free(list_entry(link, struct page, link));
}

/* Takes all memory and gives it back; whether every frame was taken, and came back. */
static bool all_is_taken_and_comes_back(void)
{
    struct list taken = LIST_INIT(taken);
    uint64_t before = frames_settled();
    uint64_t count = take_all(&taken, 0);
    uint64_t reserve = frames_free();
    bool nothing_left = frame_alloc_run(0, 0) == NULL;
    uint64_t last = take_all(&taken, FRAME_RESERVE);
    uint64_t none = frames_free();
    give_all(&taken);
    frames_check();
    return count + reserve == before && reserve >= 32 && nothing_left && last == reserve && none == 0 &&
           frames_free() == before;
}

/* Somebody who wants memory meanwhile has page-out make some, or keeps some: then once more. */
KTEST(frame, all_memory_and_back)
{
    KTEST_EXPECT(holds_soon(all_is_taken_and_comes_back));
}

KTEST(frame, reclaimers_are_asked)
{
    static struct slab_cache cache;
    static bool prepared;
    if (!prepared)
        slab_cache_init(&cache, "test_reclaim", 1024);
    prepared = true;
    void *objects[128];
    for (unsigned i = 0; i < ARRAY_LENGTH(objects); i++)
        objects[i] = slab_alloc(&cache, 0);
    struct list taken = LIST_INIT(taken);
    uint64_t count = take_all(&taken, 0);
    KTEST_EXPECT(count > 0);
    for (unsigned i = 0; i < ARRAY_LENGTH(objects); i++)
        slab_free(&cache, objects[i]);
    struct page *page = frame_alloc(0); /* only the cache's empty slabs are left */
    KTEST_EXPECT(page != NULL);
    if (page != NULL)
        frame_free(page);
    give_all(&taken);
}

/* Others fail instead of us if they allocate meanwhile. */
static bool every_third_fails(void)
{
    unsigned failed = 0;
    frame_fail_every(3);
    for (unsigned i = 0; i < 30; i++) {
        struct page *page = frame_alloc(FRAME_NOWAIT);
        if (page == NULL)
            failed++;
        else
            frame_free(page);
    }
    frame_fail_every(0);
    return failed == 10;
}

KTEST(frame, injected_failures_come_as_often_as_asked)
{
    KTEST_EXPECT(holds_soon(every_third_fails));
}

#define PAGES_A_MEMBER 40

/* Each member marks its frames and looks after its marks. */
static void work(unsigned number, void *context)
{
    struct page *pages[PAGES_A_MEMBER];
    unsigned orders[PAGES_A_MEMBER];
    (void)context;
    for (unsigned round = 0; round < 50; round++) {
        for (unsigned i = 0; i < PAGES_A_MEMBER; i++) {
            orders[i] = (i + round) % 5 == 0 ? (i + number) % 4 : 0;
            pages[i] = orders[i] == 0 ? frame_alloc(0) : frame_alloc_run(orders[i], 0);
            if (pages[i] == NULL)
                continue;
            KTEST_EXPECT(pages[i]->state == PAGE_DETACHED && pages[i]->block == 0);
            pages[i]->block = number << 16 | i;
            *((uint64_t *)page_address(pages[i]) + 3) = pages[i]->block;
        }
        for (unsigned i = 0; i < PAGES_A_MEMBER; i++) {
            if (pages[i] == NULL)
                continue;
            KTEST_EXPECT(pages[i]->block == (number << 16 | i));
            KTEST_EXPECT(*((uint64_t *)page_address(pages[i]) + 3) == pages[i]->block);
            frame_free_run(pages[i], orders[i]);
        }
    }
}

static void crew_works(void)
{
    crew_run(crew_size(), work, NULL);
}

KTEST(frame, many_threads_at_once)
{
    KTEST_EXPECT(frames_come_back(crew_works));
    frames_check();
}

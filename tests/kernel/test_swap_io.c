/*
 * Requests between memory and swap: pages in a row in one of them, where they go when it has ended, and what keeps them from there. The test boot's own swap
 * partition is used.
 */
#include "mm/swap_io.h"

#include "kernel/abi/errno.h"
#include "kernel/ktest.h"
#include "kernel/thread.h"
#include "kernel/time.h"
#include "mm/anon.h"
#include "mm/aspace.h"
#include "mm/busy.h"
#include "mm/pagecache.h"
#include "mm/standby.h"
#include "mm/stats.h"
#include "mm/swap.h"
#include "tests/kernel/proc_text.h"
#include "tests/kernel/spaces.h"
#include "tests/kernel/swap_area.h"

enum { PAGES = 2 * SWAP_IO_PAGES };
#define POLL_NS (NS_PER_SECOND / 1000)

/* Anons with blocks in a row and clean, BUSY pages that hold 100 + their number; how many have some. */
static unsigned anons_make(struct anon **anons, struct page **pages)
{
    for (unsigned i = 0; i < PAGES; i++) {
        anons[i] = anon_create(FRAME_ZERO);
        pages[i] = anons[i]->page;
        *(uint64_t *)page_address(pages[i]) = 100 + i;
    }
    unsigned count = swap_assign(anons, PAGES);
    for (unsigned i = 0; i < count; i++)
        page_clear_dirty(pages[i]);
    for (unsigned i = count; i < PAGES; i++)
        page_put(pages[i]);
    return count;
}

static void anons_end(struct anon **anons)
{
    for (unsigned i = 0; i < PAGES; i++)
        anon_put(anons[i]);
}

KTEST(swap_io, a_row_is_written_in_large_requests_and_ends_on_standby)
{
    struct anon *anons[PAGES];
    struct page *pages[PAGES];
    swap_begin();
    unsigned count = anons_make(anons, pages);
    KTEST_EXPECT(count == PAGES); /* a fresh area has a run as long */
    uint64_t requests = stat_get(STAT_SWAP_WRITES), written = stat_get(STAT_PSWPOUT);
    swap_io_write(pages, count);
    swap_wait_written();
    KTEST_EXPECT(swap_io_writing() == 0 && stat_get(STAT_PSWPOUT) == written + count);
    KTEST_EXPECT(stat_get(STAT_SWAP_WRITES) == requests + count / SWAP_IO_PAGES);
    for (unsigned i = 0; i < count; i++)
        KTEST_EXPECT(pages[i]->state == PAGE_STANDBY && !page_has(pages[i], PAGE_BUSY | PAGE_IO | PAGE_WRITING));
    anons_end(anons);
    KTEST_EXPECT(swap_used() == 0);
    swap_finish();
}

KTEST(swap_io, a_page_that_is_pinned_meanwhile_stays)
{
    struct anon *anons[PAGES];
    struct page *pages[PAGES];
    swap_begin();
    unsigned count = anons_make(anons, pages);
    page_pin(pages[0]);
    swap_io_write(pages, count);
    swap_wait_written();
    KTEST_EXPECT(pages[0]->state == PAGE_ACTIVE && !page_has(pages[0], PAGE_BUSY | PAGE_DIRTY));
    KTEST_EXPECT(anons[0]->block != 0 && pages[1]->state == PAGE_STANDBY);
    page_unpin(pages[0]);
    anons_end(anons);
    swap_finish();
}

/* A fresh frame for the absent anon, to be read. */
static struct page *page_install(struct anon *anon, unsigned flags)
{
    struct page *page = frame_alloc(0);
    KTEST_EXPECT(anon_install(anon, page, flags));
    return page;
}

KTEST(swap_io, what_is_read_is_given_back_and_what_nobody_wants_yet_goes_to_standby)
{
    struct anon *anons[PAGES];
    struct page *pages[PAGES], *read[PAGES];
    swap_begin();
    unsigned count = anons_make(anons, pages);
    swap_io_write(pages, count);
    swap_wait_written();
    standby_empty();
    for (unsigned i = 0; i < count; i++)
        read[i] = page_install(anons[i], i % 2 == 0 ? 0 : PAGE_AHEAD);
    uint64_t requests = stat_get(STAT_SWAP_READS), pages_read = stat_get(STAT_PSWPIN);
    swap_io_read(read, count);
    KTEST_EXPECT(stat_get(STAT_SWAP_READS) == requests + count / SWAP_IO_PAGES);
    KTEST_EXPECT(stat_get(STAT_PSWPIN) == pages_read + count);
    for (unsigned i = 0; i < count; i++) {
        while (page_has(read[i], PAGE_BUSY))
            (void)thread_sleep_until(time_now() + POLL_NS, false);
        KTEST_EXPECT(*(uint64_t *)page_address(read[i]) == 100 + i && anons[i]->block != 0);
        KTEST_EXPECT(read[i]->state == (i % 2 == 0 ? PAGE_ACTIVE : PAGE_STANDBY));
    }
    anons_end(anons);
    swap_finish();
}

/* Waits for the page's transfer, and looks at what came. */
static void page_expect(const struct page *page, uint64_t word)
{
    while (page_has(page, PAGE_BUSY))
        (void)thread_sleep_until(time_now() + POLL_NS, false);
    KTEST_EXPECT(*(const uint64_t *)page_address(page) == word);
}

KTEST(swap_io, a_few_blocks_between_are_read_to_nowhere)
{
    enum { NEAR = 5, FAR = 40 };
    struct anon *anons[PAGES];
    struct page *pages[PAGES], *read[FAR + 1] = {0};
    swap_begin();
    swap_io_write(pages, anons_make(anons, pages));
    swap_wait_written();
    standby_empty();
    read[0] = page_install(anons[0], 0);
    read[NEAR] = page_install(anons[NEAR], 0);
    read[FAR] = page_install(anons[FAR], 0);
    uint64_t requests = stat_get(STAT_SWAP_READS), pages_read = stat_get(STAT_PSWPIN);
    swap_io_read(read, FAR + 1);
    KTEST_EXPECT(stat_get(STAT_SWAP_READS) == requests + 2 && stat_get(STAT_PSWPIN) == pages_read + 3);
    for (unsigned i = 0; i <= FAR; i++) {
        if (read[i] != NULL)
            page_expect(read[i], 100 + i);
        else
            KTEST_EXPECT(anon_is_absent(anons[i]));
    }
    anons_end(anons);
    swap_finish();
}

KTEST(swap_io, a_bad_block_between_is_not_read)
{
    enum { BAD = 3, BEHIND = 5, LAST = 8 };
    struct anon *anons[PAGES];
    struct page *pages[PAGES], *read[LAST + 1] = {0};
    swap_begin();
    unsigned count = anons_make(anons, pages);
    uint32_t bad = anons[BAD]->block;
    swap_retire(anons[BAD]); /* as if its write had failed */
    page_set(pages[BAD], PAGE_DIRTY);
    page_put(pages[BAD]);
    KTEST_EXPECT(swap_is_bad(bad) && !swap_is_bad(bad - 1) && !swap_is_bad(bad + 1));
    swap_io_write(pages, BAD);
    swap_io_write(&pages[BAD + 1], count - BAD - 1);
    swap_wait_written();
    standby_empty();
    read[0] = page_install(anons[0], 0);
    read[BEHIND] = page_install(anons[BEHIND], 0);
    read[LAST] = page_install(anons[LAST], 0);
    uint64_t requests = stat_get(STAT_SWAP_READS);
    swap_io_read(read, LAST + 1);
    KTEST_EXPECT(stat_get(STAT_SWAP_READS) == requests + 2); /* 0; 5 to 8 */
    for (unsigned i = 0; i <= LAST; i++) {
        if (read[i] != NULL)
            page_expect(read[i], 100 + i);
    }
    anons_end(anons);
    KTEST_EXPECT(swap_is_bad(bad) && !swap_is_bad(bad - 1) && !swap_is_bad(bad + 1));
    swap_finish();
}

KTEST(swap_io, rows_wait_for_each_other_and_begin_together)
{
    static const unsigned wanted[] = {0, 1, 5, 40, 3, 41}; /* four rows: 3 is below what is open then */
    struct anon *anons[PAGES];
    struct page *pages[PAGES];
    struct swap_rows rows;
    bool added;
    swap_begin();
    swap_io_write(pages, anons_make(anons, pages));
    swap_wait_written();
    standby_empty();
    uint64_t requests = stat_get(STAT_SWAP_READS);
    swap_rows_init(&rows);
    for (unsigned i = 0; i < ARRAY_LENGTH(wanted); i++)
        KTEST_EXPECT(swap_rows_add(&rows, anons[wanted[i]]->block, 0, &added) && added);
    KTEST_EXPECT(swap_rows_add(&rows, anons[41]->block, 0, &added) && !added); /* is to come */
    for (unsigned i = 0; i < ARRAY_LENGTH(wanted); i++)
        KTEST_EXPECT(page_has(anons[wanted[i]]->page, PAGE_BUSY));
    KTEST_EXPECT(stat_get(STAT_SWAP_READS) == requests + 3); /* the last is open */
    swap_rows_read(&rows);
    KTEST_EXPECT(stat_get(STAT_SWAP_READS) == requests + 4 && list_is_empty(&rows.requests));
    for (unsigned i = 0; i < ARRAY_LENGTH(wanted); i++)
        page_expect(anons[wanted[i]]->page, 100 + wanted[i]);
    anons_end(anons);
    swap_finish();
}

KTEST(swap_io, the_patience_is_at_least_a_millisecond)
{
    uint64_t before = atomic_load(&swap_io_patience);
    KTEST_EXPECT(proc_text_store("sys/vm/swap_patience_ms", "0") == -EINVAL);
    KTEST_EXPECT(proc_text_store("sys/vm/swap_patience_ms", "1234") == 0 && atomic_load(&swap_io_patience) == 1234);
    atomic_store(&swap_io_patience, before);
}

/*
 * Streams through private memory that is on swap: read ahead by addresses, wherever the blocks are; who jumps about is no stream. The test boot's own swap
 * partition is used.
 */
#include "mm/swap_stream.h"

#include "kernel/ktest.h"
#include "mm/anon.h"
#include "mm/aspace.h"
#include "mm/evict.h"
#include "mm/stats.h"
#include "mm/swap_io.h"
#include "tests/kernel/spaces.h"
#include "tests/kernel/swap_area.h"

enum { PAGES = 32, APART = 7 };

static vaddr_t page_at(uint64_t page)
{
    return SPACE_BASE + (page << PAGE_SHIFT);
}

/* Every SCATTER-th page leaves with the next write, so that what lies together in memory does not on swap. */
KTEST(swap_stream, is_read_ahead_by_its_addresses)
{
    enum { SCATTER = 16, LENGTH = SCATTER * PAGES };
    struct evict_batch batch;
    swap_begin();
    struct aspace *aspace = space_filled(LENGTH, 100);
    evict_batch_init(&batch);
    for (uint64_t i = 0; i < LENGTH; i++)
        KTEST_EXPECT(evict_page(&batch, space_anon(aspace, i % PAGES * SCATTER + i / PAGES)->page));
    evict_write(&batch);
    swap_wait_written();
    standby_empty();
    KTEST_EXPECT(space_anon(aspace, SCATTER)->block == space_anon(aspace, 0)->block + 1);
    uint64_t pages = stat_get(STAT_PSWPIN), major = aspace->faults_major;
    uint64_t used = stat_get(STAT_SWAP_AHEAD_USED), of_streams = stat_get(STAT_SWAP_STREAM_USED);
    space_verify(aspace, LENGTH, 100);
    used = stat_get(STAT_SWAP_AHEAD_USED) -
           used; /* of which a cluster's size is to learn nothing, but for the first ones */
    of_streams = stat_get(STAT_SWAP_STREAM_USED) - of_streams;
    KTEST_EXPECT(of_streams >= LENGTH - 2 * SWAP_IO_PAGES && of_streams <= used);
    KTEST_EXPECT(stat_get(STAT_PSWPIN) == pages + LENGTH && aspace->faults_major - major <= SCATTER / 2);
    vm_check();
    aspace_put(aspace);
    swap_finish();
}

KTEST(swap_stream, who_jumps_about_is_none)
{
    struct evict_batch batch;
    swap_begin();
    struct aspace *aspace = space_filled(PAGES, 100);
    evict_batch_init(&batch);
    for (uint64_t i = 0; i < PAGES; i++) /* neighbours in memory lie apart on swap */
        KTEST_EXPECT(evict_page(&batch, space_anon(aspace, i * APART % PAGES)->page));
    evict_write(&batch);
    swap_wait_written();
    standby_empty();
    mutex_lock(&aspace->lock);
    struct area *area = space_area(aspace, SPACE_BASE);
    KTEST_EXPECT(!swap_stream(area, page_at(20), space_anon(aspace, 20)));
    KTEST_EXPECT(!swap_stream(area, page_at(5), space_anon(aspace, 5)));
    mutex_unlock(&aspace->lock);
    for (uint64_t i = 0; i < PAGES; i++)
        KTEST_EXPECT(anon_is_absent(space_anon(aspace, i)));
    space_verify(aspace, PAGES, 100);
    aspace_put(aspace);
    swap_finish();
}

/* Read-ahead by address. See swap_stream.h. */
#include "mm/swap_stream.h"

#include "mm/anon.h"
#include "mm/aspace.h"
#include "mm/pagecache.h"
#include "mm/pageout.h"
#include "mm/stats.h"
#include "mm/swap.h"
#include "mm/swap_io.h"
#include "mm/swapin.h"

/* The largest window, and its share of what is free: two are there at a time, and shall not drive each other off the standby list. */
enum { WINDOW_PAGES = 64, WINDOW_SHARE = 4 };

/* Blocks to be read, in ascending order. */
struct wanted {
    unsigned count;
    uint32_t blocks[WINDOW_PAGES];
};

static void wanted_add(struct wanted *wanted, uint32_t block)
{
    unsigned at = wanted->count++;
    for (; at > 0 && wanted->blocks[at - 1] > block; at--)
        wanted->blocks[at] = wanted->blocks[at - 1];
    wanted->blocks[at] = block;
}

/* The blocks of the absent pages of the range. */
static void wanted_find(struct wanted *wanted, struct area *area, const struct readahead_range *range)
{
    uint64_t last = range->first + min_u64(range->count, WINDOW_PAGES) - 1;
    const struct anon *anon;
    wanted->count = 0;
    for (uint64_t at = range->first; at <= last && (anon = radix_next(&area->aspace->overlay, &at, last)) != NULL;
         at++) {
        uint32_t block = anon->block; /* just now: whether it is the anon's is looked at again when it gets a page */
        if (anon_is_absent(anon) && block != 0)
            wanted_add(wanted, block);
    }
}

/* Reads them in as few requests as there are rows, until memory is short; returns whether `asked` is among those that are started. */
static bool wanted_read(const struct wanted *wanted, uint32_t asked)
{
    struct swap_rows rows;
    bool found = false, added = false;
    swap_rows_init(&rows);
    for (unsigned i = 0; i < wanted->count; i++) {
        bool ahead = wanted->blocks[i] != asked;
        if (!swap_rows_add(&rows, wanted->blocks[i], ahead ? PAGE_AHEAD | PAGE_STREAM : 0, &added))
            break;
        found |= added && !ahead;
        stat_add(STAT_SWAP_AHEAD, added && ahead);
    }
    swap_rows_read(&rows);
    return found;
}

/* How large a window may be now; 0: there is no read-ahead from swap. */
static uint32_t window_most(void)
{
    if (atomic_load_explicit(&swap_cluster, memory_order_relaxed) == 0)
        return 0;
    return (uint32_t)min_u64(WINDOW_PAGES, pageout_free() / WINDOW_SHARE);
}

/* What the area's stream asks for; count 0: nothing, or there is none. */
static struct readahead_range stream_decide(struct area *area, uint64_t number, bool absent)
{
    struct readahead *state = &area->ahead;
    uint32_t most = window_most();
    struct readahead_range nothing = {0};
    const struct readahead_access access = {
        .index = number,
        .wanted = 1,
        .pages = area->end >> PAGE_SHIFT,
        .absent = absent,
        .mapped = true,
    };
    if (most == 0 || (area->flags & AREA_RANDOM) != 0)
        return nothing;
    state->window = (uint32_t)min_u64(state->window, most / 2); /* it is doubled */
    struct readahead_range range = readahead_decide(state, READAHEAD_ADAPTIVE, &access);
    readahead_note(state, number);
    return range.stream ? range : nothing;
}

bool swap_stream(struct area *area, vaddr_t address, const struct anon *anon)
{
    const struct page *page = atomic_load_explicit(&anon->page, memory_order_acquire);
    if (__builtin_expect(page != NULL && !page_is_ahead(page), 1))
        return false;
    if (area->object != NULL || (page == NULL && anon->block == 0)) /* given up: no sign that memory is short */
        return false;
    struct readahead_range range = stream_decide(area, address >> PAGE_SHIFT, page == NULL);
    if (range.count == 0)
        return false;
    struct wanted wanted;
    wanted_find(&wanted, area, &range);
    return wanted_read(&wanted, page == NULL ? anon->block : 0);
}

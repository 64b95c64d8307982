/*
 * Bringing pages back from swap. See swapin.h.
 */
#include "mm/swapin.h"

#include "kernel/abi/errno.h"
#include "kernel/panic.h"
#include "kernel/signal.h"
#include "kernel/time.h"
#include "mm/anon.h"
#include "mm/busy.h"
#include "mm/lazyfree.h"
#include "mm/pagecache.h"
#include "mm/standby.h"
#include "mm/stats.h"
#include "mm/swap.h"
#include "mm/swap_io.h"
#include "mm/vmtrace.h"

_Atomic unsigned swap_cluster = 5;

enum {
    WINDOW_FIRST = 3,  /* logarithms of blocks */
    WINDOW_LEAST = 1,  /* so that what becomes of neighbours goes on being seen */
    WINDOW_TRIAL = 32, /* neighbours whose fate is known, before the window is changed */
    WASTE_BEARABLE =
        6, /* for each one used: a request for more pages takes hardly longer, a fault spared is one request less */
    UPWARDS_MOST = 7,
};

/* A guess, so without a lock: two faults at a time may judge the same neighbours. */
static struct {
    _Atomic unsigned size;         /* its logarithm */
    _Atomic uint64_t used, wasted; /* the counters at the last change */
    _Atomic uint32_t last;         /* the block wanted last */
    _Atomic unsigned
        upwards; /* of the last wanted ones that were near each other, so many more lay above than below, 0 to UPWARDS_MOST */
} window = {.size = WINDOW_FIRST, .upwards = UPWARDS_MOST};

/* The window's size now, in blocks. */
static uint32_t window_size(void)
{
    unsigned size = atomic_load(&window.size), most = atomic_load_explicit(&swap_cluster, memory_order_relaxed);
    uint64_t all_used = stat_get(STAT_SWAP_AHEAD_USED) - stat_get(STAT_SWAP_STREAM_USED);
    uint64_t all_wasted = stat_get(STAT_SWAP_AHEAD_WASTED) - stat_get(STAT_SWAP_STREAM_WASTED);
    uint64_t used = all_used - atomic_load(&window.used), wasted = all_wasted - atomic_load(&window.wasted);
    if (used + wasted >= WINDOW_TRIAL) {
        if (used >= wasted)
            size++;
        else if (wasted >= WASTE_BEARABLE * used && size > WINDOW_LEAST)
            size--;
        size = (unsigned)max_u64(min_u64(size, most), WINDOW_LEAST);
        atomic_store(&window.size, size);
        atomic_store(&window.used, all_used);
        atomic_store(&window.wasted, all_wasted);
    }
    return (uint32_t)1 << min_u64(size, most);
}

/*
 * Where the window of so many blocks begins that ends or begins with the wanted one: what lies on the other side has been used already. Batches are written
 * in the order of addresses, so most programs go upwards.
 */
static uint32_t window_start(uint32_t block, uint32_t size)
{
    uint32_t last = atomic_exchange(&window.last, block);
    unsigned upwards = atomic_load(&window.upwards);
    if (block > last && block - last <= 2 * SWAP_IO_PAGES)
        atomic_store(&window.upwards, (unsigned)min_u64(upwards + 1, UPWARDS_MOST));
    else if (block < last && last - block <= 2 * SWAP_IO_PAGES && upwards > 0)
        atomic_store(&window.upwards, upwards - 1);
    if (upwards > UPWARDS_MOST / 2)
        return block;
    return block - (uint32_t)min_u64(size - 1, swap_block_slot(block));
}

/* Sets *page to one for the block next to one that is read; null if that is nobody's or in memory already. False: memory is short. */
static bool neighbour_install(uint32_t block, struct page **page)
{
    *page = NULL;
    if (!swap_is_absent(block))
        return true;
    struct page *fresh = frame_alloc(FRAME_EASY);
    if (fresh == NULL)
        return false;
    if (swap_install(block, fresh, PAGE_AHEAD)) {
        stat_count(STAT_SWAP_AHEAD);
        *page = fresh;
    } else {
        frame_free(fresh);
    }
    return true;
}

/* Reads the BUSY page of `block` and, around it, what can be had with it. */
static void cluster_read(struct page *page, uint32_t block)
{
    struct page *pages[SWAP_IO_PAGES];
    uint32_t size = window_size(), start = window_start(block, size), first = block - start, end = first + 1;
    pages[first] = page;
    while (end < size && neighbour_install(start + end, &pages[end]))
        end++;
    while (first > 0 && neighbour_install(start + first - 1, &pages[first - 1]))
        first--;
    if (end - first > 1)
        vmtrace(VMTRACE_READ_AHEAD, 1, end - first - 1, start + first);
    swap_io_read(&pages[first], end - first);
}

int swap_in(struct anon *anon, bool alone, bool *started)
{
    struct page *page = frame_alloc(0);
    if (page == NULL)
        return -ENOMEM;
    if (!anon_install(anon, page, PAGE_REFERENCED)) {
        page_unname(page);
        frame_free(page);
        return 0;
    }
    if (anon->block == 0) { /* S2 */
        lazyfree_fill(page);
        return 0;
    }
    if (alone)
        swap_io_read(&page, 1);
    else
        cluster_read(page, anon->block);
    *started = true;
    return 0;
}

/* The page in memory of the slot's owner, or null; both may be others as soon as the lock is gone. */
static struct page *slot_page(const struct swap_area *area, uint32_t slot, struct anon **owner)
{
    spin_lock(&swap_lock);
    *owner = swap_owner_locked(area, slot);
    struct page *page = *owner != NULL ? atomic_load(&(*owner)->page) : NULL;
    spin_unlock(&swap_lock);
    return page;
}

/* A BUSY page's contents never came: its anon is absent again. */
static void page_drop_failed(struct page *page)
{
    page_disown(page);
    frame_free(page);
}

/* Makes a BUSY page of the area's slot independent of it. -EIO if its contents never came; then the anon is absent again. */
static int slot_free(struct page *page)
{
    if (page_has(page, PAGE_FAILED)) {
        page_drop_failed(page);
        return -EIO;
    }
    page_clear(page, PAGE_AHEAD | PAGE_STREAM);
    (void)!page_make_dirty(page); /* an anon's needs nothing; the block goes */
    page_put(page);
    return 0;
}

/* Starts reading the slot's page, which sets *started, or finds that another was faster. 0, or -ENOMEM. */
static int slot_read(uint32_t block, bool *started)
{
    struct page *page = frame_alloc(0);
    if (page == NULL)
        return -ENOMEM;
    if (swap_install(block, page, 0)) {
        swap_io_read(&page, 1);
        *started = true;
    } else {
        frame_free(page);
    }
    return 0;
}

/* Takes BUSY on a page if it still is the owner's, who may be gone: only the pointer is compared. */
static bool slot_claim(struct page *page, const struct anon *owner)
{
    spin_lock(&page->lock);
    bool claimed = page->anon == owner && page_has(page, PAGE_ANON) && page_busy_locked(page);
    if (claimed && page->state == PAGE_STANDBY)
        standby_leave_locked(page);
    spin_unlock(&page->lock);
    return claimed;
}

/* Empties one slot. What was read with others and failed may have failed for another block: it is read once more, alone. */
static int slot_bring_in(struct swap_area *area, uint32_t slot)
{
    uint32_t block = swap_block((unsigned)(area - swap_areas), slot);
    bool alone = false;
    for (;;) {
        struct anon *owner;
        struct page *page = slot_page(area, slot, &owner);
        if (owner == NULL)
            return 0;
        if (page == NULL) {
            int error = slot_read(block, &alone);
            if (error != 0)
                return error;
        } else if (!slot_claim(page, owner)) {
            page_busy_sleep(page, owner);
        } else if (page->anon->block != block) {
            page_put(page); /* the owner was another one by then */
        } else if (page_has(page, PAGE_FAILED) && !alone) {
            page_drop_failed(page);
        } else {
            return slot_free(page);
        }
    }
}

/* Those who empty an area, which costs memory. Times are time_now(), 0: never. */
static struct {
    struct spinlock lock; /* guards the others, which belong together; innermost */
    unsigned running;
    uint64_t stop_at;   /* when those that run were asked to give up */
    uint64_t failed_at; /* when the last one lacked memory */
} emptying = {.lock = SPINLOCK_INIT(RANK_SWAP)};

bool swap_in_all_stop(uint64_t patience, uint64_t again)
{
    spin_lock(&emptying.lock);
    uint64_t now = time_now();
    bool helps = emptying.failed_at != 0 && now - emptying.failed_at < again;
    if (emptying.running > 0) {
        helps = emptying.stop_at == 0 || now - emptying.stop_at < patience;
        emptying.stop_at = emptying.stop_at == 0 ? now : emptying.stop_at;
    }
    spin_unlock(&emptying.lock);
    return helps;
}

/* Why no further slot is to be emptied, or 0. */
static int emptying_error(void)
{
    if (signal_is_pending())
        return -EINTR;
    spin_lock(&emptying.lock);
    bool stop = emptying.stop_at != 0;
    spin_unlock(&emptying.lock);
    return stop ? -ENOMEM : 0;
}

static void emptying_begin(void)
{
    spin_lock(&emptying.lock);
    emptying.running++;
    spin_unlock(&emptying.lock);
}

static void emptying_end(int error)
{
    spin_lock(&emptying.lock);
    if (error == -ENOMEM)
        emptying.failed_at = time_now();
    emptying.running--;
    if (emptying.running == 0)
        emptying.stop_at = 0;
    spin_unlock(&emptying.lock);
}

int swap_in_all(struct swap_area *area)
{
    int error = 0;
    assert(area->state == SWAP_LEAVING);
    emptying_begin();
    for (uint32_t slot = 1; slot < area->map.blocks && area->used > 0 && error == 0; slot++) {
        if (!swapmap_is_used(&area->map, slot))
            continue;
        error = emptying_error();
        if (error == 0)
            error = slot_bring_in(area, slot);
    }
    emptying_end(error);
    return error;
}

/*
 * Eviction: taking a page's frame away from its users (L20, L21), and looking whether they use it (L23).
 *
 *     ACTIVE, idle                                                        the steps, with BUSY held throughout
 *       |  take BUSY: not busy, not pinned, not locked                    (I7)
 *       |  every mapping: split if large, clear                           the page is a victim; from here on nobody can pin it
 *       |  32 victims, or the run's end: one flush for each address space, then the mappings are forgotten  (I2; the reverse map outlives PTE and TLB)
 *       |  locked somewhere, or pinned before the mappings were clear? --yes--> it stays
 *       +-- clean ---------------------------------> STANDBY              no I/O: its block has the same contents
 *       +-- anonymous, modified --> batch of 32 ---> sorted by owner and address, neighbouring swap blocks, marked clean, written: STANDBY when it
 *       |                                            has arrived; DIRTY and ACTIVE again if it has not, or swap is full
 *       +-- of a file, modified --> RECLAIM, BUSY given back ---> the writer (mm/pageout.c) writes the file's pages in order; then STANDBY
 *
 * What cannot be evicted: free, wired, pinned and busy frames, pages of areas that are locked or of huge pages, modified anonymous pages while there is no
 * room on swap, pages of objects that have nowhere to write them.
 *
 * Nothing here allocates memory. Locks: page->lock inside; the batch is its owner's.
 */
#ifndef MM_EVICT_H
#define MM_EVICT_H

#include "mm/clock.h"
#include "mm/frame.h"
#include "mm/rmap.h"
#include "mm/swap_io.h"

#define EVICT_VICTIMS 32

/* What leaves together. All pages are BUSY. */
struct evict_batch {
    unsigned victim_count, count;
    struct rmap_gather gather; /* the victims' mappings that are not flushed yet */
    struct evict_entry {
        struct page *page;
        uintptr_t owner; /* where it was mapped first: neighbours in memory become neighbours on swap */
        vaddr_t address;
        bool stays; /* a victim that is locked or pinned */
    } victims[EVICT_VICTIMS],
        entries[SWAP_IO_PAGES]; /* modified anonymous pages, unmapped and flushed, by owner and address */
};

static inline void evict_batch_init(struct evict_batch *batch)
{
    batch->victim_count = 0;
    batch->count = 0;
    batch->gather.count = 0;
}

/* Evicts a page if it can be; false: it stays. It goes when the batch is full, or with evict_write(). Sleeps. */
bool evict_page(struct evict_batch *batch, struct page *page);

/* The same for a page that is BUSY already, which the batch gives back. */
bool evict_busy_page(struct evict_batch *batch, struct page *page);

/* Sends the victims on their ways and starts writing; the batch is empty afterwards. Sleeps while too many writes are under way. */
void evict_write(struct evict_batch *batch);

/* The daemon's ops for the clock (mm/clock.h); the context is its struct evict_batch. */
extern const struct clock_ops evict_clock_ops;

/* After the hands have moved: from here on uses of pages whose bits were cleared are seen, also by CPUs that had them in their TLB. Sleeps. */
void evict_flush_cleared(void);

#endif

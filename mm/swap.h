/*
 * Swap areas: where anonymous pages go when they leave memory, and which block belongs to whom.
 *
 *     anon->block  |area: 4 bits|slot: 28 bits|        0: the anon has no block
 *                        |            |
 *                  swap_areas[]    one page of a partition or file; slot 0 is the header, so no block is 0
 *                        |
 *                  struct swap_area --> swapmap: bits of slots in use
 *                                   --> owners:  slot -> anon, a frame of 512 entries for each stretch that is in use
 *                                   --> extents: slot -> sector of the device
 *
 * A block has one owner, an anon; that several processes share the anon is the anon's business (I8). It is bound late (L21): when page-out has a batch
 * of modified pages together, swap_assign() gives them neighbouring blocks. It is kept while the page is clean, so that a page that comes back and
 * is only read is never written again, and given back when the page is made dirty or the anon ends.
 *
 *                swap_assign                          write fails: swap_retire
 *     no block -------------> block, BUSY page written ------------------------> no block, page DIRTY; the block is not used again
 *        ^                          | written
 *        |                          v
 *        +------ swap_release -- block, page clean (in memory, on standby) or gone (only on swap)
 *           made dirty; swapoff; the end of the anon
 *
 *   S1  owners[slot] == anon exactly when anon->block == (area, slot); then the slot's bit is set.
 *   S2  a DIRTY page's anon has no block, but while its batch is being put together; that of a clean page, and one without a page, has one,
 *       unless the page was given up (mm/lazyfree.h): without a page and a block it is zeros.
 *
 * Lock: swap_lock (RANK_SWAP) guards the areas' states, priorities, maps, owners, counts and every anon's block. anon->block changes only with the anon's
 * page BUSY, or when nobody refers to the anon any more, so either may read it.
 */
#ifndef MM_SWAP_H
#define MM_SWAP_H

#include "kernel/lock.h"
#include "kernel/types.h"
#include "mm/swapmap.h"

struct anon;
struct block_device;
struct file;
struct page;

#define SWAP_AREAS_MAX 16
#define SWAP_SLOT_BITS 28

enum swap_state {
    SWAP_ABSENT,
    SWAP_ACTIVE,
    SWAP_LEAVING, /* swapoff is bringing its pages back: nothing new goes there */
};

/* Slots [slot, slot + count) lie in a row on the device. */
struct swap_extent {
    uint32_t slot, count;
    uint64_t sector;
};

struct swap_area {
    enum swap_state state;
    int priority; /* the highest is filled first */
    struct swapmap map;
    struct anon ***owners; /* frames of OWNERS_PER_FRAME, null where no slot is in use */
    uint32_t used;         /* slots with an owner */
    uint32_t pages;        /* slots that may be used: fewer whenever one could not be written */
    /* Constant while the area is not ABSENT. */
    struct block_device *device;
    struct file *file; /* what swapon was given; referenced */
    struct swap_extent *extents;
    unsigned extent_count;
    char *path; /* for /proc/swaps, as last shown there or in the log; mm/swap_calls.c's own lock guards it */
};

extern struct spinlock swap_lock;
extern struct swap_area swap_areas[SWAP_AREAS_MAX];

static inline uint32_t swap_block(unsigned area, uint32_t slot)
{
    return (uint32_t)area << SWAP_SLOT_BITS | slot;
}

static inline unsigned swap_block_area(uint32_t block)
{
    return block >> SWAP_SLOT_BITS;
}

static inline uint32_t swap_block_slot(uint32_t block)
{
    return block & (((uint32_t)1 << SWAP_SLOT_BITS) - 1);
}

/*
 * Gives neighbouring blocks to anons[0], anons[1] ..., as many as a free run allows; returns how many, 0: swap is full. Their pages are BUSY.
 * Never waits.
 */
unsigned swap_assign(struct anon *const *anons, unsigned count);

/* Takes the anon's block from it, if it has one. Its page is BUSY, or nobody refers to it. */
void swap_release(struct anon *anon);

/* The same, and the block is never used again: writing it has failed. */
void swap_retire(struct anon *anon);

/* The end of an anon that has a block: gives that back, unless a neighbour's read has brought the page in meanwhile: false. */
bool swap_release_last(struct anon *anon) must_check;

/*
 * Makes `page`, a DETACHED frame, the BUSY page of the anon that owns `block`, to be read; false if nobody does or its page is in memory. `flags`:
 * PAGE_AHEAD if it is read only because a neighbour is, PAGE_STREAM besides if a stream is on its way there.
 */
bool swap_install(uint32_t block, struct page *page, unsigned flags) must_check;

/* Whether somebody owns `block` whose page is not in memory, just now. */
bool swap_is_absent(uint32_t block);

/* Whether `block` is never to be used: the header says it is bad, or writing it has failed. Its area is in use, and that long. */
bool swap_is_bad(uint32_t block);

/* The owner of a slot in use; null if there is none. swap_lock is held. */
struct anon *swap_owner_locked(const struct swap_area *area, uint32_t slot);

/* Where a block lies; returns how many blocks from it on lie in a row. The block is in use. */
uint32_t swap_place(uint32_t block, struct block_device **device, uint64_t *sector);

/*
 * swapon and swapoff of the file or disk at `path` (mm/swap_calls.c); flags are swapon(2)'s. 0; -EINVAL: it is not, or cannot be, an area, or another
 * swapoff ends it; -EBUSY: it is one already, or its disk is mounted or held otherwise; -EROFS: nothing can be written there; -ENOMEM, -EIO, -EINTR: swapoff could not bring everything back, and
 * the area stays; and what opening a file may give. They sleep.
 */
int swap_start(const char *path, uint32_t flags) must_check;
int swap_stop(const char *path) must_check;

/* In pages, over all areas. Free ones of areas that are leaving do not count. */
uint64_t swap_total(void);
uint64_t swap_free(void);
uint64_t swap_used(void); /* blocks that have an owner */

/* Anons whose pages are only on swap (counted by looking at every owner: for checks and reports). */
struct swap_holders {
    uint64_t anons;      /* that have a block */
    uint64_t absent;     /* of these: without a page in memory */
    uint64_t references; /* held on the absent ones */
    uint64_t wrong;      /* owners that do not know of it (S1) */
};
void swap_count_holders(struct swap_holders *holders);

void swap_init(void);

#endif

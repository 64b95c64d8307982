/*
 * Anons: one private anonymous page each, wherever its contents are.
 *
 *     overlay of an address space ---+
 *     overlay of its fork's child ---+--> struct anon (references, swap block) <--> struct page
 *     overlay of a shared object  ---+
 *
 * The page is in memory, or only on swap: then `page` is null, and whoever wants it brings it in. In memory it is DIRTY, or it has a block with the
 * same contents (mm/swap.h, S2).
 *
 *                 anon_create            page-out: written       its frame taken for a new use
 *        nothing ------------> in memory ---------------> standby -----------------------------> only on swap
 *                                  ^   ^                     |                                        |
 *                                  |   +------ rescue -------+                                        |
 *                                  +------------------------ swap_in: read ---------------------------+
 *
 * An anon is referenced by each overlay that holds it (I8). A reference is added only by a fork, under the mutex of a holder; therefore a holder that
 * finds one reference under its own mutex knows the page to be its own (I6).
 *
 * Locks: `page` goes from null to a BUSY page in one atomic step, and back under that page's BUSY and lock. The block is bound late, by page-out, so
 * that a batch of victims is one run on the disk; it changes as mm/swap.h says.
 */
#ifndef MM_ANON_H
#define MM_ANON_H

#include <stdatomic.h>

#include "mm/frame.h"

struct anon {
    _Atomic uint32_t references;
    uint32_t block;            /* on swap; 0: none: mm/swap.h */
    struct page *_Atomic page; /* in memory; null: only on swap */
};

/*
 * A new anon with one reference and a page of its own, BUSY and DIRTY (a new page is on no disk). Flags: enum frame_flags; with
 * FRAME_ZERO zeroed, else contents undefined. Null without memory. Sleeps unless FRAME_NOWAIT.
 */
struct anon *anon_create(unsigned flags) must_check;

/* The same around a DETACHED frame the caller has. Null without memory; then the frame stays the caller's. */
struct anon *anon_create_with(struct page *page, unsigned flags) must_check;

/* Takes anon_create_with() back before anybody saw the page: the frame is DETACHED and the caller's again. */
void anon_undo_create(struct anon *anon);

/* Exchanges the page of an anon, which is BUSY, unmapped and not pinned, for a DETACHED frame with the same contents; that is BUSY and DIRTY then. */
void anon_replace_page(struct anon *anon, struct page *page);

static inline void anon_get(struct anon *anon)
{
    atomic_fetch_add_explicit(&anon->references, 1, memory_order_relaxed);
}

/*
 * Makes `page`, a DETACHED frame, the anon's if it has none: BUSY, with PAGE_IO and `flags`, to be read. False: another was faster, and the caller takes
 * the name back by page_unname(), with no lock held. The caller holds a reference, or swap_lock.
 */
bool anon_install(struct anon *anon, struct page *page, unsigned flags) must_check;

/* Drops a reference; the last one frees the page, which the caller has unmapped, and the block. Sleeps only if the page is BUSY. */
void anon_put(struct anon *anon);

static inline bool anon_is_shared(const struct anon *anon)
{
    return atomic_load_explicit(&anon->references, memory_order_relaxed) > 1;
}

/* The anon's page, BUSY, brought in from swap if need be (*major, if not null, is set then). 0, -EIO, -ENOMEM. Sleeps. */
int anon_page_get(struct anon *anon, struct page **page, bool *major) must_check;

/* Whether the anon's page is in memory and pinned there, at this moment. */
static inline bool anon_is_pinned(const struct anon *anon)
{
    const struct page *page = atomic_load_explicit(&anon->page, memory_order_acquire);
    return page != NULL && atomic_load(&page->pins) != 0;
}

/* The anon's page, BUSY, if it is in memory and pinned there, else null. Sleeps. */
struct page *anon_page_get_pinned(struct anon *anon) must_check;

static inline bool anon_is_absent(const struct anon *anon)
{
    return atomic_load_explicit(&anon->page, memory_order_relaxed) == NULL;
}

/* Whether it is a page of zeros that nobody has asked for since it was given up (mm/lazyfree.h). Certain only while nobody uses the anon. */
static inline bool anon_is_given_up(const struct anon *anon)
{
    return anon_is_absent(anon) && anon->block == 0;
}

struct radix;

/* Puts an anon into an overlay at an empty place; waits for memory if it must. 0 or -ENOMEM. */
int overlay_insert(struct radix *overlay, uint64_t index, struct anon *anon) must_check;

/* Of the private pages [first, last]: how many are only on swap, and what part of them each holder's share is, in bytes. The mutex is held. */
struct overlay_absent {
    uint64_t pages, proportional;
};
struct overlay_absent overlay_count_absent(struct radix *overlay, uint64_t first, uint64_t last);

/* Anons that exist, for checks. */
uint64_t anons_count(void);

void anon_init(void);

#endif

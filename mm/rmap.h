/*
 * The reverse map: from a page to every place that maps it (I2).
 *
 *     page->rmap:  0                        nowhere
 *                  struct aspace *          one place, at page->rmap_address
 *                  struct rmap_node * | 1   several: a list of nodes of three places each
 *
 * An entry is added before the PTE is set and forgotten after the PTE is cleared and every TLB flushed, so a page without entries is in no TLB.
 * A mapping is added by the holder of BUSY, or by one who holds page->lock and sees BUSY clear; so the holder of BUSY sees no new ones.
 *
 * Locks: the entries are under page->lock. Those who act on mappings take the address space's table_lock afterwards, not inside.
 */
#ifndef MM_RMAP_H
#define MM_RMAP_H

#include "mm/frame.h"

struct aspace;

static inline bool rmap_is_empty(const struct page *page)
{
    return page->rmap == 0;
}

/* The first mapping of a BUSY page that has none: needs no lock, for nobody else adds or removes one. */
static inline void rmap_add_first(struct page *page, struct aspace *aspace, vaddr_t address)
{
    page->rmap_address = address;
    __atomic_store_n(&page->rmap, (uintptr_t)aspace, __ATOMIC_RELEASE);
}

/* The same for pages with several mappings: only for the two functions below. */
int rmap_add_further_locked(struct page *page, struct aspace *aspace, vaddr_t address) must_check;
bool rmap_remove_listed_locked(struct page *page, const struct aspace *aspace, vaddr_t address);

/* Adds a mapping. page->lock is held. 0, or -ENOMEM without waiting. */
static inline int must_check rmap_add_locked(struct page *page, struct aspace *aspace, vaddr_t address)
{
    if (page->rmap != 0)
        return rmap_add_further_locked(page, aspace, address);
    rmap_add_first(page, aspace, address);
    return 0;
}

/* Forgets a mapping; false if it was not there (another remover was first). page->lock is held. */
static inline bool rmap_remove_locked(struct page *page, const struct aspace *aspace, vaddr_t address)
{
    if (page->rmap != (uintptr_t)aspace || page->rmap_address != address)
        return rmap_remove_listed_locked(page, aspace, address);
    page->rmap = 0;
    page->rmap_address = 0;
    return true;
}

/* The same; takes page->lock. */
bool rmap_remove(struct page *page, struct aspace *aspace, vaddr_t address);

/* Whether the page has that mapping; how many it has. They take page->lock. */
bool rmap_has(struct page *page, const struct aspace *aspace, vaddr_t address);
unsigned rmap_count(struct page *page);

/* Visits every mapping under page->lock; a non-zero value ends the visit and is returned. */
int rmap_for_each_locked(const struct page *page, int (*visit)(struct aspace *aspace, vaddr_t address, void *context),
                         void *context);

/* Unmaps a BUSY page everywhere, flushed and forgotten when it returns. Sleeps. */
void rmap_remove_all(struct page *page);

/*
 * The same for many pages with few flushes: mappings that are out of their page tables but not yet out of the TLBs, so the reverse map still has them, and
 * the pages stay BUSY. Each address space is held. The gather is its owner's.
 */
#define RMAP_GATHERED 64
struct rmap_gather {
    unsigned count;
    struct {
        struct aspace *aspace;
        vaddr_t address;
        struct page *page;
    } mappings[RMAP_GATHERED];
};

/*
 * Takes every mapping of a BUSY page out of the page tables, so that nobody finds and pins the page there any more; those that do not fit have the gather
 * flushed. False: where it is locked it is still mapped. Sleeps.
 */
bool rmap_unmap_all(struct page *page, struct rmap_gather *gather) must_check;

/* One flush for each address space in the gather; then the mappings are forgotten, and the gather is empty. Sleeps. */
void rmap_gather_flush(struct rmap_gather *gather);

/* Takes the right to write from every mapping of a BUSY page, flushed when it returns (I3). Sleeps. */
void rmap_write_protect(struct page *page);

/*
 * PTE_A if any mapping was used (L23), PTE_LOCKED if one must stay. With `clear` the accessed bits are taken away (L24), and `cleared` is called for each
 * address space that lost one, which must hold it if it is to be flushed later: until then a use of what is in a TLB leaves no trace. Sleeps.
 */
uint64_t rmap_look(struct page *page, bool clear, void (*cleared)(struct aspace *aspace));

void rmap_init(void);

#endif

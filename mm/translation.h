/*
 * Translations: entering pages into an address space's page table and taking them out, with reverse map, TLB and counts in step (I2, I3).
 *
 *     enter     reverse-map entry, then PTE
 *     remove    clear the PTE, flush every TLB that may hold it, then forget the reverse-map entry, in batches
 *
 * Locks: aspace->table_lock inside. Functions on ranges need the aspace's mutex; those on one page only that the page is BUSY, so the pager
 * can use them. All may sleep (a flush waits for other CPUs).
 */
#ifndef MM_TRANSLATION_H
#define MM_TRANSLATION_H

#include "mm/area.h"
#include "mm/pagetable.h"
#include "mm/tlb.h"

struct aspace;
struct page;

/*
 * A frame of zeros, mapped read-only where anonymous memory is read before it is written. It is WIRED and has no name, no reverse map and no place in
 * the resident counts.
 */
extern struct page *zero_page;

/* The PTE's bits for a page of an area with `flags` (enum area_flags); accessed and, if writable, dirty are set in advance. */
static inline pte_t translation_bits(uint32_t flags, bool writable)
{
    pte_t bits = PTE_US | PTE_A;
    if (writable)
        bits |= PTE_RW | PTE_D;
    if ((flags & AREA_EXEC) == 0)
        bits |= PTE_XD;
    if ((flags & AREA_STAYS) != 0)
        bits |= PTE_LOCKED;
    return bits;
}

/*
 * Makes `address` map the BUSY page; whatever was mapped there is removed and flushed first. `bits` with PTE_RW need the page DIRTY (I3).
 * 0 or -ENOMEM.
 */
int translation_enter(struct aspace *aspace, vaddr_t address, struct page *page, pte_t bits) must_check;

/*
 * The same for a place that is known to be empty, with table_lock held and either the page BUSY or page->lock held and BUSY clear; never waits.
 * 0, -ENOMEM, or -EEXIST if the place is not empty.
 */
int translation_enter_locked(struct aspace *aspace, vaddr_t address, struct page *page, pte_t bits) must_check;

/* The same when the caller has looked the PTE's place up: pagetable_entry(address), null included. */
int translation_enter_at_locked(struct aspace *aspace, vaddr_t address, struct page *page, pte_t bits,
                                pte_t *entry) must_check;

/* Removes all translations of [start, end). */
void translation_remove_range(struct aspace *aspace, vaddr_t start, vaddr_t end);

/* The same for an address space that no CPU has loaded or will load: no TLB is flushed. */
void translation_remove_unused(struct aspace *aspace, vaddr_t start, vaddr_t end);

/* Changes the bits of all leaves in [start, end), gathering what must be flushed; the caller flushes `batch`. */
void translation_change_range(struct aspace *aspace, vaddr_t start, vaddr_t end, pte_t clear, pte_t set,
                              struct tlb_batch *batch);

/* For the reverse map: one mapping of a BUSY page, which may have gone meanwhile. Flushed, and for removal forgotten, when they return. */
void translation_remove_page(struct aspace *aspace, vaddr_t address, struct page *page);
/* The first half of it, which waits for nobody: the PTE is clear. The caller flushes, then lowers tlb.unflushed and forgets the mapping. */
void translation_unmap_page(struct aspace *aspace, vaddr_t address, struct page *page);
void translation_protect_page(struct aspace *aspace, vaddr_t address, struct page *page);
/*
 * The accessed bit, and PTE_LOCKED, of one mapping of a page; with `clear` the accessed bit is taken away. That of a large leaf stands for 512 pages: when it is
 * cleared each of them becomes REFERENCED.
 */
pte_t translation_look(struct aspace *aspace, vaddr_t address, const struct page *page, bool clear);

/* Splits large leaves so that none crosses `address`. table_lock is held. */
void translation_split_locked(struct aspace *aspace, vaddr_t address);

/*
 * The page mapped at `address`, with what the access needs (PTE_RW or nothing), or null. table_lock is held; the page stays mapped as long as it is, and
 * is usable longer only if pinned meanwhile. Sets accessed and dirty bits as the CPU would.
 */
struct page *translation_find_locked(struct aspace *aspace, vaddr_t address, pte_t need);

void translation_init(void);

#endif

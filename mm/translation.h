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
#include "mm/rmap.h"
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
 * Several pages of one object entered into one table, in one go: table_lock is held from translation_run_begin(), which says false if there is no memory for
 * the table or a large leaf is in the way, to translation_run_end().
 */
struct translation_run {
    struct aspace *aspace;
    vaddr_t start;
    pte_t *entries;    /* the one of `start` and those behind it */
    struct page *page; /* one that was entered */
    unsigned length;   /* of the run, in pages */
    unsigned count;    /* of pages entered */
};
bool translation_run_begin(struct translation_run *run, struct aspace *aspace, vaddr_t start,
                           unsigned length) must_check;

/*
 * Enters a page whose lock is held, BUSY clear, at page `number` of the run, which is empty. False without memory. `bits` as for translation_enter(); PTE_RW only
 * if the page is DIRTY (I3). Inline, for it is done for each page around a fault.
 */
static inline bool must_check translation_run_add(struct translation_run *run, unsigned number, struct page *page,
                                                  pte_t bits)
{
    if (rmap_add_locked(page, run->aspace, run->start + number * PAGE_SIZE) != 0)
        return false;
    pte_write(&run->entries[number], page_physical(page) | bits | PTE_P);
    run->page = page;
    run->count++;
    return true;
}

void translation_run_end(struct translation_run *run);

/* Removes all translations of [start, end). */
void translation_remove_range(struct aspace *aspace, vaddr_t start, vaddr_t end);

/* Removes all translations of an address space that no CPU has loaded or will load: no TLB is flushed. */
void translation_remove_all(struct aspace *aspace);

/* Changes the bits of all leaves in [start, end), gathering what must be flushed; the caller flushes `batch`. */
void translation_change_range(struct aspace *aspace, vaddr_t start, vaddr_t end, pte_t clear, pte_t set,
                              struct tlb_batch *batch);

/* For the reverse map: one mapping of a BUSY page, which may have gone meanwhile. Flushed, and for removal forgotten, when they return. */
void translation_remove_page(struct aspace *aspace, vaddr_t address, struct page *page);
/*
 * The first half of it, for eviction, which waits for nobody: true, the PTE is clear; the caller flushes, then lowers tlb.unflushed and forgets the mapping.
 * False: the page is locked there, and stays mapped.
 */
bool translation_unmap_page(struct aspace *aspace, vaddr_t address, struct page *page) must_check;
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

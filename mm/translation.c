/*
 * Translations: see translation.h for the order of steps that keeps I2 and I3.
 */
#include "mm/translation.h"

#include "kernel/abi/errno.h"
#include "kernel/layout.h"
#include "kernel/lock_inner.h"
#include "kernel/panic.h"
#include "kernel/thread.h"
#include "mm/aspace.h"
#include "mm/busy.h"
#include "mm/rmap.h"
#include "mm/stats.h"

struct page *zero_page;

void translation_init(void)
{
    zero_page = frame_alloc(FRAME_ZERO | FRAME_WIRED);
    assert(zero_page != NULL);
}

static _Atomic uint64_t *resident_counter(struct aspace *aspace, const struct page *page)
{
    if (page_has(page, PAGE_SHM))
        return &aspace->resident_shm;
    return page_has(page, PAGE_ANON) ? &aspace->resident_anon : &aspace->resident_file;
}

static inline void resident_add(struct aspace *aspace, const struct page *page, int64_t pages)
{
    if (page == zero_page)
        return;
    atomic_fetch_add_explicit(resident_counter(aspace, page), (uint64_t)pages, memory_order_relaxed);
}

static inline uint64_t leaf_pages(unsigned level)
{
    return level == LEVEL_4K ? 1 : level_size(level) >> PAGE_SHIFT;
}

static inline struct page *leaf_page(pte_t value, unsigned level)
{
    if (__builtin_expect(level == LEVEL_4K, 1))
        return page_of_frame((value & PTE_ADDRESS) >> PAGE_SHIFT);
    return page_of_frame(pte_frame(value, level) >> PAGE_SHIFT);
}

/* The page that the leaf a walk has found maps at the address. */
static inline struct page *leaf_page_at(const struct walk *walk, vaddr_t address)
{
    return leaf_page(walk->value, walk->level) + ((address & (level_size(walk->level) - 1)) >> PAGE_SHIFT);
}

void translation_split_locked(struct aspace *aspace, vaddr_t address)
{
    struct walk walk;
    while (aspace->large_mappings > 0 && pagetable_walk(&aspace->table, address, &walk) && walk.level > LEVEL_4K &&
           !is_aligned(address, level_size(walk.level))) {
        pagetable_split(&aspace->table, address);
        aspace->large_mappings += walk.level == LEVEL_1G ? 511 : -1;
        stat_count(STAT_THP_SPLIT);
    }
}

/* Splits whatever large leaf covers `address` down to 4 KB. */
static void split_to_page_locked(struct aspace *aspace, vaddr_t address)
{
    translation_split_locked(aspace, address);
    translation_split_locked(aspace, address + PAGE_SIZE);
}

/* Adds the reverse-map entry; the first one of a BUSY page needs no lock, the page of zeros has none. */
static int enter_rmap(struct aspace *aspace, vaddr_t address, struct page *page)
{
    if (page == zero_page)
        return 0;
    assert(page_has(page, PAGE_BUSY));
    if (rmap_is_empty(page)) {
        rmap_add_first(page, aspace, address);
        return 0;
    }
    spin_lock_inner(&page->lock);
    int error = rmap_add_locked(page, aspace, address);
    spin_unlock_inner(&page->lock);
    return error;
}

/* Sets the PTE of a place that is empty; `entry` is its place in the table, or null without a table. */
static int enter_empty(struct aspace *aspace, vaddr_t address, struct page *page, pte_t bits, pte_t *entry)
{
    assert((bits & PTE_RW) == 0 || page_has(page, PAGE_DIRTY)); /* I3 */
    if (enter_rmap(aspace, address, page) != 0)
        return -ENOMEM;
    if (entry != NULL) {
        pagetable_set(entry, page_physical(page), bits);
    } else if (pagetable_map(&aspace->table, address, page_physical(page), LEVEL_4K, bits) != 0) {
        if (page != zero_page)
            rmap_remove(page, aspace, address);
        return -ENOMEM;
    }
    resident_add(aspace, page, 1);
    return 0;
}

bool translation_run_begin(struct translation_run *run, struct aspace *aspace, vaddr_t start, unsigned length)
{
    pte_t *entries = pagetable_entry_make(&aspace->table, start);
    *run = (struct translation_run){.aspace = aspace, .start = start, .entries = entries, .length = length};
    return entries != NULL;
}

void translation_run_end(struct translation_run *run)
{
    pagetable_count(&run->aspace->table, run->start, run->entries, run->length, run->count);
    if (run->count > 0)
        resident_add(run->aspace, run->page, run->count);
}

/* The page is mapped there already: adds rights. */
static void enter_again(pte_t *entry, const struct page *page, pte_t bits)
{
    assert((bits & PTE_RW) == 0 || page_has(page, PAGE_DIRTY)); /* I3 */
    pagetable_change(entry, ~bits & PTE_XD, bits & (PTE_RW | PTE_A | PTE_D | PTE_LOCKED));
}

/* How often something is tried that needs memory under a spin lock: others may be faster in taking what was freed. */
enum { ATTEMPTS = 64 };

/* Waits until frames can be had, for a retry of something that needed up to so many under a spin lock: a table for each level, a slab. */
enum { RETRY_FRAMES = LEVEL_TOP };

static bool memory_wait(void)
{
    struct page *pages[RETRY_FRAMES];
    unsigned count = 0;
    while (count < RETRY_FRAMES && (pages[count] = frame_alloc(0)) != NULL)
        count++;
    for (unsigned i = 0; i < count; i++)
        frame_free(pages[i]);
    thread_yield(); /* a thread that has lost the CPU may be holding the front list they are in */
    return count > 0;
}

/* Another page is mapped there: takes it out. table_lock is held, and released. */
static void enter_clear(struct aspace *aspace, vaddr_t address, pte_t *entry)
{
    struct tlb_batch tlb;
    struct page *old = leaf_page(pte_read(entry), LEVEL_4K);
    unsigned level;
    tlb_batch_init(&tlb, aspace);
    tlb_batch_add(&tlb, address);
    (void)pagetable_unmap(&aspace->table, address, &level);
    resident_add(aspace, old, -1);
    spin_unlock(&aspace->table_lock);
    tlb_flush(&tlb);
    if (old != zero_page)
        rmap_remove(old, aspace, address);
}

int translation_enter(struct aspace *aspace, vaddr_t address, struct page *page, pte_t bits)
{
    for (unsigned attempt = 0; attempt < ATTEMPTS; attempt++) {
        int error = 0;
        spin_lock(&aspace->table_lock);
        if (__builtin_expect(aspace->large_mappings > 0, 0))
            split_to_page_locked(aspace, address);
        pte_t *entry = pagetable_entry(&aspace->table, address);
        pte_t value = entry != NULL ? pte_read(entry) : 0;
        if ((value & PTE_P) == 0) {
            error = enter_empty(aspace, address, page, bits, entry);
        } else if ((value & PTE_ADDRESS) == page_physical(page)) {
            enter_again(entry, page, bits);
        } else {
            enter_clear(aspace, address, entry);
            continue;
        }
        spin_unlock(&aspace->table_lock);
        if (error == 0)
            return 0;
        if (!memory_wait())
            return -ENOMEM;
    }
    return -ENOMEM;
}

/* Leaves taken out of the table, until the flush is done and their reverse-map entries may go. */
enum { REMOVAL_BATCH = 64 };

struct removal {
    struct aspace *aspace;
    struct tlb_batch *tlb; /* null: nobody can hold these translations */
    unsigned count, large; /* leaves; of these above 4 KB */
    vaddr_t next;          /* where the next batch begins */
    struct removed_leaf {
        struct page *page;
        vaddr_t address;
        unsigned level;
    } leaves[REMOVAL_BATCH];
};

/* Takes a leaf into the batch, unless that is full. */
static int removal_take(pte_t *entry, vaddr_t address, unsigned level, void *context)
{
    struct removal *removal = context;
    if (removal->count == REMOVAL_BATCH) {
        removal->next = address;
        return 1;
    }
    pte_t old = pte_take(entry);
    struct page *page = leaf_page(old, level);
    if (removal->tlb != NULL)
        tlb_batch_add(removal->tlb, address);
    if (page == zero_page)
        return 0;
    removal->leaves[removal->count++] = (struct removed_leaf){page, address, level};
    resident_add(removal->aspace, page, -(int64_t)leaf_pages(level));
    if (level > LEVEL_4K) {
        removal->aspace->large_mappings--;
        removal->large++;
    }
    if ((old & PTE_A) != 0)
        page_mark_referenced(page);
    return 0;
}

/* Forgets what led to the pages; those of large leaves apart, for interrupts are off meanwhile. */
static void removal_forget(struct removal *removal)
{
    struct aspace *aspace = removal->aspace;
    interrupts_push_off();
    for (unsigned i = 0; i < removal->count; i++) {
        struct removed_leaf *leaf = &removal->leaves[i];
        if (leaf->level > LEVEL_4K)
            continue;
        spin_lock_inner(&leaf->page->lock);
        rmap_remove_locked(leaf->page, aspace, leaf->address);
        spin_unlock_inner(&leaf->page->lock);
    }
    interrupts_pop();
    for (unsigned i = 0; removal->large > 0 && i < removal->count; i++) {
        struct removed_leaf *leaf = &removal->leaves[i];
        for (uint64_t j = 0; leaf->level > LEVEL_4K && j < leaf_pages(leaf->level); j++)
            rmap_remove(leaf->page + j, aspace, leaf->address + (j << PAGE_SHIFT));
    }
}

/* What page-out took from the table a moment ago is as good as there until it is flushed. */
static void note_unflushed_locked(struct tlb_batch *tlb)
{
    if (atomic_load(&tlb->aspace->tlb.unflushed) > 0)
        tlb->full = true;
}

/* One batch of leaves from `start` on: cleared, flushed, forgotten. Returns where to go on. */
static vaddr_t removal_step(struct removal *removal, vaddr_t start, vaddr_t end)
{
    spin_lock(&removal->aspace->table_lock);
    translation_split_locked(removal->aspace, start);
    translation_split_locked(removal->aspace, end);
    removal->count = 0;
    removal->large = 0;
    removal->next = end;
    pagetable_for_each(&removal->aspace->table, start, end, removal_take, removal);
    if (removal->tlb != NULL)
        note_unflushed_locked(removal->tlb);
    spin_unlock(&removal->aspace->table_lock);
    if (removal->tlb != NULL)
        tlb_flush(removal->tlb);
    if (removal->count > 0)
        removal_forget(removal);
    return removal->next;
}

void translation_remove_range(struct aspace *aspace, vaddr_t start, vaddr_t end)
{
    struct tlb_batch tlb;
    struct removal removal;
    tlb_batch_init(&tlb, aspace);
    removal.aspace = aspace;
    removal.tlb = &tlb;
    while (start < end)
        start = removal_step(&removal, start, end);
}

void translation_remove_all(struct aspace *aspace)
{
    struct removal removal;
    removal.aspace = aspace;
    removal.tlb = NULL;
    for (vaddr_t start = 0; start < USER_END;)
        start = removal_step(&removal, start, USER_END);
}

enum { CHANGE_BATCH = 2048 };

struct change {
    pte_t clear, set;
    struct tlb_batch *tlb;
    unsigned count;
    vaddr_t next;
};

static int change_visit(pte_t *entry, vaddr_t address, unsigned level, void *context)
{
    struct change *change = context;
    (void)level;
    if (change->count == CHANGE_BATCH) {
        change->next = address;
        return 1;
    }
    change->count++;
    pte_t old = *entry;
    if ((old & change->clear) == 0 && (old & change->set) == change->set)
        return 0;
    pagetable_change(entry, change->clear, change->set);
    tlb_batch_add(change->tlb, address);
    return 0;
}

void translation_change_range(struct aspace *aspace, vaddr_t start, vaddr_t end, pte_t clear, pte_t set,
                              struct tlb_batch *batch)
{
    struct change change = {.clear = clear, .set = set, .tlb = batch};
    while (start < end) {
        change.count = 0;
        change.next = end;
        spin_lock(&aspace->table_lock);
        translation_split_locked(aspace, start);
        translation_split_locked(aspace, end);
        pagetable_for_each(&aspace->table, start, end, change_visit, &change);
        note_unflushed_locked(batch);
        spin_unlock(&aspace->table_lock);
        start = change.next;
    }
}

/* The 4 KB entry of `address` if it maps the page, else null. */
static pte_t *page_entry_locked(struct aspace *aspace, vaddr_t address, const struct page *page)
{
    split_to_page_locked(aspace, address);
    pte_t *entry = pagetable_entry(&aspace->table, address);
    if (entry == NULL || (*entry & PTE_P) == 0 || (*entry & PTE_ADDRESS) != page_physical(page))
        return NULL;
    return entry;
}

static void page_unmap_locked(struct aspace *aspace, vaddr_t address, struct page *page)
{
    unsigned level;
    if (page_entry_locked(aspace, address, page) == NULL)
        return;
    if ((pagetable_unmap(&aspace->table, address, &level) & PTE_A) != 0)
        page_mark_referenced(page);
    resident_add(aspace, page, -1);
}

/* Whether that mapping of the page must stay. */
static bool page_is_locked_there(struct aspace *aspace, vaddr_t address, const struct page *page)
{
    struct walk walk;
    return pagetable_walk(&aspace->table, address, &walk) && leaf_page_at(&walk, address) == page &&
           (walk.value & PTE_LOCKED) != 0;
}

bool translation_unmap_page(struct aspace *aspace, vaddr_t address, struct page *page)
{
    spin_lock(&aspace->table_lock);
    bool stays = page_is_locked_there(aspace, address, page);
    if (!stays) {
        atomic_fetch_add(&aspace->tlb.unflushed, 1);
        page_unmap_locked(aspace, address, page);
    }
    spin_unlock(&aspace->table_lock);
    return !stays;
}

void translation_remove_page(struct aspace *aspace, vaddr_t address, struct page *page)
{
    struct tlb_batch tlb;
    tlb_batch_init(&tlb, aspace);
    spin_lock(&aspace->table_lock);
    atomic_fetch_add(&aspace->tlb.unflushed, 1);
    page_unmap_locked(aspace, address, page);
    spin_unlock(&aspace->table_lock);
    /* Flushed even if the owner cleared the entry first: it may not have flushed yet. */
    tlb_batch_add(&tlb, address);
    tlb_flush(&tlb);
    atomic_fetch_sub(&aspace->tlb.unflushed, 1);
    rmap_remove(page, aspace, address);
}

void translation_protect_page(struct aspace *aspace, vaddr_t address, struct page *page)
{
    struct tlb_batch tlb;
    tlb_batch_init(&tlb, aspace);
    spin_lock(&aspace->table_lock);
    pte_t *entry = page_entry_locked(aspace, address, page);
    if (entry != NULL)
        pagetable_change(entry, PTE_RW | PTE_D, 0);
    spin_unlock(&aspace->table_lock);
    tlb_batch_add(&tlb, address);
    tlb_flush(&tlb);
}

/* Takes the accessed bit from a leaf; what it said of the pages under a large one is kept with each of them. */
static void leaf_clear_accessed(const struct walk *walk)
{
    pagetable_change(walk->entry, PTE_A, 0);
    if (walk->level == LEVEL_4K)
        return;
    struct page *page = leaf_page(walk->value, walk->level);
    for (uint64_t i = 0; i < leaf_pages(walk->level); i++)
        page_mark_referenced(page + i);
}

pte_t translation_look(struct aspace *aspace, vaddr_t address, const struct page *page, bool clear)
{
    struct walk walk;
    pte_t found = 0;
    spin_lock(&aspace->table_lock);
    if (pagetable_walk(&aspace->table, address, &walk) && leaf_page_at(&walk, address) == page) {
        found = walk.value & (PTE_A | PTE_LOCKED);
        if (clear && (found & PTE_A) != 0)
            leaf_clear_accessed(&walk);
    }
    spin_unlock(&aspace->table_lock);
    return found;
}

struct page *translation_find_locked(struct aspace *aspace, vaddr_t address, pte_t need)
{
    struct walk walk;
    pte_t *entry = pagetable_entry(&aspace->table, address);
    unsigned level = LEVEL_4K;
    if (entry == NULL && aspace->large_mappings > 0 && pagetable_walk(&aspace->table, address, &walk)) {
        entry = walk.entry;
        level = walk.level;
    }
    if (entry == NULL)
        return NULL;
    pte_t value = *entry, wanted = PTE_P | PTE_US | need;
    if ((value & wanted) != wanted)
        return NULL;
    pte_t used = need != 0 ? PTE_A | PTE_D : PTE_A;
    if ((value & used) != used)
        pagetable_change(entry, 0, used);
    return leaf_page(value, level) + ((address & (level_size(level) - 1)) >> PAGE_SHIFT);
}

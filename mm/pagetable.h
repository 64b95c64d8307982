/*
 * x86-64 page tables (L11, L14 to L16, L18): the four levels, entries at three sizes.
 *
 *        47      39 38      30 29      21 20      12 11        0
 *       +----------+----------+----------+----------+-----------+
 *       |  PML4    |   PDPT   |    PD    |    PT    |  offset   |       level 4, 3, 2, 1
 *       +----------+----------+----------+----------+-----------+
 *                     1 GB       2 MB       4 KB     sizes a leaf can have
 *
 * A table page's struct page counts its entries in use, so an empty table is given back at once (L14). The functions know nothing of
 * address spaces, reverse maps or TLBs: the caller holds the tables' lock and flushes. They never wait for memory.
 */
#ifndef MM_PAGETABLE_H
#define MM_PAGETABLE_H

#include "kernel/types.h"

typedef uint64_t pte_t; /* an entry of any level */

/* Bits, named as in Intel SDM volume 3, 4.5. */
#define PTE_P ((pte_t)1 << 0)    /* present */
#define PTE_RW ((pte_t)1 << 1)   /* writable */
#define PTE_US ((pte_t)1 << 2)   /* user */
#define PTE_PWT ((pte_t)1 << 3)
#define PTE_PCD ((pte_t)1 << 4)  /* uncached */
#define PTE_A ((pte_t)1 << 5)    /* accessed (L23) */
#define PTE_D ((pte_t)1 << 6)    /* dirty (L23) */
#define PTE_PS ((pte_t)1 << 7)   /* this entry of level 2 or 3 maps a page */
#define PTE_G ((pte_t)1 << 8)    /* global: the kernel's */
#define PTE_XD ((pte_t)1 << 63)  /* execute disable */
#define PTE_ADDRESS ((pte_t)0x000ffffffffff000)

enum page_level { LEVEL_4K = 1, LEVEL_2M = 2, LEVEL_1G = 3, LEVEL_TOP = 4 };

static inline uint64_t level_size(unsigned level)
{
    return PAGE_SIZE << (9 * (level - 1));
}

static inline unsigned level_index(vaddr_t address, unsigned level)
{
    return (unsigned)(address >> (PAGE_SHIFT + 9 * (level - 1))) & 511;
}

struct pagetable {
    pte_t *top;             /* level 4, always resident */
    uint64_t tables;        /* table pages, the top one included */
};

/* What a walk found: the entry that ended it. */
struct walk {
    pte_t *entry;   /* null when an upper level is absent */
    unsigned level; /* of the entry: a leaf's size, or where the walk stopped */
    pte_t value;    /* *entry as read */
    pte_t path[5];  /* values by level, for reports (index 4 .. level) */
};

/* A new top level whose upper half is the kernel's. 0 or -ENOMEM. */
int pagetable_create(struct pagetable *table) must_check;
/* Frees the top level and all tables below its lower half; no leaf may be left. */
void pagetable_destroy(struct pagetable *table);

/* The leaf for `address`, at whatever level, or where the walk ends. */
bool pagetable_walk(const struct pagetable *table, vaddr_t address, struct walk *walk);
/* The level-1 entry of `address` or null: the short form on the fault's fast path. A large leaf gives null. */
pte_t *pagetable_entry(const struct pagetable *table, vaddr_t address);

/*
 * Sets the leaf of `address` at `level` to map `frame` with `bits` (PTE_*; P and PS are added). The place must be empty of leaves; tables are
 * allocated as needed. A level-2 leaf with set-aside table: see pagetable_set_aside. 0 or -ENOMEM (nothing changed).
 */
int pagetable_map(struct pagetable *table, vaddr_t address, paddr_t frame, unsigned level, pte_t bits) must_check;

/* Clears the leaf of `address` (4 KB or large, as it is) and gives back tables that became empty. Returns the old value, 0 if there was none; *level its size. */
pte_t pagetable_unmap(struct pagetable *table, vaddr_t address, unsigned *level);

/* Atomically changes the leaf's bits (clear, then set); returns the old value. */
pte_t pagetable_change(pte_t *entry, pte_t clear, pte_t set);

/*
 * Replaces the large leaf covering `address` by 512 smaller ones with the same rights and accessed, dirty bits. A level-2 leaf made with
 * pagetable_map() holds its table set aside, so this cannot fail for it; a level-3 leaf needs `tables` set aside likewise.
 * No flush is needed: translations stay the same (SDM 4.10.2.3).
 */
void pagetable_split(struct pagetable *table, vaddr_t address);

/*
 * Visits the leaves of [start, end) in order; the visitor may change or clear *entry in place (pagetable_range_done() or an unmap gives tables back).
 * It returns 0 to go on; another value ends the walk and is returned.
 */
int pagetable_for_each(struct pagetable *table, vaddr_t start, vaddr_t end,
                       int (*visit)(pte_t *entry, vaddr_t address, unsigned level, void *context), void *context);

/* Clears all leaves of [start, end), splitting large ones that stick out; removed(old value, address, level, context) is called for each. Gives tables back. */
void pagetable_unmap_range(struct pagetable *table, vaddr_t start, vaddr_t end,
                           void (*removed)(pte_t old, vaddr_t address, unsigned level, void *context), void *context);

/* The kernel's own tables. Lock: RANK_KERNEL_TABLE inside. Takes over the loader's tables and removes its identity map. */
struct bootinfo;
void kernel_table_init(const struct bootinfo *info);
extern struct pagetable kernel_table;
int kernel_map(vaddr_t address, paddr_t frame, uint64_t length, pte_t bits) must_check;
void kernel_unmap(vaddr_t address, uint64_t length); /* flushes every CPU; sleeps */

#endif

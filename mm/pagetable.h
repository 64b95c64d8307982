/*
 * x86-64 page tables (L11, L14 to L16, L18): the four levels, entries at three sizes.
 *
 *        47      39 38      30 29      21 20      12 11        0
 *       +----------+----------+----------+----------+-----------+
 *       |  PML4    |   PDPT   |    PD    |    PT    |  offset   |       level 4, 3, 2, 1
 *       +----------+----------+----------+----------+-----------+
 *                     1 GB       2 MB       4 KB     sizes a leaf can have
 *
 * A table page's struct page counts its entries in use (not zero), so a table that becomes empty leaves the tree at once (L14). A CPU may still walk
 * it, until the flush that follows every unmapping: meanwhile it is RETIRED, on a list of the page table, and tlb_flush() frees it.
 *
 * A large leaf has the tables for its split set aside, one for 2 MB, 1 + 512 for 1 GB, so that a split cannot fail.
 *
 * The functions know nothing of address spaces, reverse maps or TLBs: the caller holds the tables' lock and flushes. They never wait for memory.
 */
#ifndef MM_PAGETABLE_H
#define MM_PAGETABLE_H

#include "kernel/list.h"
#include "kernel/types.h"

typedef uint64_t pte_t; /* an entry of any level */

/* Bits, named as in Intel SDM volume 3, 4.5. */
#define PTE_P ((pte_t)1 << 0)  /* present */
#define PTE_RW ((pte_t)1 << 1) /* writable */
#define PTE_US ((pte_t)1 << 2) /* user */
#define PTE_PWT ((pte_t)1 << 3)
#define PTE_PCD ((pte_t)1 << 4)    /* uncached */
#define PTE_A ((pte_t)1 << 5)      /* accessed (L23) */
#define PTE_D ((pte_t)1 << 6)      /* dirty (L23) */
#define PTE_PS ((pte_t)1 << 7)     /* this entry of level 2 or 3 maps a page */
#define PTE_G ((pte_t)1 << 8)      /* global: the kernel's */
#define PTE_LOCKED ((pte_t)1 << 9) /* software's: mlock or huge pages keep it in memory */
#define PTE_XD ((pte_t)1 << 63)    /* execute disable */
#define PTE_ADDRESS ((pte_t)0x000ffffffffff000)
#define PTE_PAT_LARGE ((pte_t)1 << 12) /* of a large leaf; a 4 KB leaf has it in place of PS */

enum page_level { LEVEL_4K = 1, LEVEL_2M = 2, LEVEL_1G = 3, LEVEL_TOP = 4 };

#define TABLE_ENTRIES 512
#define TABLE_BITS 9

/* Bytes that an entry of `level` covers. */
static inline uint64_t level_size(unsigned level)
{
    return PAGE_SIZE << (TABLE_BITS * (level - 1));
}

/* The place of `address` in a table of `level`. */
static inline unsigned level_index(vaddr_t address, unsigned level)
{
    return (unsigned)(address >> (PAGE_SHIFT + TABLE_BITS * (level - 1))) & (TABLE_ENTRIES - 1);
}

/* Whether an entry of `level` maps a page. */
static inline bool pte_is_leaf(pte_t value, unsigned level)
{
    return (value & PTE_P) != 0 && (level == LEVEL_4K || (value & PTE_PS) != 0);
}

/* Whether an entry of `level` points to a table of the next level. */
static inline bool pte_is_table(pte_t value, unsigned level)
{
    return (value & PTE_P) != 0 && level > LEVEL_4K && (value & PTE_PS) == 0;
}

/* Where the page of a leaf begins. */
static inline paddr_t pte_frame(pte_t value, unsigned level)
{
    return value & PTE_ADDRESS & ~(level_size(level) - 1);
}

/* Entries change under the CPU, which sets accessed and dirty bits: one load, one store. */
static inline pte_t pte_read(const pte_t *entry)
{
    return __atomic_load_n(entry, __ATOMIC_RELAXED);
}

static inline void pte_write(pte_t *entry, pte_t value)
{
    __atomic_store_n(entry, value, __ATOMIC_RELEASE);
}

/* A table of level 1 that was found lately, and has not been retired since. */
struct pagetable_found {
    pte_t *entries;
    uint64_t number; /* of the 2 MB that it is for; UINT64_MAX: none */
};

/* How many are kept, by that number's remainder: a program's text, heap and stack mostly have several. */
enum { PAGETABLE_FOUND = 4 };

struct pagetable {
    pte_t *top;          /* level 4, always resident */
    uint64_t tables;     /* table pages, the top one included, retired and set-aside ones not */
    bool kernel;         /* the kernel's own: large leaves are never split, entries of the upper half never go */
    struct list retired; /* empty tables waiting for a flush, linked by struct page */
    struct list aside;   /* tables for splits */
    uint64_t aside_count;
    struct pagetable_found found[PAGETABLE_FOUND];
};

/* What a walk found: the entry that ended it. */
struct walk {
    pte_t *entry;   /* null when an upper level is absent */
    unsigned level; /* of the entry: a leaf's size, or where the walk stopped */
    pte_t value;    /* *entry as read */
    pte_t path[5];  /* values by level, for reports (index 4 .. level) */
};

/* A new top level whose upper half is the kernel's. 0 or -ENOMEM. Alone of these functions it may wait for memory. */
int pagetable_create(struct pagetable *table) must_check;
/* Frees the top level, retired and set-aside tables; no leaf may be left, and no CPU may have it loaded. */
void pagetable_destroy(struct pagetable *table);

/* The leaf for `address`, at whatever level, or where the walk ends. */
bool pagetable_walk(const struct pagetable *table, vaddr_t address, struct walk *walk);
/*
 * The level-1 entry of `address`, empty or not, or null without a table there: the short form on the fault's fast path. A large leaf gives null. Faults and
 * copies come in rows, so mostly the table was found lately; pagetable_entry_find() goes down from the top.
 */
pte_t *pagetable_entry_find(struct pagetable *table, vaddr_t address);
static inline pte_t *pagetable_entry(struct pagetable *table, vaddr_t address)
{
    uint64_t number = address / level_size(LEVEL_2M);
    const struct pagetable_found *found = &table->found[number % PAGETABLE_FOUND];
    if (__builtin_expect(found->number == number, 1))
        return &found->entries[level_index(address, LEVEL_4K)];
    return pagetable_entry_find(table, address);
}

/*
 * The same with the tables made as needed, for a caller who sets entries itself and then calls pagetable_count(). Null without memory, or if a large leaf is in
 * the way.
 */
pte_t *pagetable_entry_make(struct pagetable *table, vaddr_t address);

/* Counts `set` entries of a table that its caller has set, all among the `length` from *entry on, that of `address`. If there is none, a table made for
 * them goes again. */
void pagetable_count(struct pagetable *table, vaddr_t address, const pte_t *entry, unsigned length, unsigned set);

/*
 * Sets the leaf of `address` at `level` to map `frame` with `bits` (PTE_*; P and PS are added). The place must be empty, of tables too (see
 * pagetable_is_empty); tables are allocated as needed, those for a split too. 0 or -ENOMEM (nothing changed).
 */
int pagetable_map(struct pagetable *table, vaddr_t address, paddr_t frame, unsigned level, pte_t bits) must_check;

/* The same for an empty level-1 entry that pagetable_entry() has found. */
void pagetable_set(pte_t *entry, paddr_t frame, pte_t bits);

/* Whether the whole entry of `level` that covers `address` is unused, so that a leaf of that size may be set there. */
bool pagetable_is_empty(const struct pagetable *table, vaddr_t address, unsigned level);

/* Clears the leaf of `address` (4 KB or large, as it is) and retires tables that became empty. Returns the old value, 0 if there was none; *level its size. */
pte_t pagetable_unmap(struct pagetable *table, vaddr_t address, unsigned *level);

/* Atomically changes the leaf's bits (clear, then set); returns the old value. */
pte_t pagetable_change(pte_t *entry, pte_t clear, pte_t set);

/*
 * Replaces the large leaf covering `address` by 512 smaller ones with the same rights and accessed, dirty bits. Cannot fail: the table
 * was set aside. The translations stay the same, so flushing may wait until one of them changes; one flush of any address in it does
 * (SDM volume 3, 4.10.2.3). Not for the kernel's table.
 */
void pagetable_split(struct pagetable *table, vaddr_t address);
/* Splits, down to 4 KB, until no large leaf reaches across `address`: a leaf begins there or ends there. */
void pagetable_split_at(struct pagetable *table, vaddr_t address);

/*
 * Visits the leaves of [start, end) in order, those that stick out too; the visitor may change *entry in place (pagetable_change, pte_take), a
 * table it leaves empty is retired. It returns 0 to go on; another value ends the walk and is returned.
 */
int pagetable_for_each(struct pagetable *table, vaddr_t start, vaddr_t end,
                       int (*visit)(pte_t *entry, vaddr_t address, unsigned level, void *context), void *context);

/* Clears all leaves of [start, end), splitting large ones that stick out; removed(old value, address, level, context), if given, is called for each. */
void pagetable_unmap_range(struct pagetable *table, vaddr_t start, vaddr_t end,
                           void (*removed)(pte_t old, vaddr_t address, unsigned level, void *context), void *context);

/* Atomically empties an entry, from a visitor; returns the old value. */
static inline pte_t pte_take(pte_t *entry)
{
    return __atomic_exchange_n(entry, 0, __ATOMIC_RELAXED);
}

/* Frames the table consists of: the tree, retired and set-aside tables. Under the tables' lock. */
uint64_t pagetable_frames(const struct pagetable *table);

/* Forgets all that were found. */
void pagetable_found_clear(struct pagetable *table);

/* Moves the retired tables to `to`: under the tables' lock, before a flush. Frees them: after it, with no lock. */
void pagetable_take_retired(struct pagetable *table, struct list *to);
void pagetable_free_retired(struct list *tables);

/* Panics unless every table's count agrees with its entries. The caller holds the tables' lock. */
void pagetable_check(const struct pagetable *table);

/*
 * The kernel's own tables (mm/kernel_table.c). Lock: RANK_KERNEL_TABLE inside. kernel_table_init() takes over the loader's tables, after
 * frame_init(), and removes its identity map.
 */
struct bootinfo;
void kernel_table_init(const struct bootinfo *info);
extern struct pagetable kernel_table;

/* Copies the kernel's half into a new top level. It never changes afterwards: all changes are in the tables below it, which are shared. */
void kernel_table_share(pte_t *top);

/* Maps `length` bytes, whole pages, with the largest pages that fit; `bits` without P, G and A, which are added. 0 or -ENOMEM (nothing changed). Sleeps. */
int kernel_map(vaddr_t address, paddr_t frame, uint64_t length, pte_t bits) must_check;
/* Unmaps whole mappings of kernel_map(); every CPU is flushed when it returns. Sleeps. */
void kernel_unmap(vaddr_t address, uint64_t length);

/* Whether all of [address, address + length) of the kernel's half is mapped. */
bool kernel_is_mapped(vaddr_t address, uint64_t length);

#endif

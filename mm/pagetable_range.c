/* Page tables over ranges of addresses: visiting, unmapping, checking. See pagetable.h. */
#include "mm/pagetable_range.h"

#include "kernel/panic.h"
#include "mm/frame.h"
#include "mm/pagetable.h"

struct range {
    struct pagetable *table;
    int (*visit)(pte_t *entry, vaddr_t address, unsigned level, void *context);
    void *context;
};

static inline pte_t *table_below(pte_t value)
{
    return direct_map(value & PTE_ADDRESS);
}

static int visit_entries(const struct range *range, pte_t *entries, unsigned level, vaddr_t first, vaddr_t last);

/* What is below one entry of an upper level, in [first, last]. */
static int visit_below(const struct range *range, pte_t *entry, unsigned level, vaddr_t first, vaddr_t last)
{
    pte_t *below = table_below(pte_read(entry));
    int result = visit_entries(range, below, level - 1, first, last);
    if (page_of_address(below)->used == 0)
        pagetable_table_gone(range->table, entry);
    return result;
}

/* One entry that is in use and covers the addresses from `address` on; *gone counts it if the visitor has emptied it. */
static inline int visit_entry(const struct range *range, pte_t *entry, unsigned level, vaddr_t address, vaddr_t first,
                              vaddr_t last, uint32_t *gone)
{
    if (pte_is_table(pte_read(entry), level))
        return visit_below(range, entry, level, max_u64(first, address),
                           min_u64(last, address + (level_size(level) - 1)));
    int result = range->visit(entry, address, level, range->context);
    if (pte_read(entry) == 0) {
        ++*gone;
        if (level > LEVEL_4K)
            pagetable_aside_gone(range->table, level);
    }
    return result;
}

static bool group_is_empty(const pte_t *group)
{
    return (pte_read(&group[0]) | pte_read(&group[1]) | pte_read(&group[2]) | pte_read(&group[3]) |
            pte_read(&group[4]) | pte_read(&group[5]) | pte_read(&group[6]) | pte_read(&group[7])) == 0;
}

/* Entries [entry, end) of a table, all in one group; the first is for the addresses from `address` on. */
static inline __attribute__((always_inline)) int visit_group(const struct range *range, pte_t *entry, const pte_t *end,
                                                             unsigned level, vaddr_t address, vaddr_t first,
                                                             vaddr_t last, uint32_t *gone)
{
    for (const pte_t *start = entry; entry < end; entry++) {
        if (pte_read(entry) == 0)
            continue;
        int result = visit_entry(range, entry, level, address + (vaddr_t)(entry - start) * level_size(level), first,
                                 last, gone);
        if (result != 0)
            return result;
    }
    return 0;
}

/* The entries of a table for [first, last], which are several. Inlined, so that the level is a constant for the most frequent one. */
static inline __attribute__((always_inline)) int visit_groups(const struct range *range, pte_t *entries, unsigned level,
                                                              vaddr_t first, vaddr_t last)
{
    struct page *page = page_of_address(entries);
    unsigned first_index = level_index(first, level), last_index = level_index(last, level);
    vaddr_t base = first & ~(level_size(level) * TABLE_ENTRIES - 1);
    uint64_t groups = page->groups & ~(group_bit(first_index) - 1) & (group_bit(last_index) * 2 - 1);
    int result = 0;
    for (; groups != 0 && result == 0; groups &= groups - 1) {
        unsigned group = (unsigned)__builtin_ctzll(groups) * GROUP_ENTRIES;
        unsigned from = group > first_index ? group : first_index;
        unsigned end = (unsigned)min_u64(group + GROUP_ENTRIES, last_index + 1);
        uint32_t used = page->used, gone = 0;
        result = visit_group(range, &entries[from], &entries[end], level, base + from * level_size(level), first, last,
                             &gone);
        page->used -= gone;
        if ((page->used != used || used == 0) && group_is_empty(&entries[group]))
            page->groups &= ~group_bit(group);
    }
    return result;
}

/* Apart for the leaves' level, and from what goes down to them with one entry at each level, which saves few registers. */
static __attribute__((noinline)) int visit_leaves(const struct range *range, pte_t *entries, vaddr_t first,
                                                  vaddr_t last)
{
    return visit_groups(range, entries, LEVEL_4K, first, last);
}

static __attribute__((noinline)) int visit_several(const struct range *range, pte_t *entries, unsigned level,
                                                   vaddr_t first, vaddr_t last)
{
    return visit_groups(range, entries, level, first, last);
}

/* [first, last] in a table. The last address is included, so that the range may end at the top of the address space. */
static int visit_entries(const struct range *range, pte_t *entries, unsigned level, vaddr_t first, vaddr_t last)
{
    pte_t *entry = &entries[level_index(first, level)];
    uint32_t gone = 0;
    if (entry != &entries[level_index(last, level)])
        return level == LEVEL_4K ? visit_leaves(range, entries, first, last)
                                 : visit_several(range, entries, level, first, last);
    if (pte_read(entry) == 0)
        return 0;
    int result = visit_entry(range, entry, level, round_down(first, level_size(level)), first, last, &gone);
    page_of_address(entries)->used -= gone;
    return result;
}

int pagetable_for_each(struct pagetable *table, vaddr_t start, vaddr_t end,
                       int (*visit)(pte_t *entry, vaddr_t address, unsigned level, void *context), void *context)
{
    if (start == end)
        return 0;
    const struct range range = {.table = table, .visit = visit, .context = context};
    return visit_entries(&range, table->top, LEVEL_TOP, start, end - 1);
}

struct removal {
    void (*removed)(pte_t old, vaddr_t address, unsigned level, void *context);
    void *context;
};

static int remove_leaf(pte_t *entry, vaddr_t address, unsigned level, void *context)
{
    const struct removal *removal = context;
    pte_t old = pte_take(entry);
    if (removal->removed != NULL)
        removal->removed(old, address, level, removal->context);
    return 0;
}

void pagetable_unmap_range(struct pagetable *table, vaddr_t start, vaddr_t end,
                           void (*removed)(pte_t old, vaddr_t address, unsigned level, void *context), void *context)
{
    struct removal removal = {removed, context};
    if (!table->kernel) {
        pagetable_split_at(table, start);
        pagetable_split_at(table, end);
    }
    pagetable_for_each(table, start, end, remove_leaf, &removal);
}

/* Checks a table and those below it; returns how many there are. Adds what its leaves have set aside to *aside. */
static uint64_t check_entries(const pte_t *entries, unsigned level, unsigned begin, unsigned end, uint64_t *aside)
{
    uint64_t tables = 1;
    uint32_t used = 0;
    for (unsigned i = begin; i < end; i++) {
        pte_t value = pte_read(&entries[i]);
        used += value != 0;
        assert(value == 0 || (page_of_address(entries)->groups & group_bit(i)) != 0);
        if (pte_is_table(value, level))
            tables += check_entries(table_below(value), level - 1, 0, TABLE_ENTRIES, aside);
        else if (value != 0 && level > LEVEL_4K)
            *aside += level == LEVEL_2M ? 1 : 1 + TABLE_ENTRIES;
    }
    assert(used == page_of_address(entries)->used);
    return tables;
}

void pagetable_check(const struct pagetable *table)
{
    uint64_t aside = 0;
    uint64_t tables = check_entries(table->top, LEVEL_TOP, 0, TABLE_ENTRIES / 2, &aside);
    assert(tables == table->tables);
    assert(aside == table->aside_count);
}

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

/* The 4 KB leaves of [first, last], all in the table `entries`. */
static int visit_leaves(const struct range *range, pte_t *entries, vaddr_t first, vaddr_t last)
{
    pte_t *entry = &entries[level_index(first, LEVEL_4K)];
    pte_t *end = &entries[level_index(last, LEVEL_4K)];
    uint32_t emptied = 0;
    int result = 0;
    for (vaddr_t address = round_down(first, PAGE_SIZE); entry <= end && result == 0; entry++, address += PAGE_SIZE) {
        if (pte_read(entry) == 0)
            continue;
        result = range->visit(entry, address, LEVEL_4K, range->context);
        emptied += pte_read(entry) == 0;
    }
    page_of_address(entries)->used -= emptied;
    return result;
}

static int visit_entries(const struct range *range, pte_t *entries, unsigned level, vaddr_t first, vaddr_t last);

/* What is below one entry of an upper level, or the large leaf that it is, in [first, last]. */
static int visit_entry(const struct range *range, pte_t *entry, unsigned level, vaddr_t first, vaddr_t last)
{
    int result;
    pte_t value = pte_read(entry);
    if (pte_is_table(value, level)) {
        pte_t *below = table_below(value);
        result = level == LEVEL_2M ? visit_leaves(range, below, first, last)
                                   : visit_entries(range, below, level - 1, first, last);
        if (page_of_address(below)->used == 0)
            pagetable_table_gone(range->table, entry);
    } else {
        result = range->visit(entry, round_down(first, level_size(level)), level, range->context);
        if (pte_read(entry) == 0)
            pagetable_leaf_gone(range->table, entry, level);
    }
    return result;
}

/* [first, last] in a table of an upper level. The last address is included, so that the range may end at the top of the address space. */
static int visit_entries(const struct range *range, pte_t *entries, unsigned level, vaddr_t first, vaddr_t last)
{
    for (vaddr_t address = first;;) {
        pte_t *entry = &entries[level_index(address, level)];
        vaddr_t entry_last = min_u64(last, address | (level_size(level) - 1));
        int result = pte_read(entry) == 0 ? 0 : visit_entry(range, entry, level, address, entry_last);
        if (result != 0 || entry_last == last)
            return result;
        address = entry_last + 1;
    }
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

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

/* [first, last]: the last address is included, so that the range may end at the top of the address space. */
static int visit_entries(const struct range *range, pte_t *entries, unsigned level, vaddr_t first, vaddr_t last);

static inline pte_t *table_below(pte_t value)
{
    return direct_map(value & PTE_ADDRESS);
}

/* One entry, which covers `address` up to `last` at most. */
static int visit_entry(const struct range *range, pte_t *entry, unsigned level, vaddr_t address, vaddr_t last)
{
    pte_t value = pte_read(entry);
    if (value == 0)
        return 0;
    int result;
    if (pte_is_table(value, level)) {
        pte_t *below = table_below(value);
        result = visit_entries(range, below, level - 1, address, last);
        if (page_of_address(below)->used == 0)
            pagetable_table_gone(range->table, entry);
    } else {
        result = range->visit(entry, round_down(address, level_size(level)), level, range->context);
        if (pte_read(entry) == 0)
            pagetable_leaf_gone(range->table, entry, level);
    }
    return result;
}

static int visit_entries(const struct range *range, pte_t *entries, unsigned level, vaddr_t first, vaddr_t last)
{
    for (vaddr_t address = first;;) {
        vaddr_t entry_last = min_u64(last, address | (level_size(level) - 1));
        int result = visit_entry(range, &entries[level_index(address, level)], level, address, entry_last);
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

/*
 * What pagetable_range.c needs of pagetable.c: the books of a table whose entries it empties.
 *
 * Most tables have few entries in use, and those close together. So that a walk over a range need not look at all 512, a table's struct
 * page has a bit for each group of 8 entries: clear, none of them is in use. Setting an entry sets the bit; a walk that finds a group empty clears it.
 */
#ifndef MM_PAGETABLE_RANGE_H
#define MM_PAGETABLE_RANGE_H

#include "mm/frame.h"
#include "mm/pagetable.h"

#define GROUP_ENTRIES 8

static inline uint64_t group_bit(unsigned index)
{
    return (uint64_t)1 << index / GROUP_ENTRIES;
}

/* Counts *entry, which has come into use. */
static inline void entry_count(const pte_t *entry)
{
    struct page *page = page_of_address(entry);
    page->used++;
    page->groups |= group_bit((unsigned)((uintptr_t)entry / sizeof(*entry)) % TABLE_ENTRIES);
}

/* Frees the tables that were set aside for a large leaf of `level`, which is gone. */
void pagetable_aside_gone(struct pagetable *table, unsigned level);

/* The table below *entry is empty: clears the entry and retires the table. */
void pagetable_table_gone(struct pagetable *table, pte_t *entry);

#endif

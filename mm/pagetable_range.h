/* What pagetable_range.c needs of pagetable.c: the counts of a table whose entries it has emptied. */
#ifndef MM_PAGETABLE_RANGE_H
#define MM_PAGETABLE_RANGE_H

#include "mm/pagetable.h"

/* The leaf of `level` at *entry, which is empty now, is counted no more; the tables set aside for it are freed. */
void pagetable_leaf_gone(struct pagetable *table, pte_t *entry, unsigned level);

/* The table below *entry is empty: clears the entry and retires the table. */
void pagetable_table_gone(struct pagetable *table, pte_t *entry);

#endif

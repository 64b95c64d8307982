/*
 * Walks over ranges of a page table: every leaf once and in order, those that stick out too; tables that a walk empties are gone, and no entry is
 * overlooked because of what is known of its group. (At random, over a fake physical memory: tests/host/test_pagetable.c.)
 */
#include "mm/pagetable_range.h"

#include "kernel/ktest.h"
#include "mm/pagetable.h"

/* Leaves: pages here and there, the ends of tables, 2 MB in between. */
#define LARGE_AT ((vaddr_t)0x40000000)
static const vaddr_t pages[] = {0x1000,
                                0x8000,
                                0x9000,
                                0x1ff000,
                                0x200000,
                                0x3ffff000,
                                0x40200000,
                                0x7fffff000,
                                0x8000000000 - PAGE_SIZE,
                                0x8000000000,
                                0x7ffffffff000 - PAGE_SIZE};

enum { PAGES_COUNT = ARRAY_LENGTH(pages) };

static void table_make(struct pagetable *table)
{
    KTEST_EXPECT(pagetable_create(table) == 0);
    for (unsigned i = 0; i < PAGES_COUNT; i++)
        KTEST_EXPECT(pagetable_map(table, pages[i], (paddr_t)(i + 1) << PAGE_SHIFT, LEVEL_4K, PTE_US) == 0);
    KTEST_EXPECT(pagetable_map(table, LARGE_AT, LARGE_SIZE, LEVEL_2M, PTE_US | PTE_RW) == 0);
    pagetable_check(table);
}

static void table_end(struct pagetable *table)
{
    pagetable_unmap_range(table, 0, USER_END, NULL, NULL);
    KTEST_EXPECT(table->tables == 1 && table->aside_count == 0);
    pagetable_check(table);
    pagetable_destroy(table);
}

struct visit {
    unsigned count, stop;
    vaddr_t first, last;
    bool in_order;
};

static int visit_note(pte_t *entry, vaddr_t address, unsigned level, void *context)
{
    struct visit *visit = context;
    KTEST_EXPECT(pte_is_leaf(*entry, level) && (level == LEVEL_2M) == (address == LARGE_AT));
    visit->in_order = visit->in_order && (visit->count == 0 || address > visit->last);
    visit->first = visit->count == 0 ? address : visit->first;
    visit->last = address;
    return ++visit->count == visit->stop ? 7 : 0;
}

static struct visit visit_range(struct pagetable *table, vaddr_t start, vaddr_t end, unsigned stop, int result)
{
    struct visit visit = {.stop = stop, .in_order = true};
    KTEST_EXPECT(pagetable_for_each(table, start, end, visit_note, &visit) == result);
    KTEST_EXPECT(visit.in_order);
    return visit;
}

KTEST(pagetable_range, every_leaf_is_visited_once_in_order)
{
    struct pagetable table;
    table_make(&table);
    KTEST_EXPECT(visit_range(&table, 0, USER_END, 0, 0).count == PAGES_COUNT + 1);
    struct visit some = visit_range(&table, 0x8000, 0x1ff000, 0, 0);
    KTEST_EXPECT(some.count == 2 && some.first == 0x8000 && some.last == 0x9000);
    KTEST_EXPECT(visit_range(&table, 0x2000, 0x8000, 0, 0).count == 0 &&
                 visit_range(&table, 0x8000, 0x8000, 0, 0).count == 0);
    struct visit inside = visit_range(&table, LARGE_AT + 5 * PAGE_SIZE, LARGE_AT + 6 * PAGE_SIZE, 0, 0);
    KTEST_EXPECT(inside.count == 1 && inside.first == LARGE_AT); /* it sticks out on both sides */
    KTEST_EXPECT(visit_range(&table, 0, USER_END, 3, 7).last == 0x9000);
    table_end(&table);
}

static int clear_some(pte_t *entry, vaddr_t address, unsigned level, void *context)
{
    (void)level, (void)context;
    if (address == 0x8000 || address == 0x200000)
        (void)pte_take(entry);
    return 0;
}

KTEST(pagetable_range, a_visitor_may_empty_entries_and_their_tables_go)
{
    struct pagetable table;
    table_make(&table);
    uint64_t tables = table.tables;
    KTEST_EXPECT(pagetable_for_each(&table, 0, USER_END, clear_some, NULL) == 0);
    pagetable_check(&table);
    KTEST_EXPECT(table.tables == tables - 1); /* the one of 0x200000 alone */
    KTEST_EXPECT(visit_range(&table, 0, USER_END, 0, 0).count == PAGES_COUNT - 1);
    KTEST_EXPECT(pagetable_map(&table, 0x8000, 0x5000, LEVEL_4K, PTE_US) ==
                 0); /* its group is known to be in use again */
    KTEST_EXPECT(visit_range(&table, 0x8000, 0x9000, 0, 0).count == 1);
    table_end(&table);
}

static void removed_count(pte_t old, vaddr_t address, unsigned level, void *context)
{
    (void)address;
    KTEST_EXPECT(pte_is_leaf(old, level));
    *(unsigned *)context += 1;
}

KTEST(pagetable_range, unmapping_splits_what_sticks_out)
{
    struct pagetable table;
    struct walk walk;
    unsigned removed = 0;
    table_make(&table);
    pagetable_unmap_range(&table, LARGE_AT + 3 * PAGE_SIZE, LARGE_AT + 7 * PAGE_SIZE, removed_count, &removed);
    KTEST_EXPECT(removed == 4 && table.aside_count == 0);
    KTEST_EXPECT(pagetable_walk(&table, LARGE_AT + 2 * PAGE_SIZE, &walk) && walk.level == LEVEL_4K);
    KTEST_EXPECT(pte_frame(walk.value, LEVEL_4K) == LARGE_SIZE + 2 * PAGE_SIZE);
    KTEST_EXPECT(!pagetable_walk(&table, LARGE_AT + 3 * PAGE_SIZE, &walk));
    KTEST_EXPECT(pagetable_walk(&table, LARGE_AT + 7 * PAGE_SIZE, &walk));
    pagetable_check(&table);
    table_end(&table);
}

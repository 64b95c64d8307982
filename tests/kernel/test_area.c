/*
 * The tree of areas in the kernel's hands: found by address, neighbours, the highest gap, checked after each change. (At random, against an array:
 * tests/host/test_area.c.)
 */
#include "mm/area.h"

#include "kernel/ktest.h"

enum { AREAS = 100, STEP = 16 };

static struct area areas[AREAS];

/* Area i is pages 16 i + 16 to 16 i + 16 + i % 8 of the address space. */
static vaddr_t start_of(uint64_t i)
{
    return (i + 1) * STEP * PAGE_SIZE;
}

static void fill(struct area_tree *tree)
{
    area_tree_init(tree);
    for (uint64_t i = 0; i < AREAS; i++) {
        uint64_t at = i * 37 % AREAS;
        areas[at] = (struct area){.start = start_of(at), .end = start_of(at) + (at % 8 + 1) * PAGE_SIZE};
        area_tree_insert(tree, &areas[at]);
    }
    KTEST_EXPECT(area_tree_check(tree) == AREAS && tree->count == AREAS);
}

KTEST(area, is_found_by_each_of_its_addresses)
{
    struct area_tree tree;
    fill(&tree);
    for (uint64_t i = 0; i < AREAS; i++) {
        KTEST_EXPECT(area_tree_find(&tree, areas[i].start) == &areas[i]);
        KTEST_EXPECT(area_tree_find(&tree, areas[i].end - 1) == &areas[i] &&
                     area_tree_find(&tree, areas[i].end) == NULL);
        KTEST_EXPECT(area_tree_find_from(&tree, areas[i].end) == (i + 1 < AREAS ? &areas[i + 1] : NULL));
        KTEST_EXPECT(area_tree_find_below(&tree, areas[i].start) == (i > 0 ? &areas[i - 1] : NULL));
        KTEST_EXPECT(area_next(&areas[i]) == (i + 1 < AREAS ? &areas[i + 1] : NULL));
        KTEST_EXPECT(area_previous(&areas[i]) == (i > 0 ? &areas[i - 1] : NULL));
    }
    KTEST_EXPECT(area_tree_first(&tree) == &areas[0]);
}

KTEST(area, gaps_are_found_from_the_top)
{
    struct area_tree tree;
    fill(&tree);
    vaddr_t high = areas[AREAS - 1].end;
    KTEST_EXPECT(area_tree_gap(&tree, PAGE_SIZE, PAGE_SIZE, PAGE_SIZE, high) == areas[AREAS - 1].start - PAGE_SIZE);
    KTEST_EXPECT(area_tree_gap(&tree, STEP * PAGE_SIZE, PAGE_SIZE, 2 * PAGE_SIZE, high) == 0);
    area_tree_remove(&tree, &areas[40]);
    KTEST_EXPECT(area_tree_check(&tree) == AREAS - 1);
    KTEST_EXPECT(area_tree_gap(&tree, STEP * PAGE_SIZE, PAGE_SIZE, 2 * PAGE_SIZE, high) ==
                 areas[41].start - STEP * PAGE_SIZE);
    area_tree_resize(&tree, &areas[41], areas[41].start - STEP * PAGE_SIZE, areas[41].end);
    KTEST_EXPECT(area_tree_check(&tree) == AREAS - 1);
    KTEST_EXPECT(area_tree_gap(&tree, STEP * PAGE_SIZE, PAGE_SIZE, 2 * PAGE_SIZE, high) == 0);
    KTEST_EXPECT(area_tree_find(&tree, start_of(40)) == &areas[41]);
}

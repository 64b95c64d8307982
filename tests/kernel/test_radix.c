/* Radix trees in the kernel: what the overlay of a process and the pages of a file look like. The random test is tests/host/test_radix.c. */
#include "kernel/ktest.h"
#include "mm/radix.h"

static void *entry_of(uint64_t index)
{
    return (void *)(index << 4 | 1);
}

static void count_entry(void *entry, void *context)
{
    uint64_t *count = context;
    KTEST_EXPECT(entry != NULL);
    ++*count;
}

KTEST(radix, dense_like_a_file)
{
    enum { PAGES = 5000 };
    struct radix tree;
    uint64_t nodes = radix_nodes_used(), count = 0;
    radix_init(&tree);
    for (uint64_t i = 0; i < PAGES; i++)
        KTEST_EXPECT(radix_insert(&tree, i * 7 % PAGES, entry_of(i * 7 % PAGES)) == 0);
    KTEST_EXPECT(tree.count == PAGES && radix_depth(&tree, 0) == 3);
    for (uint64_t i = 0; i < PAGES; i++)
        KTEST_EXPECT(radix_find(&tree, i) == entry_of(i));
    KTEST_EXPECT(radix_find(&tree, PAGES) == NULL && radix_find(&tree, RADIX_INDEX_END - 1) == NULL);
    radix_clear(&tree, count_entry, &count);
    KTEST_EXPECT(count == PAGES && radix_nodes_used() == nodes);
}

KTEST(radix, sparse_like_a_process)
{
    static const uint64_t pages[] = {0x400, 0x401, 0x600, 0x12345, 0x7fffff000, 0x7ffffeffe, 0x7ffffefff};
    struct radix tree;
    uint64_t nodes = radix_nodes_used();
    radix_init(&tree);
    for (unsigned i = 0; i < ARRAY_LENGTH(pages); i++)
        KTEST_EXPECT(radix_insert(&tree, pages[i], entry_of(pages[i])) == 0);
    /* Of 0x400 and what is far away the way has only the nodes in which it branches. */
    KTEST_EXPECT(radix_depth(&tree, 0x400) == 4 && radix_depth(&tree, 0x7ffffefff) == 3);
    KTEST_EXPECT(radix_nodes_used() - nodes == 5 + 4);
    uint64_t index = 0x402;
    KTEST_EXPECT(radix_next(&tree, &index, 0x5ff) == NULL);
    KTEST_EXPECT(radix_next(&tree, &index, 0x600) == entry_of(0x600) && index == 0x600);
    index = 0x12346;
    KTEST_EXPECT(radix_next(&tree, &index, UINT64_MAX) == entry_of(0x7ffffeffe) && index == 0x7ffffeffe);
    for (unsigned i = 0; i < ARRAY_LENGTH(pages); i++)
        KTEST_EXPECT(radix_remove(&tree, pages[i]) == entry_of(pages[i]));
    KTEST_EXPECT(tree.root == NULL && radix_nodes_used() == nodes);
}

KTEST(radix, reserve_makes_insertion_certain)
{
    struct radix tree;
    struct radix_reserve reserve = {0};
    uint64_t nodes = radix_nodes_used();
    radix_init(&tree);
    for (uint64_t index = 1; index < RADIX_INDEX_END; index = index * 5 + 3) {
        KTEST_EXPECT(radix_reserve_fill(&reserve) == 0);
        radix_insert_reserved(&tree, index, entry_of(index), &reserve);
        KTEST_EXPECT(radix_find(&tree, index) == entry_of(index));
    }
    radix_reserve_release(&reserve);
    radix_clear(&tree, NULL, NULL);
    KTEST_EXPECT(radix_nodes_used() == nodes);
}

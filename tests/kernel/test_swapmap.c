/* The map of swap blocks: runs, the longest where none is long enough, exclusions, the end. (At random, against an array: tests/host/test_swapmap.c.) */
#include "mm/swapmap.h"

#include "kernel/ktest.h"

enum { BLOCKS = 200 };

KTEST(swapmap, gives_runs_and_then_the_longest_there_is)
{
    uint64_t words[(BLOCKS + 63) / 64];
    struct swapmap map;
    uint32_t first, next;
    KTEST_EXPECT(swapmap_size(BLOCKS) == sizeof(words));
    swapmap_init(&map, words, BLOCKS);
    KTEST_EXPECT(map.free == BLOCKS - 1 && swapmap_is_used(&map, 0)); /* the header */
    KTEST_EXPECT(swapmap_take(&map, 64, &first) == 64 && swapmap_take(&map, 64, &next) == 64 && next == first + 64);
    KTEST_EXPECT(swapmap_take(&map, 64, &next) == 64 && map.free == BLOCKS - 1 - 3 * 64);
    while (map.free > 0)
        KTEST_EXPECT(swapmap_take(&map, 1, &next) == 1);
    KTEST_EXPECT(swapmap_take(&map, 1, &next) == 0);
    swapmap_give(&map, first + 3);
    swapmap_give(&map, first + 10);
    swapmap_give(&map, first + 11);
    KTEST_EXPECT(swapmap_take(&map, 5, &next) == 2 && next == first + 10);
    KTEST_EXPECT(swapmap_exclude(&map, first + 3) && !swapmap_exclude(&map, first + 3) && map.free == 0);
}

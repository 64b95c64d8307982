/*
 * The map of swap blocks against an array: random takes, gives and exclusions at several sizes, fragmented and full.
 *
 * Links: tests/host/support/machine.c mm/swapmap.c mm/frame.c mm/frame_fill.c mm/buddy.c mm/bulk.c mm/inject.c
 */
#include <stdio.h>
#include <string.h>

#include "mm/swapmap.h"
#include "tests/host/support/machine.h"

enum { BLOCKS_MAX = 1000, STEPS = 20000 };

static struct swapmap map;
static uint64_t bits[BLOCKS_MAX / 64 + 1];
static bool taken[BLOCKS_MAX]; /* the model */
static uint32_t blocks, free_count;

static void take(void)
{
    uint32_t first, wanted = (uint32_t)(1 + random_below(SWAPMAP_RUN_MAX)), longest = 0, run = 0;
    for (uint32_t block = 0; block < blocks; block++) {
        run = taken[block] ? 0 : run + 1;
        longest = run > longest ? run : longest;
    }
    unsigned count = swapmap_take(&map, wanted, &first);
    require((count == 0) == (free_count == 0), "a free block is found when there is one");
    require(count <= wanted && count <= longest, "no more is given than was wanted, and is there");
    for (uint32_t block = first; block < first + count; block++) {
        require(block > 0 && block < blocks && !taken[block], "a free block is given");
        taken[block] = true;
    }
    free_count -= count;
}

static void give(void)
{
    uint32_t block = (uint32_t)random_below(blocks);
    for (unsigned count = (unsigned)random_below(20); block > 0 && block < blocks && count > 0; block++, count--) {
        if (!taken[block])
            continue;
        swapmap_give(&map, block);
        taken[block] = false;
        free_count++;
    }
}

static void run_size(uint32_t size)
{
    blocks = size;
    memset(taken, 0, sizeof taken);
    taken[0] = true;
    free_count = size - 1;
    swapmap_init(&map, bits, size);
    uint32_t bad = (uint32_t)random_below(size);
    bool excluded = swapmap_exclude(&map, bad);
    require(excluded == (bad != 0), "the header is not to be excluded, others are");
    if (excluded) {
        taken[bad] = true;
        free_count--;
    }
    for (unsigned step = 0; step < STEPS; step++) {
        if (random_below(8) < 3)
            take();
        else if (random_below(2) != 0)
            give();
        require(map.free == free_count, "the count of free blocks is right");
        uint32_t block = (uint32_t)random_below(blocks);
        require(swapmap_is_used(&map, block) == taken[block], "the bits say what is in use");
    }
    if (excluded)
        require(swapmap_is_used(&map, bad), "what was excluded stays so");
}

int main(void)
{
    static const uint32_t sizes[] = {2, 63, 64, 65, 128, 500, BLOCKS_MAX};
    uint32_t first;
    machine_start(64);
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        random_seed(i + 1);
        run_size(sizes[i]);
    }
    check_done("random steps agree with the model");
    swapmap_init(&map, bits, BLOCKS_MAX);
    require(swapmap_take(&map, 32, &first) == 32 && first == 1, "the first run");
    require(swapmap_take(&map, 32, &first) == 32 && first == 33, "the next one follows it");
    for (uint32_t block = 5; block < 15; block++)
        swapmap_give(&map, block);
    require(swapmap_take(&map, 64, &first) == 64 && first == 65, "a hole that is too small is passed over");
    check_done("runs lie one behind the other");
    printf("1..2\n");
    return 0;
}

/*
 * The map of a swap area's blocks. See swapmap.h.
 */
#include "mm/swapmap.h"

#include "kernel/panic.h"

enum { WORD_BITS = 64 };

static inline uint64_t block_bit(uint32_t block)
{
    return (uint64_t)1 << (block % WORD_BITS);
}

bool swapmap_is_used(const struct swapmap *map, uint32_t block)
{
    return (map->used[block / WORD_BITS] & block_bit(block)) != 0;
}

void swapmap_init(struct swapmap *map, uint64_t *used, uint32_t blocks)
{
    assert(blocks > 1);
    *map = (struct swapmap){.used = used, .blocks = blocks, .free = blocks - 1, .cursor = 1};
    for (size_t i = 0; i < swapmap_size(blocks) / sizeof(uint64_t); i++)
        used[i] = 0;
    if (blocks % WORD_BITS != 0)
        used[blocks / WORD_BITS] = ~(block_bit(blocks) - 1);
    used[0] |= 1;
}

/* The first block in [from, end) whose bit, xor `flip`, is clear; `end` if there is none. */
static uint32_t map_find(const struct swapmap *map, uint32_t from, uint32_t end, uint64_t flip)
{
    while (from < end) {
        uint64_t clear = ~(map->used[from / WORD_BITS] ^ flip) & ~(block_bit(from) - 1);
        uint32_t base = from / WORD_BITS * WORD_BITS;
        if (clear != 0)
            return (uint32_t)min_u64(base + (uint32_t)__builtin_ctzll(clear), end);
        from = base + WORD_BITS;
    }
    return end;
}

/* A run of free blocks. */
struct run {
    uint32_t first, length;
};

/* The first run of `wanted` free blocks in [from, end), or the longest there is if it is longer than *best. */
static void run_search(const struct swapmap *map, uint32_t from, uint32_t end, uint32_t wanted, struct run *best)
{
    while (from < end && best->length < wanted) {
        uint32_t first = map_find(map, from, end, 0);
        from = map_find(map, first, (uint32_t)min_u64(end, (uint64_t)first + wanted), ~(uint64_t)0);
        if (from - first > best->length)
            *best = (struct run){first, from - first};
    }
}

unsigned swapmap_take(struct swapmap *map, unsigned wanted, uint32_t *first)
{
    struct run run = {0};
    assert(wanted > 0 && wanted <= SWAPMAP_RUN_MAX);
    if (map->free == 0)
        return 0;
    run_search(map, map->cursor, map->blocks, wanted, &run);
    if (run.length < wanted)
        run_search(map, 0, map->cursor, wanted, &run);
    assert(run.length > 0);
    for (uint32_t block = run.first; block < run.first + run.length; block++)
        map->used[block / WORD_BITS] |= block_bit(block);
    map->free -= run.length;
    map->cursor = run.first + run.length < map->blocks ? run.first + run.length : 0;
    *first = run.first;
    return run.length;
}

void swapmap_give(struct swapmap *map, uint32_t block)
{
    assert(block < map->blocks && swapmap_is_used(map, block));
    map->used[block / WORD_BITS] &= ~block_bit(block);
    map->free++;
}

bool swapmap_exclude(struct swapmap *map, uint32_t block)
{
    assert(block < map->blocks);
    if (swapmap_is_used(map, block))
        return false;
    map->used[block / WORD_BITS] |= block_bit(block);
    map->free--;
    return true;
}

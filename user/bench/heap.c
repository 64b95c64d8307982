/*
 * The C library's heap. What is counted is nearly all the library's own; the rows on new and large blocks have the kernel's
 * part in them, too: the break that moves, the mapping, the faults.
 */
#include "bench.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCKS = 2000, ROUNDS = 10 };

/* Out of the compiler's sight, which would leave out a block that nobody uses. */
static void *volatile blocks[BLOCKS];

static void one_block(const char *name, size_t size, int times)
{
    uint64_t start = bench_now();

    for (int i = 0; i < times; i++) {
        blocks[0] = malloc(size);
        bench_check(blocks[0] != NULL, "malloc");
        free(blocks[0]);
    }
    bench_report(name, start, (uint64_t)times);
}

/* Many blocks of many sizes; every other one goes first, so that the rest of them merge. */
static void many_blocks(void)
{
    uint64_t start = bench_now();

    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < BLOCKS; i++) {
            blocks[i] = malloc((size_t)(i * 37 % 500 + 1));
            bench_check(blocks[i] != NULL, "malloc");
        }
        for (int i = 0; i < BLOCKS; i += 2)
            free(blocks[i]);
        for (int i = 1; i < BLOCKS; i += 2)
            free(blocks[i]);
    }
    bench_report("malloc, free, of many", start, (uint64_t)ROUNDS * BLOCKS);
}

static void growing_block(void)
{
    enum { STEPS = 500, STEP = 1000 };
    uint64_t start = bench_now();

    for (int i = 1; i <= STEPS; i++) {
        blocks[0] = realloc(i > 1 ? blocks[0] : NULL, (size_t)i * STEP);
        bench_check(blocks[0] != NULL, "realloc");
        memset((char *)blocks[0] + (i - 1) * STEP, 1, STEP);
    }
    bench_report("realloc by 1000 bytes, to 500 KB", start, STEPS);
    free(blocks[0]);
}

void bench_heap(void)
{
    one_block("malloc, free, 100 bytes", 100, 1000);
    one_block("malloc, free, 3000 bytes", 3000, 1000);
    one_block("malloc, free, 1 MB", 1 << 20, 200);
    many_blocks();
    growing_block();
}

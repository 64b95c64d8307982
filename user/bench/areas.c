/*
 * Mapping, protecting and the break (L31), in an address space with few and with many areas.
 */
#include "bench.h"

#include <sys/mman.h>
#include <unistd.h>

static void map_and_unmap(const char *name)
{
    enum { TIMES = 500 };
    uint64_t start = bench_now();
    for (int i = 0; i < TIMES; i++) {
        char *memory = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        bench_check(memory != MAP_FAILED, "mmap");
        *(volatile char *)memory = 1;
        bench_check(munmap(memory, 4 * PAGE) == 0, "munmap");
    }
    bench_report(name, start, TIMES);
}

/* Rights that differ from neighbour to neighbour keep the areas from merging. */
static void among_many(void)
{
    enum { AREAS = 1000 };
    char *memory = bench_map(AREAS * PAGE);
    for (int i = 0; i < AREAS; i += 2)
        bench_check(mprotect(memory + (size_t)i * PAGE, PAGE, PROT_READ) == 0, "mprotect");
    map_and_unmap("mmap, touch, munmap among 1,000 areas");
    munmap(memory, AREAS * PAGE);
}

static void protect(void)
{
    enum { TIMES = 500 };
    char *memory = bench_map(16 * PAGE);
    for (int i = 0; i < 16; i++)
        memory[(size_t)i * PAGE] = 1;
    uint64_t start = bench_now();
    for (int i = 0; i < TIMES; i++) {
        mprotect(memory + 4 * PAGE, 4 * PAGE, PROT_READ);
        mprotect(memory + 4 * PAGE, 4 * PAGE, PROT_READ | PROT_WRITE);
    }
    bench_report("mprotect, 4 of 16 pages", start, 2 * TIMES);
    munmap(memory, 16 * PAGE);
}

static void move_break(void)
{
    enum { TIMES = 500 };
    char *end = sbrk(0);
    bench_check(end != (char *)-1, "sbrk");
    uint64_t start = bench_now();
    for (int i = 0; i < TIMES; i++) {
        bench_check(brk(end + 4 * PAGE) == 0, "brk");
        *(volatile char *)(end + PAGE) = 1;
        bench_check(brk(end) == 0, "brk");
    }
    bench_report("brk up, touch, brk down", start, TIMES);
}

void bench_areas(void)
{
    map_and_unmap("mmap, touch, munmap");
    among_many();
    protect();
    move_break();
}

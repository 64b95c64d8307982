/*
 * Page faults of every kind (L10, L33), in 4 KB pages unless the line says otherwise.
 */
#include "bench.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGES = 1024 };

static void touch_write(char *memory)
{
    for (unsigned i = 0; i < PAGES; i++)
        *(volatile char *)(memory + i * PAGE) = 1;
}

static unsigned touch_read(const char *memory)
{
    unsigned sum = 0;
    for (unsigned i = 0; i < PAGES; i++)
        sum += *(const volatile char *)(memory + i * PAGE);
    return sum;
}

static void anonymous(void)
{
    char *memory = bench_map(PAGES * PAGE);
    uint64_t start = bench_now();
    touch_write(memory);
    bench_report("anonymous page, first write", start, PAGES);
    start = bench_now();
    bench_check(munmap(memory, PAGES * PAGE) == 0, "munmap");
    bench_report("unmap a page", start, PAGES);

    memory = bench_map(PAGES * PAGE);
    start = bench_now();
    touch_read(memory);
    bench_report("anonymous page, first read", start, PAGES);
    start = bench_now();
    touch_write(memory);
    bench_report("anonymous page, write after read", start, PAGES);
    munmap(memory, PAGES * PAGE);
}

/* One copy for each page in the child; in the parent, alone again, the pages are taken over without one. */
static void copy_on_write(void)
{
    char *memory = bench_map(PAGES * PAGE);
    touch_write(memory);
    pid_t child = fork();
    bench_check(child >= 0, "fork");
    if (child == 0) {
        uint64_t start = bench_now();
        touch_write(memory);
        bench_report("copy on write, copy", start, PAGES);
        _exit(0);
    }
    waitpid(child, NULL, 0);
    child = fork();
    bench_check(child >= 0, "fork");
    if (child == 0)
        _exit(0);
    waitpid(child, NULL, 0);
    uint64_t start = bench_now();
    touch_write(memory);
    bench_report("copy on write, reuse", start, PAGES);
    munmap(memory, PAGES * PAGE);
}

static char *map_file(int fd, int flags)
{
    char *memory = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, flags, fd, 0);
    bench_check(memory != MAP_FAILED, "mmap of a file");
    return memory;
}

static void cached_file(void)
{
    int fd = bench_file(PAGES * PAGE);
    char *memory = map_file(fd, MAP_PRIVATE);
    uint64_t start = bench_now();
    touch_read(memory);
    bench_report("cached file page, mapped", start, PAGES);
    start = bench_now();
    touch_write(memory);
    bench_report("private file page, write after read", start, PAGES);
    munmap(memory, PAGES * PAGE);

    memory = map_file(fd, MAP_PRIVATE);
    start = bench_now();
    touch_write(memory);
    bench_report("private file page, first write", start, PAGES);
    munmap(memory, PAGES * PAGE);

    memory = map_file(fd, MAP_SHARED);
    start = bench_now();
    touch_write(memory);
    bench_report("shared file page, first write", start, PAGES);
    munmap(memory, PAGES * PAGE);
    close(fd);
}

static void large_page(void)
{
    enum { TIMES = 8 };
    const size_t large = 2ul << 20;
    char *memory = mmap(NULL, (TIMES + 1) * large, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    bench_check(memory != MAP_FAILED, "mmap");
    madvise(memory, (TIMES + 1) * large, MADV_HUGEPAGE);
    char *first = (char *)(((uintptr_t)memory + large - 1) & ~(large - 1));
    uint64_t start = bench_now();
    for (size_t at = 0; at < TIMES * large; at += PAGE)
        *(volatile char *)(first + at) = 1;
    bench_report("anonymous 2 MB, every page written", start, TIMES);
    munmap(memory, (TIMES + 1) * large);
}

void bench_faults(void)
{
    anonymous();
    copy_on_write();
    cached_file();
    large_page();
}

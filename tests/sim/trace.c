/* The generators of reference strings; see trace.h. N below is the number of frames. */
#include "tests/sim/trace.h"

#include <stdlib.h>

static uint64_t seed;

/* Knuth's linear congruential generator, its upper bits. */
static uint32_t random_below(uint32_t limit)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((seed >> 33) % limit);
}

static bool chance(unsigned percent)
{
    return random_below(100) < percent;
}

void trace_touch(struct trace *trace, uint32_t page)
{
    if (trace->length == trace->capacity) {
        trace->capacity = trace->capacity > 0 ? 2 * trace->capacity : 4096;
        trace->references = realloc(trace->references, trace->capacity * sizeof *trace->references);
        if (trace->references == NULL)
            abort();
    }
    trace->references[trace->length++] = page;
    if (page >= trace->pages)
        trace->pages = page + 1;
}

static void touch_range(struct trace *trace, uint32_t first, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        trace_touch(trace, first + i);
}

/* A page below `pages` by Zipf's law with exponent 1, nearly: the logarithm of the rank is uniform. Popular pages are scattered. */
static uint32_t zipf(uint32_t pages)
{
    uint32_t rank = 1, limit = 1;
    while (limit < pages)
        limit *= 2;
    uint32_t octaves = (uint32_t)__builtin_ctz(limit);
    do {
        rank = (uint32_t)1 << random_below(octaves + 1);
        rank += random_below(rank);
    } while (rank > pages);
    return (uint32_t)((uint64_t)(rank - 1) * 2654435761u % pages);
}

/* A page near `center`, more rarely the farther away, within [0, pages). */
static uint32_t near(uint32_t center, uint32_t width, uint32_t pages)
{
    uint32_t distance = random_below(width) + random_below(width) + random_below(width);
    return (center + pages + distance - 3 * width / 2) % pages;
}

static void make_sequential(struct trace *trace, unsigned n)
{
    for (unsigned pass = 0; pass < 4; pass++)
        touch_range(trace, 0, 2 * n);
}

static void make_loop_10(struct trace *trace, unsigned n)
{
    for (unsigned pass = 0; pass < 16; pass++)
        touch_range(trace, 0, n + n / 10);
}

static void make_loop_25(struct trace *trace, unsigned n)
{
    for (unsigned pass = 0; pass < 8; pass++)
        touch_range(trace, 0, n + n / 4);
}

/* 80 % of the references go to 20 % of twice the memory. */
static void make_80_20(struct trace *trace, unsigned n)
{
    uint32_t pages = 2 * n, hot = pages / 5;
    for (unsigned i = 0; i < 64 * n; i++)
        trace_touch(trace, chance(80) ? random_below(hot) : hot + random_below(pages - hot));
}

static void make_zipf(struct trace *trace, unsigned n)
{
    for (unsigned i = 0; i < 48 * n; i++)
        trace_touch(trace, zipf(4 * n));
}

/* A working set of half the memory, and a file of 16 times the memory that is read once, beside it. */
static void make_scan_beside(struct trace *trace, unsigned n)
{
    uint32_t set = n / 2, scanned = set;
    for (unsigned i = 0; i < 16 * n; i++) {
        trace_touch(trace, random_below(set));
        trace_touch(trace, random_below(set));
        trace_touch(trace, scanned++);
    }
}

/* The same, but the file is read ahead, and its pages are used a little later, most of them more than once; three passes over 2 times the memory. */
static void make_read_ahead(struct trace *trace, unsigned n)
{
    uint32_t set = n / 2, file = set, size = 2 * n, window = n / 64;
    for (unsigned i = 0; i < 3 * size; i++) {
        if (i % window == 0)
            touch_range(trace, file + i % size, window);
        for (unsigned again = 0; again < 3; again++)
            trace_touch(trace, random_below(set));
        for (uint32_t back = 0; back < 3; back++)
            trace_touch(trace, file + (i + size - back) % size);
    }
}

/* A file of twice the memory is read three times, in large pieces ahead of its use, each page once; beside it a working set of half of the memory. */
static void make_reread(struct trace *trace, unsigned n)
{
    uint32_t set = n / 2, file = set, size = 2 * n, window = n / 32;
    for (unsigned i = 0; i < 3 * size; i++) {
        if (i % window == 0)
            touch_range(trace, file + (i + window) % size, window);
        for (unsigned again = 0; again < 3; again++)
            trace_touch(trace, random_below(set));
        trace_touch(trace, file + i % size);
    }
}

/* The program does one thing after another, each with its own 70 % of memory and a common 20 %. */
static void make_phases(struct trace *trace, unsigned n)
{
    uint32_t common = n / 5, own = n * 7 / 10;
    for (unsigned phase = 0; phase < 10; phase++) {
        for (unsigned i = 0; i < 16 * n; i++)
            trace_touch(trace,
                        chance(30) ? random_below(common) : common + phase * own / 2 + near(own / 2, own / 4, own));
    }
}

/* A working set that wanders: each reference is near the place where the program is working now. */
static void make_drift(struct trace *trace, unsigned n)
{
    uint32_t pages = 6 * n, step = 0;
    for (unsigned i = 0; i < 64 * n; i++) {
        step += chance(5);
        trace_touch(trace, near(step, n / 4, pages));
    }
}

/* The next page is one of the recently used ones, the deeper in the past the more rarely; sometimes a new one. */
static void make_recency(struct trace *trace, unsigned n)
{
    uint32_t fresh = 0;
    for (unsigned i = 0; i < 64 * n; i++) {
        uint32_t depth = (uint32_t)1 << random_below((unsigned)__builtin_ctz(n) + 3);
        depth += random_below(depth);
        if (trace->length < depth || chance(2))
            trace_touch(trace, fresh++);
        else
            trace_touch(trace, trace->references[trace->length - depth]);
    }
}

/* One process of a build: compiler text and headers that all share, its source, and a heap of its own. */
static void compile_one(struct trace *trace, unsigned n, uint32_t source, uint32_t heap)
{
    uint32_t text = n / 4, headers = n / 4, grown = 1;
    for (unsigned i = 0; i < 3 * n; i++) {
        if (chance(45))
            trace_touch(trace, zipf(text));
        else if (chance(30))
            trace_touch(trace, text + zipf(headers));
        else
            trace_touch(trace,
                        heap + (chance(60) ? grown - 1 - random_below(grown < 16 ? grown : 16) : random_below(grown)));
        if (chance(8) && grown < n / 4)
            grown++;
        if (i % 64 == 0)
            trace_touch(trace, source + i / 64);
    }
}

static void make_compile(struct trace *trace, unsigned n)
{
    uint32_t source = n / 2, heap = source + 24 * (3 * n / 64 + 1);
    for (unsigned process = 0; process < 24; process++)
        compile_one(trace, n, source + process * (3 * n / 64 + 1), heap + process * (n / 4));
}

/* Quicksort of an array of 1.5 times the memory: two pointers that meet, then each half. */
static void sort_range(struct trace *trace, uint32_t first, uint32_t count)
{
    uint32_t low = first, high = first + count - 1;
    while (low < high) {
        trace_touch(trace, low);
        trace_touch(trace, high);
        if (chance(50))
            low++;
        else
            high--;
    }
    trace_touch(trace, low);
    if (low - first >= 4)
        sort_range(trace, first, low - first);
    if (first + count - low - 1 >= 4)
        sort_range(trace, low + 1, first + count - low - 1);
}

static void make_quicksort(struct trace *trace, unsigned n)
{
    sort_range(trace, 0, n + n / 2);
}

/* A database: the upper levels of a tree, then a leaf; half of the leaves asked for are popular ones. Now and then all leaves are read. */
static void make_database(struct trace *trace, unsigned n)
{
    uint32_t root = 0, inner = 1, inner_count = n / 32, leaves = inner + inner_count, leaf_count = 3 * n;
    for (unsigned i = 0; i < 16 * n; i++) {
        uint32_t leaf = chance(60) ? zipf(leaf_count) : near(leaf_count / 3, n / 8, leaf_count);
        trace_touch(trace, root);
        trace_touch(trace, inner + leaf * inner_count / leaf_count);
        trace_touch(trace, leaves + leaf);
        if (i % (6 * n) == 4 * n)
            touch_range(trace, leaves, leaf_count);
    }
}

/* A program with a small loop inside a large one. */
static void make_nested_loops(struct trace *trace, unsigned n)
{
    for (unsigned pass = 0; pass < 6; pass++) {
        for (uint32_t row = 0; row < 16; row++) {
            for (unsigned again = 0; again < 3; again++)
                touch_range(trace, 0, n / 3);
            touch_range(trace, n / 3 + row * (n / 12), n / 12);
        }
    }
}

/* A heap with a garbage collector: young objects, and every now and then everything that lives. */
static void make_collector(struct trace *trace, unsigned n)
{
    uint32_t live = n * 6 / 10, young = n / 4, old_hot = n / 8;
    for (unsigned cycle = 0; cycle < 16; cycle++) {
        for (unsigned i = 0; i < 4 * n; i++)
            trace_touch(trace, chance(70) ? live + (cycle * young + i * young / (4 * n)) % (4 * young)
                                          : random_below(old_hot));
        touch_range(trace, 0, live);
    }
}

static const struct generator {
    const char *name, *what;
    bool locality;
    void (*make)(struct trace *trace, unsigned frames);
} generators[] = {
    {"sequential", "4 passes over twice the memory", false, make_sequential},
    {"loop-10", "16 passes over 10 % more than memory", false, make_loop_10},
    {"loop-25", "8 passes over 25 % more than memory", false, make_loop_25},
    {"80-20", "80 % of references to 20 % of twice the memory", false, make_80_20},
    {"zipf", "popularity by Zipf's law, 4 times the memory", false, make_zipf},
    {"scan", "a file of 16 times the memory beside a working set of half of it", true, make_scan_beside},
    {"ahead", "the same, the file is read ahead and used in pieces", true, make_read_ahead},
    {"phases", "one working set of 90 % after the other", true, make_phases},
    {"drift", "a working set that wanders", true, make_drift},
    {"recency", "what was used recently is used again", true, make_recency},
    {"compile", "24 compilers with common text and headers", true, make_compile},
    {"nested", "a small loop inside a large one", true, make_nested_loops},
    {"collector", "a heap of young and old objects with a garbage collector", true, make_collector},
    {"quicksort", "of an array of 1.5 times the memory", false, make_quicksort},
    {"database", "a tree of 3 times the memory, now and then read through", false, make_database},
    {"reread",
     "a file of twice the memory, three times, in large pieces read ahead, beside a working set of half of it", true,
     make_reread},
};

unsigned trace_count(void)
{
    return sizeof generators / sizeof generators[0];
}

struct trace trace_make(unsigned which, unsigned frames)
{
    const struct generator *generator = &generators[which];
    struct trace trace = {
        .name = generator->name, .what = generator->what, .locality = generator->locality, .frames = frames};
    seed = which + 1;
    generator->make(&trace, frames);
    return trace;
}

void trace_free(struct trace *trace)
{
    free(trace->references);
    trace->references = NULL;
}

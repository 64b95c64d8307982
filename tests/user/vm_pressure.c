/*
 * More memory than there is: processes whose pages are private, inherited by fork, shared, or of a mapped file, each page with its identity and version
 * in it, written and read in random order and verified throughout. Run by tests/pressure.t with little memory; elsewhere it is a test like any other.
 *
 *     vm_pressure [PAGES [ROUNDS [SEED]]]      PAGES of each kind; with an even SEED the shared ones are of a memory file, which is read, too;
 *                                              for ROUNDS, a path: until there is such a file
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/user/say.h"

enum { PAGE = 4096, WORDS = PAGE / 8, CHILDREN = 3 };

static uint64_t random_state;

static uint64_t random_next(void)
{
    uint64_t z = random_state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static const char *rounds_until; /* a file that ends them, or null */

static int rounds_go_on(unsigned done, unsigned rounds)
{
    return rounds_until != NULL ? access(rounds_until, F_OK) != 0 : done < rounds;
}

/* A region and the version each of its pages should have. */
struct region {
    const char *name;
    uint64_t *memory;
    uint32_t *versions;
    size_t pages;
    uint64_t identity;
    int file; /* read beside the mapping, or -1 */
};

static uint64_t word_of(const struct region *region, size_t page, uint32_t version, size_t word)
{
    return (region->identity << 56) ^ ((uint64_t)version << 32) ^ (page * WORDS + word) * 0x2545f4914f6cdd1d;
}

/* Words that are written and verified: the first, the last, and some between. */
static const size_t places[] = {0, 1, 63, 200, WORDS - 1};

static void page_write(struct region *region, size_t page)
{
    uint32_t version = ++region->versions[page];
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        region->memory[page * WORDS + places[i]] = word_of(region, page, version, places[i]);
}

/* `words` are what the page was found to hold. */
static void words_verify(const struct region *region, size_t page, const uint64_t *words)
{
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        uint32_t version = region->versions[page];
        uint64_t expected = version ? word_of(region, page, version, places[i]) : 0;
        if (words[places[i]] == expected)
            continue;
        say("%s: page %zu word %zu holds %llx, not %llx (version %u)", region->name, page, places[i],
            (unsigned long long)words[places[i]], (unsigned long long)expected, version);
        _exit(1);
    }
}

static void page_verify(const struct region *region, size_t page)
{
    words_verify(region, page, region->memory + page * WORDS);
}

/* What reading the file gives is what is mapped. */
static void file_verify(const struct region *region)
{
    static uint64_t words[WORDS];
    for (size_t page = 0; region->file >= 0 && page < region->pages; page++) {
        if (pread(region->file, words, PAGE, (off_t)(page * PAGE)) != PAGE)
            say("%s: page %zu cannot be read", region->name, page);
        words_verify(region, page, words);
    }
}

static void region_verify(const struct region *region)
{
    file_verify(region);
    for (size_t page = 0; page < region->pages; page++)
        page_verify(region, page);
}

static void region_use(struct region *region, unsigned steps)
{
    for (unsigned i = 0; i < steps; i++) {
        /* Most accesses go to a quarter of the pages, as programs' do. */
        size_t page = random_next() % region->pages;
        if (random_next() % 4 != 0)
            page = page / 4;
        page_verify(region, page);
        if (random_next() % 2 != 0)
            page_write(region, page);
    }
}

static void region_make(struct region *region, const char *name, size_t pages, int flags, int file)
{
    static uint64_t identities;
    void *memory = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, flags, file, 0);
    if (memory == MAP_FAILED) {
        say("%s: no room for %zu pages", name, pages);
        exit(1);
    }
    *region = (struct region){.name = name, .memory = memory, .pages = pages, .identity = ++identities, .file = -1};
    region->versions = calloc(pages, sizeof *region->versions);
    for (size_t page = 0; page < pages; page++)
        page_write(region, page);
}

static int file_make(size_t pages)
{
    char name[] = "/root/pressure.XXXXXX";
    char local[] = "pressure.XXXXXX";
    int file = mkstemp(name);
    if (file >= 0)
        unlink(name);
    else if ((file = mkstemp(local)) >= 0)
        unlink(local);
    if (file < 0 || ftruncate(file, (off_t)(pages * PAGE)) != 0) {
        say("no file of %zu pages", pages);
        exit(1);
    }
    return file;
}

static void memory_file_make(struct region *region, size_t pages)
{
    int file = memfd_create("pressure", 0);
    if (file < 0 || ftruncate(file, (off_t)(pages * PAGE)) != 0) {
        say("no memory file of %zu pages", pages);
        exit(1);
    }
    region_make(region, "memory file", pages, MAP_SHARED, file);
    region->file = file;
}

enum { PRIVATE, SHARED, MAPPED, FILE_PRIVATE, REGIONS };

static void regions_use(struct region *regions, size_t pages)
{
    for (unsigned i = 0; i < REGIONS; i++)
        region_use(&regions[i], (unsigned)pages / 2);
}

/* A child inherits the private regions and goes on with them by itself; shared ones belong to the parent. */
static void child_run(struct region *regions, unsigned rounds, size_t pages, unsigned number)
{
    random_state += number * 12345;
    for (unsigned round = 0; rounds_go_on(round, rounds); round++) {
        region_use(&regions[PRIVATE], (unsigned)pages / 2);
        region_use(&regions[FILE_PRIVATE], (unsigned)pages / 4);
    }
    region_verify(&regions[PRIVATE]);
    region_verify(&regions[FILE_PRIVATE]);
    _exit(0);
}

int main(int count, char **arguments)
{
    size_t pages = count > 1 ? strtoul(arguments[1], NULL, 10) : 64;
    unsigned rounds = count > 2 ? (unsigned)strtoul(arguments[2], NULL, 10) : 2;
    rounds_until = count > 2 && arguments[2][0] == '/' ? arguments[2] : NULL;
    struct region regions[REGIONS];
    random_state = count > 3 ? strtoul(arguments[3], NULL, 10) : 1;
    int file = file_make(pages);
    region_make(&regions[PRIVATE], "private", pages, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    if (random_state % 2 != 0)
        region_make(&regions[SHARED], "shared", pages, MAP_SHARED | MAP_ANONYMOUS, -1);
    else
        memory_file_make(&regions[SHARED], pages);
    region_make(&regions[MAPPED], "mapped", pages, MAP_SHARED, file);
    region_make(&regions[FILE_PRIVATE], "private of a file", pages, MAP_PRIVATE, file_make(pages));
    regions_use(regions, pages);
    pid_t children[CHILDREN];
    for (unsigned i = 0; i < CHILDREN; i++) {
        children[i] = fork();
        if (children[i] == 0)
            child_run(regions, rounds, pages, i + 1);
    }
    for (unsigned round = 0; rounds_go_on(round, rounds); round++)
        regions_use(regions, pages);
    int status, failures = 0;
    for (unsigned i = 0; i < CHILDREN; i++)
        failures += waitpid(children[i], &status, 0) != children[i] || status != 0;
    for (unsigned i = 0; i < REGIONS; i++)
        region_verify(&regions[i]);
    say("verified: %s", failures == 0 ? "all" : "children have failed");
    return failures != 0;
}

/*
 * Memory of MAP_HUGETLB and calls for parts of its pages. An area of three 2 MB pages lies between two pages of 4 KB; each case makes one call and
 * says its result, which of the five pieces are mapped afterwards, and what the first byte of each large page is:
 *
 *     s   1 1 1   s        s: 4 KB, mapped; digit: large page, mapped; .: not mapped
 *
 * Where there are no large pages (a host without a pool of them), the lines are Linux's, from the table.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>

#include "tests/user/say.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

#define PAGE ((long)4096)
#define LARGE ((long)2 << 20)
#define ARENA ((char *)0x300000000000)
#define FAR (ARENA + 16 * LARGE)
#define TARGET (ARENA + 8 * LARGE)
enum { LARGES = 3 };

enum call { MUNMAP, MPROTECT, MADVISE, MLOCK, MUNLOCK, MSYNC, MREMAP, MREMAP_TO, MMAP, MMAP_LARGE, MINCORE };

struct test {
    const char *name;
    enum call call;
    long start, length; /* from the arena's first large page */
    long argument;
    const char *private, *shared; /* what Linux says; null: as private */
};

static const struct test tests[] = {
    {"munmap: a page", MUNMAP, 0, PAGE, 0, "error 22 s111s", NULL},
    {"munmap: all but the first page", MUNMAP, PAGE, LARGE - PAGE, 0, "error 22 s111s", NULL},
    {"munmap: a large page and a page", MUNMAP, 0, LARGE + PAGE, 0, "error 22 s111s", NULL},
    {"munmap: from the page before into it", MUNMAP, -PAGE, 2 * PAGE, 0, "error 22 s111s", NULL},
    {"munmap: from inside to the page behind", MUNMAP, 2 * LARGE + PAGE, LARGE, 0, "error 22 s111s", NULL},
    {"munmap: the second", MUNMAP, LARGE, LARGE, 0, "done s1.1s", NULL},
    {"munmap: the page before and the first", MUNMAP, -PAGE, LARGE + PAGE, 0, "done ..11s", NULL},
    {"munmap: all, with both neighbours", MUNMAP, -PAGE, LARGES *LARGE + 2 * PAGE, 0, "done .....", NULL},
    {"mprotect: a page", MPROTECT, 0, PAGE, PROT_READ, "error 22 s111s", NULL},
    {"mprotect: a page, to what it is", MPROTECT, PAGE, PAGE, PROT_READ | PROT_WRITE, "done s111s", NULL},
    {"mprotect: not its end", MPROTECT, LARGE, 2 * LARGE - PAGE, PROT_READ, "error 22 s111s", NULL},
    {"mprotect: from the page before into it", MPROTECT, -PAGE, 2 * PAGE, PROT_READ, "error 22 s111s", NULL},
    {"mprotect: the second", MPROTECT, LARGE, LARGE, PROT_READ, "done s111s", NULL},
    {"mprotect: all, with both neighbours", MPROTECT, -PAGE, LARGES *LARGE + 2 * PAGE, PROT_READ, "done s111s", NULL},
    {"madvise dontneed: a page", MADVISE, 0, PAGE, MADV_DONTNEED, "done s111s", NULL},
    {"madvise dontneed: not its start", MADVISE, PAGE, LARGE, MADV_DONTNEED, "error 22 s111s", NULL},
    {"madvise dontneed: one and a page", MADVISE, 0, LARGE + PAGE, MADV_DONTNEED, "done s011s", "done s111s"},
    {"madvise dontneed: all", MADVISE, 0, LARGES *LARGE, MADV_DONTNEED, "done s000s", "done s111s"},
    {"madvise free", MADVISE, 0, LARGE, MADV_FREE, "error 22 s111s", NULL},
    {"madvise cold", MADVISE, 0, LARGE, MADV_COLD, "error 22 s111s", NULL},
    {"madvise pageout", MADVISE, 0, LARGE, MADV_PAGEOUT, "error 22 s111s", NULL},
    {"madvise random: a page", MADVISE, 0, PAGE, MADV_RANDOM, "error 22 s111s", NULL},
    {"madvise random: the second", MADVISE, LARGE, LARGE, MADV_RANDOM, "done s111s", NULL},
    {"madvise sequential: from the page before", MADVISE, -PAGE, 2 * PAGE, MADV_SEQUENTIAL, "error 22 s111s", NULL},
    {"madvise normal: a page", MADVISE, 0, PAGE, MADV_NORMAL, "done s111s", NULL},
    {"madvise dontfork: a page", MADVISE, PAGE, PAGE, MADV_DONTFORK, "error 22 s111s", NULL},
    {"madvise dontfork: the second", MADVISE, LARGE, LARGE, MADV_DONTFORK, "done s111s", NULL},
    {"madvise dofork: a page", MADVISE, PAGE, PAGE, MADV_DOFORK, "done s111s", NULL},
    {"madvise dontdump: a page", MADVISE, PAGE, PAGE, MADV_DONTDUMP, "error 22 s111s", NULL},
    {"madvise wipeonfork", MADVISE, 0, LARGE, MADV_WIPEONFORK, "error 22 s111s", NULL},
    {"madvise keeponfork", MADVISE, 0, LARGE, MADV_KEEPONFORK, "done s111s", NULL},
    {"madvise hugepage", MADVISE, 0, LARGE, MADV_HUGEPAGE, "done s111s", NULL},
    {"madvise nohugepage", MADVISE, 0, LARGE, MADV_NOHUGEPAGE, "done s111s", NULL},
    {"madvise hugepage: a page", MADVISE, PAGE, PAGE, MADV_HUGEPAGE, "error 22 s111s", NULL},
    {"madvise collapse", MADVISE, 0, LARGE, MADV_COLLAPSE, "error 22 s111s", NULL},
    {"madvise willneed: a page", MADVISE, PAGE, PAGE, MADV_WILLNEED, "done s111s", NULL},
    {"madvise populate: a page", MADVISE, PAGE, PAGE, MADV_POPULATE_WRITE, "done s111s", NULL},
    {"madvise remove: a page", MADVISE, PAGE, PAGE, MADV_REMOVE, "error 13 s111s", "done s111s"},
    {"madvise remove: the first page", MADVISE, 0, PAGE, MADV_REMOVE, "error 13 s111s", "done s011s"},
    {"madvise remove: the second", MADVISE, LARGE, LARGE, MADV_REMOVE, "error 13 s111s", "done s101s"},
    {"mlock: a page", MLOCK, PAGE, PAGE, 0, "done s111s", NULL},
    {"munlock: a page", MUNLOCK, PAGE, PAGE, 0, "done s111s", NULL},
    {"msync: a page", MSYNC, PAGE, PAGE, MS_SYNC, "done s111s", NULL},
    {"mincore: two pages", MINCORE, PAGE, 2 * PAGE, 0, "done s111s", NULL},
    {"mremap: to a page", MREMAP, 0, LARGE, PAGE, "done s111s", NULL},
    {"mremap: to four", MREMAP, 0, LARGES *LARGE, 4 * LARGE, "error 22 s111s", NULL},
    {"mremap: to one", MREMAP, 0, LARGES *LARGE, LARGE, "done s1..s", NULL},
    {"mremap: to two and a page", MREMAP, 0, LARGES *LARGE, 2 * LARGE + PAGE, "done s111s", NULL},
    {"mremap: not from its start", MREMAP, PAGE, LARGE, LARGE, "error 22 s111s", NULL},
    {"mremap: moves one", MREMAP_TO, LARGE, LARGE, 0, "done s1.1s", NULL},
    {"mremap: moves a page", MREMAP_TO, LARGE, PAGE, 0, "done s1.1s", NULL},
    {"mremap: moves to no such address", MREMAP_TO, LARGE, LARGE, PAGE, "error 22 s111s", NULL},
    {"mmap: a page over it", MMAP, PAGE, PAGE, PROT_READ, "error 22 s111s", NULL},
    {"mmap: a page over its start", MMAP, 0, PAGE, PROT_READ, "error 22 s111s", NULL},
    {"mmap: from the page before", MMAP, -PAGE, 2 * PAGE, PROT_READ, "error 22 s111s", NULL},
    {"mmap: over the second", MMAP, LARGE, LARGE, PROT_READ, "done s101s", NULL},
    {"mmap: large, over the second", MMAP_LARGE, LARGE, LARGE, PROT_READ, "done s101s", NULL},
    {"mmap: large, not at such an address", MMAP_LARGE, PAGE, LARGE, PROT_READ, "error 22 s111s", NULL},
    {"mmap: large, a length of a page", MMAP_LARGE, LARGE, PAGE, PROT_READ, "done s101s", NULL},
};

static long call(const struct test *test)
{
    static unsigned char vector[2 * LARGE / PAGE];
    char *start = ARENA + test->start;
    size_t length = (size_t)test->length;
    int argument = (int)test->argument;
    switch (test->call) {
    case MUNMAP:
        return munmap(start, length);
    case MPROTECT:
        return mprotect(start, length, argument);
    case MADVISE:
        return madvise(start, length, argument);
    case MLOCK:
        return mlock(start, length);
    case MUNLOCK:
        return munlock(start, length);
    case MSYNC:
        return msync(start, length, argument);
    case MREMAP:
        return mremap(start, length, (size_t)test->argument, 0) == MAP_FAILED ? -1 : 0;
    case MREMAP_TO:
        return mremap(start, length, length, MREMAP_MAYMOVE | MREMAP_FIXED, TARGET + argument) == MAP_FAILED ? -1 : 0;
    case MMAP:
        if (mmap(start, length, argument, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED)
            return 0;
        errno = errno == ENOMEM ? EINVAL : errno; /* ENOMEM until Linux 6.11 */
        return -1;
    case MMAP_LARGE:
        return mmap(start, length, argument, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_HUGETLB, -1, 0) == MAP_FAILED
                   ? -1
                   : 0;
    default:
        return mincore(start, length, vector);
    }
}

static int is_mapped(char *address)
{
    unsigned char vector;
    return mincore(address, (size_t)PAGE, &vector) == 0;
}

/* The state of the arena, as a word. */
static void arena_describe(char *text)
{
    *text++ = is_mapped(ARENA - PAGE) ? 's' : '.';
    for (char *at = ARENA; at < ARENA + LARGES * LARGE; at += LARGE)
        *text++ = is_mapped(at) ? (char)('0' + *at) : '.';
    *text++ = is_mapped(ARENA + LARGES * LARGE) ? 's' : '.';
    *text = '\0';
}

/* Maps the arena; 0 if there are no large pages for it. */
static int arena_make(int sharing)
{
    const int both = PROT_READ | PROT_WRITE, small = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
    munmap(ARENA - PAGE, (size_t)(FAR - ARENA));
    if (mmap(ARENA, (size_t)(LARGES * LARGE), both, sharing | MAP_ANONYMOUS | MAP_FIXED | MAP_HUGETLB, -1, 0) ==
        MAP_FAILED)
        return 0;
    if (mmap(ARENA - PAGE, (size_t)PAGE, both, small, -1, 0) == MAP_FAILED ||
        mmap(ARENA + LARGES * LARGE, (size_t)PAGE, both, small, -1, 0) == MAP_FAILED)
        say("mmap: error %d", errno);
    for (char *at = ARENA; at < ARENA + LARGES * LARGE; at += LARGE)
        *at = 1;
    return 1;
}

static void test_run(const struct test *test, int sharing)
{
    char line[64], state[16];
    const char *known = sharing == MAP_SHARED && test->shared != NULL ? test->shared : test->private;
    const char *result = known;
    if (arena_make(sharing)) {
        int error = call(test) < 0 ? errno : 0;
        if (error != 0)
            snprintf(line, sizeof(line), "error %d", error);
        else
            snprintf(line, sizeof(line), "done");
        arena_describe(state);
        snprintf(line + strlen(line), sizeof(line) - strlen(line), " %s", state);
        if (error != ENOMEM) /* there was no fourth large page: as where there are none */
            result = line;
    }
    say("%s, %s: %s", test->name, sharing == MAP_SHARED ? "shared" : "private", result);
}

/* How much of each large page is in memory, in pages of 4 KB. */
static void arena_count(char *text)
{
    static unsigned char vector[LARGE / PAGE];
    for (char *at = ARENA; at < ARENA + LARGES * LARGE; at += LARGE) {
        int count = 0;
        if (mincore(at, (size_t)LARGE, vector) == 0) {
            for (long i = 0; i < LARGE / PAGE; i++)
                count += vector[i] & 1;
        }
        text += sprintf(text, " %d", count);
    }
}

static sigjmp_buf no_page;

static void no_page_is_left(int signal)
{
    (void)signal;
    siglongjmp(no_page, 1);
}

/* What was given up comes back as a large page, whole, when a byte of it is read or written. SIGBUS: others have them all by now. */
static void give_up(const char *name, int sharing, int advice, const char *known)
{
    static char line[96], state[16];
    const char *volatile result = known;
    signal(SIGBUS, no_page_is_left);
    if (arena_make(sharing) && sigsetjmp(no_page, 1) == 0) {
        if (madvise(ARENA, (size_t)(LARGES * LARGE), advice) != 0)
            say("madvise: error %d", errno);
        arena_count(line);
        strcat(line, ", touched");
        (void)*(volatile char *)(ARENA + 5 * PAGE);
        *(volatile char *)(ARENA + 2 * LARGE) = 2;
        arena_count(line + strlen(line));
        arena_describe(state);
        sprintf(line + strlen(line), ", %s", state);
        result = line;
    }
    signal(SIGBUS, SIG_DFL);
    say("%s:%s", name, result);
}

int main(void)
{
    for (unsigned i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        test_run(&tests[i], MAP_PRIVATE);
        test_run(&tests[i], MAP_SHARED);
    }
    give_up("dontneed, private", MAP_PRIVATE, MADV_DONTNEED, " 0 0 0, touched 512 0 512, s002s");
    give_up("remove, shared", MAP_SHARED, MADV_REMOVE, " 0 0 0, touched 512 0 512, s002s");
    munmap(ARENA - PAGE, (size_t)(FAR - ARENA));
    return 0;
}

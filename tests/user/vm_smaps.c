/*
 * smaps and pagemap of memory in large pages: of MADV_HUGEPAGE; of MAP_HUGETLB, alone and with a child that has the same pages. Fields in kB; then for the
 * first page of the area, what pagemap says:
 *
 *     p: private, anonymous   f: of a file or shared   +: only this process maps it   .: not mapped
 *
 * Where there are no such pages (a host without a pool of them, or without memory in one piece), the lines are Linux's.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "tests/user/say.h"

#define PAGE ((size_t)4096)
#define LARGE ((size_t)2 << 20)
#define ARENA ((char *)0x200000000000)

static const char *const fields[] = {
    "KernelPageSize", "MMUPageSize",     "Rss",          "Pss",           "Anonymous",      "AnonHugePages", "Locked",
    "Shared_Hugetlb", "Private_Hugetlb", "Shared_Dirty", "Private_Dirty", "ShmemPmdMapped", "THPeligible"};
enum { FIELDS = sizeof(fields) / sizeof(fields[0]) };

/* The fields of the area that begins at the arena, in their order above. */
static void smaps_read(unsigned long *values)
{
    char line[512], name[64] = "";
    unsigned long start, end, value;
    int ours = 0;
    FILE *file = fopen("/proc/self/smaps", "r");
    memset(values, 0, FIELDS * sizeof(values[0]));
    while (fgets(line, sizeof(line), file) != NULL) {
        if (sscanf(line, "%lx-%lx ", &start, &end) == 2) {
            ours = start == (unsigned long)ARENA;
            continue;
        }
        if (!ours || sscanf(line, "%63[^:]: %lu", name, &value) != 2)
            continue;
        for (unsigned i = 0; i < FIELDS; i++) {
            if (strcmp(name, fields[i]) == 0)
                values[i] = value;
        }
    }
    fclose(file);
}

static uint64_t pagemap_read(void)
{
    uint64_t word = 0;
    int file = open("/proc/self/pagemap", O_RDONLY);
    if (pread(file, &word, sizeof(word), (off_t)((uintptr_t)ARENA / PAGE * 8)) != sizeof(word))
        say("pagemap: error %d", errno);
    close(file);
    return word;
}

static const char *pagemap_text(void)
{
    static char text[8];
    uint64_t word = pagemap_read();
    snprintf(text, sizeof(text), "%s%s",
             (word >> 63) == 0       ? "."
             : (word >> 61 & 1) != 0 ? "f"
                                     : "p",
             (word >> 56 & 1) != 0 ? "+" : "");
    return text;
}

/* One line about the arena, or the one that is known. */
static void area_say(const char *what, int present, const char *known)
{
    char line[256] = "";
    unsigned long values[FIELDS];
    smaps_read(values);
    for (unsigned i = 0; i < FIELDS; i++)
        sprintf(line + strlen(line), "%lu ", values[i]);
    strcat(line, pagemap_text());
    say("%s: %s", what, present ? line : known);
}

/* Does something while a child has the arena as well and has read both its pages. */
static void beside_child(const char *what, int present, const char *known)
{
    int ready[2], done[2];
    char byte = 0;
    if (pipe(ready) != 0 || pipe(done) != 0)
        say("pipe: error %d", errno);
    pid_t child = fork();
    if (child == 0) {
        for (size_t i = 0; present && i < 2; i++)
            byte = ((volatile char *)ARENA)[i * LARGE];
        close(done[1]);
        _exit(write(ready[1], &byte, 1) != 1 || read(done[0], &byte, 1) != 0);
    }
    say_true("the child has it", read(ready[0], &byte, 1) == 1);
    area_say(what, present, known);
    close(done[1]);
    waitpid(child, NULL, 0);
    close(done[0]);
    close(ready[0]);
    close(ready[1]);
}

static void hugetlb(const char *name, int sharing, const char *alone, const char *beside)
{
    char what[64];
    int flags = sharing | MAP_ANONYMOUS | MAP_FIXED | MAP_HUGETLB;
    int present = mmap(ARENA, 2 * LARGE, PROT_READ | PROT_WRITE, flags, -1, 0) != MAP_FAILED;
    if (!present && mmap(ARENA, 2 * LARGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
        say("mmap: error %d", errno);
    if (present)
        ARENA[0] = ARENA[LARGE] = 1;
    snprintf(what, sizeof(what), "MAP_HUGETLB, %s", name);
    area_say(what, present, alone);
    snprintf(what, sizeof(what), "MAP_HUGETLB, %s, beside a child", name);
    beside_child(what, present, beside);
    munmap(ARENA, 2 * LARGE);
}

/* Whether the system gives transparent large pages to who asks. */
static int may_be_large(void)
{
    char line[64] = "";
    FILE *file = fopen("/sys/kernel/mm/transparent_hugepage/enabled", "r");
    if (file == NULL)
        return 1;
    char *got = fgets(line, sizeof(line), file);
    fclose(file);
    return got != NULL && strstr(line, "[never]") == NULL;
}

static void transparent(void)
{
    unsigned long values[FIELDS];
    if (mmap(ARENA, 3 * LARGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED ||
        (may_be_large() && madvise(ARENA, 3 * LARGE, MADV_HUGEPAGE) != 0))
        say("mmap: error %d", errno);
    ARENA[0] = 1;
    smaps_read(values);
    int present = values[2] == 2048; /* one byte brought 2 MB */
    area_say("MADV_HUGEPAGE", present, "4 4 2048 2048 2048 2048 0 0 0 0 2048 0 1 p+");
    munmap(ARENA, 3 * LARGE);
}

/* Whether memory of so many bytes, from so far behind an aligned address, may have large pages. */
static void eligible(const char *what, size_t from, size_t length, int flags, int advice, int known)
{
    unsigned long values[FIELDS];
    char *hole = ARENA - LARGE;
    if (mmap(hole, 5 * LARGE, PROT_NONE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED ||
        mmap(ARENA - from, length, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
        say("mmap: error %d", errno);
    (void)!madvise(ARENA - from, length, MADV_HUGEPAGE);
    (void)!madvise(ARENA - from, length, advice);
    if (from != 0) /* what is looked at begins at the arena */
        mprotect(ARENA - from, from, PROT_READ);
    smaps_read(values);
    say("%s: THPeligible %d", what, may_be_large() ? (int)values[FIELDS - 1] : known);
    munmap(hole, 5 * LARGE);
}

/* In which frame a page is, is for root to know: addresses of frames help attackers. */
static void frames_are_hidden(void)
{
    int status = 0;
    if (mmap(ARENA, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
        say("mmap: error %d", errno);
    pid_t child = fork();
    if (child == 0) {
        if (geteuid() == 0 && setuid(1000) != 0)
            _exit(2);
        prctl(PR_SET_DUMPABLE, 1); /* it may look at itself again */
        ARENA[0] = 1;
        uint64_t word = pagemap_read();
        _exit((word >> 63) == 1 && (word & (((uint64_t)1 << 55) - 1)) == 0 ? 0 : 1);
    }
    waitpid(child, &status, 0);
    say_true("no frames for others than root", status == 0);
    munmap(ARENA, PAGE);
}

/* Sums of those fields over the whole file. */
static void sums_read(const char *path, unsigned long *sums)
{
    static const char *const summed[] = {"Rss",           "Shared_Clean", "Shared_Dirty", "Private_Clean",
                                         "Private_Dirty", "Anonymous",    "Swap"};
    char line[512], name[64] = "";
    unsigned long value;
    FILE *file = fopen(path, "r");
    memset(sums, 0, FIELDS * sizeof(sums[0]));
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        for (unsigned i = 0; i < sizeof(summed) / sizeof(summed[0]); i++) {
            if (sscanf(line, "%63[^:]: %lu", name, &value) == 2 && strcmp(name, summed[i]) == 0)
                sums[i] += value;
        }
    }
    if (file != NULL)
        fclose(file);
}

/* smaps_rollup is the sum of smaps. What changes between two looks, reading itself for one, is looked at again. */
static void rollup(void)
{
    unsigned long before[FIELDS], sum[FIELDS], after[FIELDS];
    char line[512] = "";
    int equal = 0;
    for (int attempt = 0; attempt < 1000 && !equal; attempt++) {
        sums_read("/proc/self/smaps", before);
        sums_read("/proc/self/smaps_rollup", sum);
        sums_read("/proc/self/smaps", after);
        equal = memcmp(before, sum, sizeof(sum)) == 0 && memcmp(sum, after, sizeof(sum)) == 0;
    }
    say_true("smaps_rollup is the sum of smaps", equal && sum[0] > 0);
    FILE *file = fopen("/proc/self/smaps_rollup", "r");
    say_true("its first line", fgets(line, sizeof(line), file) != NULL && strcmp(line + 73, "[rollup]\n") == 0 &&
                                   strstr(line, " ---p 00000000 00:00 0  ") != NULL);
    fclose(file);
}

int main(void)
{
    rollup();
    frames_are_hidden();
    transparent();
    hugetlb("private", MAP_PRIVATE, "2048 2048 0 0 0 0 0 0 4096 0 0 0 0 p+", "2048 2048 0 0 0 0 0 4096 0 0 0 0 0 p");
    hugetlb("shared", MAP_SHARED, "2048 2048 0 0 0 0 0 0 4096 0 0 0 0 f+", "2048 2048 0 0 0 0 0 4096 0 0 0 0 0 f");
    eligible("one large page", 0, LARGE, MAP_PRIVATE, MADV_NORMAL, 1);
    eligible("a page less", 0, LARGE - PAGE, MAP_PRIVATE, MADV_NORMAL, 0);
    eligible("behind other rights", PAGE, LARGE, MAP_PRIVATE, MADV_NORMAL, 0);
    eligible("MADV_NOHUGEPAGE", 0, LARGE, MAP_PRIVATE, MADV_NOHUGEPAGE, 0);
    eligible("shared", 0, LARGE, MAP_SHARED, MADV_NORMAL, 0);
    return 0;
}

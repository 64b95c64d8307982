/*
 * Memory that is promised before it is touched (overcommit): which mappings count, as smaps tells; and, with the argument `strict`, only for our kernel, since
 * it sets the mode of the whole machine: what /proc/sys/vm/overcommit_memory refuses in its modes.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE ((size_t)4096)
#define MARGIN ((size_t)1 << 20) /* for what others are promised meanwhile */

enum { READ = PROT_READ, WRITE = PROT_READ | PROT_WRITE, ANONYMOUS = MAP_PRIVATE | MAP_ANONYMOUS };

/* Whether the mapping at `address` has the flag in smaps. */
static int has_flag(const void *address, const char *flag)
{
    char line[512];
    unsigned long start, end;
    int here = 0, found = 0;
    FILE *file = fopen("/proc/self/smaps", "r");
    while (file && fgets(line, sizeof line, file)) {
        if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
            here = start <= (unsigned long)address && (unsigned long)address < end;
        else if (here && strncmp(line, "VmFlags:", 8) == 0)
            found = strstr(line + 8, flag) != NULL;
    }
    if (file)
        fclose(file);
    return found;
}

static void say_flags(const char *what, const void *address)
{
    printf("%s:%s%s\n", what, has_flag(address, " ac") ? " accounted" : "",
           has_flag(address, " nr") ? " no reserve" : "");
}

/* Mappings with a page that is not mapped between each two. */
static char *map_of(int protection, int flags)
{
    static char *next;
    if (!next)
        next = mmap(NULL, 64 * PAGE, PROT_NONE, ANONYMOUS | MAP_NORESERVE, -1, 0);
    char *at = mmap(next, 2 * PAGE, protection, flags | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    next += 4 * PAGE;
    return at;
}

static void what_counts(void)
{
    char *reading = map_of(READ, MAP_PRIVATE), *writing = map_of(WRITE, MAP_PRIVATE);
    say_flags("to be read", reading);
    say_flags("to be written", writing);
    say_flags("shared", map_of(WRITE, MAP_SHARED));
    writing[0] = 1;
    mprotect(writing, 2 * PAGE, READ);
    say_flags("no longer to be written", writing);
    mprotect(reading + PAGE, PAGE, WRITE);
    say_flags("half of it to be written", reading);
    say_flags("that half", reading + PAGE);
    char *top = sbrk(2 * PAGE);
    say_flags("the heap", top);
    say_flags("the stack", &top);
}

/* --- strict ------------------------------------------------------------------------------------------------------- */

static void mode_set(const char *mode)
{
    FILE *file = fopen("/proc/sys/vm/overcommit_memory", "w");
    fprintf(file, "%s", mode);
    printf("mode %s: %s\n", mode, fclose(file) == 0 ? "set" : strerror(errno));
}

/* A line of /proc/meminfo, in bytes. */
static size_t meminfo(const char *name)
{
    char line[128];
    unsigned long kilobytes = 0;
    FILE *file = fopen("/proc/meminfo", "r");
    while (file && fgets(line, sizeof line, file)) {
        if (strncmp(line, name, strlen(name)) == 0)
            sscanf(line + strlen(name), ": %lu", &kilobytes);
    }
    fclose(file);
    return kilobytes * 1024;
}

static size_t room(void)
{
    size_t limit = meminfo("CommitLimit"), promised = meminfo("Committed_AS");
    return limit > promised ? limit - promised : 0;
}

static void *say_map(const char *what, size_t length, int protection, int flags)
{
    void *at = mmap(NULL, length, protection, flags | MAP_ANONYMOUS, -1, 0);
    printf("%s: %s\n", what, at == MAP_FAILED ? strerror(errno) : "mapped");
    return at;
}

static void try_map(const char *what, size_t length, int protection, int flags)
{
    void *at = say_map(what, length, protection, flags);
    if (at != MAP_FAILED)
        munmap(at, length);
}

/* What is replaced is given back first. */
static void try_place(const char *what, char *place, size_t length, int flags)
{
    void *at = mmap(place, length, WRITE, flags | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    printf("%s: %s\n", what, at == MAP_FAILED ? strerror(errno) : "mapped");
}

static void try_fork(const char *what)
{
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    printf("%s: %s\n", what, child < 0 ? strerror(errno) : "a child");
    if (child > 0)
        waitpid(child, NULL, 0);
}

/* Half of what there is to promise, and what else goes then. */
static void strict_half(void)
{
    size_t half = room() / 2 / PAGE * PAGE + MARGIN;
    char *first = say_map("half of it", half, WRITE, MAP_PRIVATE);
    try_fork("a fork");
    try_map("half of it again", half, WRITE, MAP_PRIVATE);
    try_map("half of it, shared", half, WRITE, MAP_SHARED);
    char *reading = say_map("half of it, to be read", half, READ, MAP_PRIVATE);
    printf("to be written: %s\n", mprotect(reading, half, WRITE) < 0 ? strerror(errno) : "yes");
    printf("a part of it: %s\n", mprotect(reading, 4 * MARGIN, WRITE) < 0 ? strerror(errno) : "yes");
    printf("the first longer: %s\n",
           mremap(first, half, 2 * half, MREMAP_MAYMOVE) == MAP_FAILED ? strerror(errno) : "yes");
    printf("the heap: %s\n", sbrk((long)half) == (void *)-1 ? strerror(errno) : "longer");
    munmap(reading, half);
    try_place("shared in its place", first, half, MAP_SHARED);
    try_place("shared in the place of that", first, half, MAP_SHARED);
    try_place("private in the place of that", first, half, MAP_PRIVATE);
    munmap(first, half);
    try_fork("a fork without all that");
}

static void strict(void)
{
    size_t before = meminfo("Committed_AS"), all = meminfo("MemTotal") + meminfo("SwapTotal");
    char *some = mmap(NULL, 4 * MARGIN, WRITE, ANONYMOUS, -1, 0);
    size_t promised = meminfo("Committed_AS") - before;
    printf("4 MB count: %s\n", promised >= 3 * MARGIN && promised <= 5 * MARGIN ? "yes" : "no");
    munmap(some, 4 * MARGIN);
    mode_set("0");
    try_map("more than there is", all + MARGIN, WRITE, MAP_PRIVATE);
    try_map("without reserve", all + MARGIN, WRITE, MAP_PRIVATE | MAP_NORESERVE);
    mode_set("1");
    try_map("more than there is", all + MARGIN, WRITE, MAP_PRIVATE);
    mode_set("3");
    mode_set("2");
    try_map("more than the limit", room() + MARGIN, WRITE, MAP_PRIVATE);
    try_map("without reserve", room() + MARGIN, WRITE, MAP_PRIVATE | MAP_NORESERVE);
    try_map("to be read", room() + MARGIN, READ, MAP_PRIVATE);
    strict_half();
    mode_set("0");
}

int main(int count, char **arguments)
{
    setvbuf(stdout, NULL, _IOLBF, 256);
    if (count > 1 && strcmp(arguments[1], "strict") == 0)
        strict();
    else
        what_counts();
    return 0;
}

/*
 * mremap beside what it is given (tests/user/vm_errno.c has its errors by argument): what is where afterwards, a second place for shared memory, the
 * place that is left, limits, locked memory.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "tests/user/say.h"

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

#define PAGE ((size_t)4096)
#define ARENA ((char *)0x200000000000)
#define FAR (ARENA + 64 * PAGE)

static const int both = PROT_READ | PROT_WRITE;

static char *map(size_t pages, int rights, int flags, int fd)
{
    munmap(ARENA, 128 * PAGE);
    char *at = mmap(ARENA, pages * PAGE, rights, flags | MAP_FIXED, fd, 0);
    if (at == MAP_FAILED)
        say("mmap: error %d", errno);
    return at;
}

/* Four private pages, the letters a to d in them. */
static char *map_letters(int flags)
{
    char *at = map(4, both, flags | MAP_ANONYMOUS, -1);
    for (size_t i = 0; i < 4; i++)
        at[i * PAGE] = (char)('a' + i);
    return at;
}

/* What lies at up to eight pages: a letter, 0, or - where no page can be read. */
static const char *letters(const char *at, size_t pages)
{
    static char text[2][9];
    static int which;
    char *line = memset(text[which ^= 1], 0, sizeof(text[0]));
    int ends[2];
    if (pipe(ends) != 0)
        say("pipe: error %d", errno);
    for (size_t i = 0; i < pages; i++) {
        char byte = '-';
        if (write(ends[1], at + i * PAGE, 1) == 1 && read(ends[0], &byte, 1) == 1 && byte == 0)
            byte = '0';
        line[i] = byte;
    }
    close(ends[0]);
    close(ends[1]);
    return line;
}

/* Calls it, and says what is at the old and at the new place. */
static void remap(const char *what, char *at, size_t old, size_t new, int flags)
{
    char *to = mremap(at, old * PAGE, new *PAGE, flags, FAR);
    int error = to == MAP_FAILED ? errno : 0;
    if (error != 0 || to == ARENA)
        say("%s: error %d, %s", what, error, letters(ARENA, 8));
    else
        say("%s: moved, %s to %s", what, letters(ARENA, 8), letters(to, new));
    if (error == 0 && to != ARENA)
        munmap(to, new *PAGE);
}

static void places(void)
{
    const int fixed = MREMAP_MAYMOVE | MREMAP_FIXED;
    remap("larger", map_letters(MAP_PRIVATE), 4, 6, 0);
    remap("smaller", map_letters(MAP_PRIVATE), 4, 2, 0);
    remap("moved", map_letters(MAP_PRIVATE), 4, 4, fixed);
    remap("moved and larger", map_letters(MAP_PRIVATE), 4, 6, fixed);
    remap("moved and smaller", map_letters(MAP_PRIVATE), 4, 2, fixed);
    remap("the middle moved", map_letters(MAP_PRIVATE) + PAGE, 2, 2, fixed);
    map_letters(MAP_PRIVATE);
    if (mmap(FAR + PAGE, PAGE, both, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
        say("mmap: error %d", errno);
    FAR[PAGE] = 'x';
    remap("moved over another", ARENA, 4, 4, fixed);
    map_letters(MAP_PRIVATE);
    mprotect(ARENA + 2 * PAGE, 2 * PAGE, PROT_READ);
    remap("two areas, larger", ARENA, 4, 6, MREMAP_MAYMOVE);
    remap("two areas, smaller", ARENA, 4, 1, 0);
    map_letters(MAP_PRIVATE);
    munmap(ARENA + PAGE, PAGE);
    remap("with a hole, larger", ARENA, 4, 6, MREMAP_MAYMOVE);
}

static void second_place(void)
{
    char *at = map_letters(MAP_SHARED);
    char *again = mremap(at, 0, 4 * PAGE, MREMAP_MAYMOVE);
    say_true("shared memory has a second place", again != MAP_FAILED);
    again[PAGE] = 'B';
    at[2 * PAGE] = 'C';
    say("both show %s and %s", letters(at, 4), letters(again, 4));
    munmap(again, 4 * PAGE);
    remap("a second place larger than what there is", at, 0, 6, MREMAP_MAYMOVE | MREMAP_FIXED);
    remap("a second place without moving", at, 0, 4, 0);
    remap("a second place for private memory", map_letters(MAP_PRIVATE), 0, 4, MREMAP_MAYMOVE);
}

static void left_place(void)
{
    const int leave = MREMAP_MAYMOVE | MREMAP_DONTUNMAP;
    remap("left: private", map_letters(MAP_PRIVATE), 4, 4, leave);
    remap("left: private, to a place", map_letters(MAP_PRIVATE), 4, 4, leave | MREMAP_FIXED);
    remap("left: shared", map_letters(MAP_SHARED), 4, 4, leave);
    int file = open("vm_mremap.file", O_RDWR | O_CREAT | O_TRUNC, 0600);
    for (int i = 0; i < 4; i++) {
        if (pwrite(file, "f", 1, (off_t)(i * (int)PAGE)) != 1 || ftruncate(file, 4 * (off_t)PAGE) != 0)
            say("file: error %d", errno);
    }
    char *of_file = map(4, both, MAP_PRIVATE, file);
    of_file[PAGE] = 'p';
    remap("left: of a file, private", of_file, 4, 4, leave);
    close(file);
    unlink("vm_mremap.file");
}

/* Runs a function in a child, which may set limits. */
static void in_child(void (*function)(void))
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        function();
        _exit(0);
    }
    waitpid(child, &status, 0);
    say("status %d", status);
}

static void limit(int resource, size_t bytes)
{
    struct rlimit limit = {bytes, bytes};
    if (setrlimit(resource, &limit) != 0)
        say("setrlimit: error %d", errno);
}

static void address_space_is_full(void)
{
    map_letters(MAP_SHARED);
    limit(RLIMIT_AS, PAGE);
    remap("full: larger", ARENA, 4, 5, MREMAP_MAYMOVE);
    remap("full: a second place", ARENA, 0, 4, MREMAP_MAYMOVE);
    remap("full: left", ARENA, 4, 4, MREMAP_MAYMOVE | MREMAP_DONTUNMAP);
    remap("full: smaller", ARENA, 4, 3, 0);
}

static void data_is_full(void)
{
    map_letters(MAP_PRIVATE);
    limit(RLIMIT_DATA, PAGE);
    remap("no more data: private", ARENA, 4, 5, 0);
    remap("no more data: private, smaller", ARENA, 4, 3, 0);
    mprotect(ARENA, 3 * PAGE, PROT_READ);
    remap("no more data: read-only", ARENA, 3, 5, 0);
    say_result("no more data: to be written again", mprotect(ARENA, 3 * PAGE, both));
    say_true("no more data: mmap", mmap(NULL, PAGE, both, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
    say_true("no more data: mmap to be read",
             mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
    remap("no more data: shared", map_letters(MAP_SHARED), 4, 5, 0);
}

/* A soft limit of 0 is for brk() alone: for the rest the hard one counts. */
static void data_of_zero(void)
{
    struct rlimit limit = {0, 64 << 20};
    map_letters(MAP_PRIVATE);
    void *before = sbrk(0);
    if (setrlimit(RLIMIT_DATA, &limit) != 0)
        say("setrlimit: error %d", errno);
    say_true("data of 0: mmap", mmap(NULL, PAGE, both, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
    say_true("data of 0: more than the hard limit",
             mmap(NULL, 65 << 20, both, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
    remap("data of 0: larger", ARENA, 4, 5, 0);
    say_true("data of 0: brk", sbrk(PAGE) == (void *)-1 && sbrk(0) == before);
}

/* VmLck, in pages. */
static size_t locked_pages(void)
{
    char line[256];
    size_t kilobytes = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (fgets(line, sizeof(line), file) != NULL)
        (void)sscanf(line, "VmLck: %zu", &kilobytes);
    fclose(file);
    return kilobytes / 4;
}

static void locked(void)
{
    unsigned char there[6] = {0};
    map_letters(MAP_PRIVATE);
    limit(RLIMIT_MEMLOCK, 6 * PAGE);
    if (geteuid() == 0 && setuid(1000) != 0)
        say("setuid: error %d", errno);
    say_result("mlock", mlock(ARENA, 4 * PAGE));
    remap("locked: larger", ARENA, 4, 6, 0);
    say_result("mincore", mincore(ARENA, 6 * PAGE, there));
    say("locked: %zu pages, the new ones are there: %d %d", locked_pages(), there[4] & 1, there[5] & 1);
    remap("locked: larger than allowed", ARENA, 6, 7, 0);
    remap("locked: smaller", ARENA, 6, 3, 0);
    say("locked: %zu pages", locked_pages());
    say_true("moved", mremap(ARENA, 3 * PAGE, 3 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, FAR) == FAR);
    say("locked: %zu pages", locked_pages());
    munlock(FAR, 3 * PAGE);
    say("locked: %zu pages", locked_pages());
}

int main(void)
{
    places();
    second_place();
    left_place();
    in_child(address_space_is_full);
    in_child(data_is_full);
    in_child(data_of_zero);
    in_child(locked);
    return 0;
}

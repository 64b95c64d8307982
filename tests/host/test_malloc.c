/*
 * malloc of libc, under other names, over a heap whose sbrk is a piece of the host's memory: random requests of all kinds,
 * every block carrying a pattern of its own, the heap verified after each step; then misuse, which must be noticed.
 *
 * Links: tests/host/support/heap.c
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/host/support/heap.h"
#include "tests/host/support/tap.h"

enum { SLOTS = 300, STEPS = 60000, LARGE = 400000 };

static struct slot {
    unsigned char *memory;
    size_t size;
    unsigned char pattern;
} slots[SLOTS];

static void slot_fill(struct slot *slot, unsigned char *memory, size_t size)
{
    *slot = (struct slot){memory, size, (unsigned char)random_below(256)};
    memset(memory, slot->pattern, size);
}

static bool slot_holds(const struct slot *slot, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (slot->memory[i] != slot->pattern)
            return false;
    return true;
}

static size_t random_size(void)
{
    return random_below(40) ? random_below(random_below(4) ? 200 : 5000) : random_below(LARGE);
}

static bool slot_renew(struct slot *slot)
{
    size_t size = random_size(), alignment = (size_t)16 << random_below(9);

    ck_free(slot->memory);
    switch (random_below(8)) {
    case 0: {
        unsigned char *memory = ck_calloc(size / 7 + 1, 7);
        bool zero = true;
        for (size_t i = 0; i < size / 7 * 7; i++)
            zero &= !memory[i];
        slot_fill(slot, memory, size / 7 * 7);
        return zero;
    }
    case 1:
        slot_fill(slot, ck_memalign(alignment, size), size);
        return (uintptr_t)slot->memory % alignment == 0;
    case 2:
        *slot = (struct slot){0};
        return true;
    default:
        slot_fill(slot, ck_malloc(size), size);
        return (uintptr_t)slot->memory % 16 == 0 && ck_malloc_usable_size(slot->memory) >= size;
    }
}

static bool slot_resize(struct slot *slot)
{
    size_t size = random_size() + 1, kept = size < slot->size ? size : slot->size;

    slot->memory = ck_realloc(slot->memory, size);
    bool held = slot_holds(slot, kept);
    slot_fill(slot, slot->memory, size);
    return held;
}

static void random_requests(void)
{
    bool contents = true, answers = true;

    for (int i = 0; i < STEPS; i++) {
        struct slot *slot = &slots[random_below(SLOTS)];
        contents &= slot_holds(slot, slot->size);
        answers &= random_below(4) ? slot_renew(slot) : slot_resize(slot);
        if (i % 100 == 0)
            ck_malloc_check();
    }
    check(contents, "blocks keep their contents");
    check(answers, "alignment, size, zeros, realloc");
    for (int i = 0; i < SLOTS; i++)
        ck_free(slots[i].memory);
    ck_malloc_check();
    check(heap_size() <= 64 * 1024, "an empty heap is given back");
}

static void limits(void)
{
    errno = 0;
    check(!ck_malloc(SIZE_MAX) && errno == ENOMEM && !ck_malloc(PTRDIFF_MAX) && !ck_calloc(SIZE_MAX / 2, 3),
          "too much is ENOMEM");
    void *result = &result;
    check(ck_posix_memalign(&result, 3, 10) == EINVAL && result == &result, "an alignment that is none is EINVAL");
    void *first = ck_malloc(0), *second = ck_malloc(0);
    check(first && second && first != second, "nothing is something");
    ck_free(first);
    ck_free(second);
    ck_free(NULL);
    heap_limit(heap_size());
    void *blocks[5000];
    size_t count = 0;
    while (count < 5000 && (blocks[count] = ck_malloc(100)))
        count++;
    check(count < 5000 && errno == ENOMEM, "the heap ends with ENOMEM");
    while (count)
        ck_free(blocks[--count]);
    heap_limit(SIZE_MAX);
    ck_malloc_check();
    check(true, "and is intact afterwards");
}

/* Runs a misuse in a child; true when it ended in abort with one line that has the words in it. */
static bool misuse_noticed(void (*misuse)(void), const char *words)
{
    char line[200] = "";
    int ends[2], status;

    fflush(stdout);
    if (pipe(ends))
        return false;
    pid_t child = fork();
    if (!child) {
        dup2(ends[1], STDERR_FILENO);
        misuse();
        _exit(0);
    }
    close(ends[1]);
    ssize_t length = read(ends[0], line, sizeof line - 1);
    close(ends[0]);
    waitpid(child, &status, 0);
    return length > 0 && WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT && strstr(line, words);
}

static void free_twice(void)
{
    char *block = ck_malloc(50), *guard = ck_malloc(50);

    ck_free(block);
    ck_free(block);
    ck_free(guard);
}

static void free_inside(void)
{
    ck_free((char *)ck_malloc(50) + 8);
}

static void overwrite_tag(void)
{
    unsigned char *block = ck_malloc(56), *next = ck_malloc(50);

    memset(block + 56, 0, 8);
    ck_free(next);
}

static void overwrite_links(void)
{
    char *blocks[4];

    for (int i = 0; i < 4; i++)
        blocks[i] = ck_malloc(1500);
    ck_free(blocks[0]);
    ck_free(blocks[2]);
    memset(blocks[0], 0x55, 16);
    ck_malloc(1500);
    ck_malloc(1500);
    ck_malloc_check();
}

int main(void)
{
    random_requests();
    limits();
    check(misuse_noticed(free_twice, "twice"), "a block freed twice is noticed");
    check(misuse_noticed(free_inside, "not a block"), "a pointer into a block is noticed");
    check(misuse_noticed(overwrite_tag, "block"), "a tag overwritten is noticed");
    check(misuse_noticed(overwrite_links, ""), "links overwritten are noticed");
    printf("1..%u\n", checks);
    return failures != 0;
}

/*
 * malloc of libc, under other names, over a heap whose sbrk is a piece of the host's memory: random requests of all kinds,
 * every block carrying a pattern of its own, the heap verified all along; the same with one free list, with a break that does
 * not move, with threads; what the standards say of limits; and misuse, which must be noticed. Each of these has a heap of its
 * own, in a process of its own.
 *
 * Links: tests/host/support/heap.c
 */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/host/support/heap.h"
#include "tests/host/support/tap.h"

enum { SLOTS = 300, STEPS = 60000, LARGE = 400000, THREADS = 4 };

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

static bool contents = true, answers = true;

static void random_steps(int steps, int check_every)
{
    for (int i = 0; i < steps; i++) {
        struct slot *slot = &slots[random_below(SLOTS)];
        contents &= slot_holds(slot, slot->size);
        answers &= random_below(4) ? slot_renew(slot) : slot_resize(slot);
        if (i % check_every == 0)
            ck_malloc_check();
    }
}

static void all_free(void)
{
    for (int i = 0; i < SLOTS; i++)
        ck_free(slots[i].memory);
    memset(slots, 0, sizeof slots);
    ck_malloc_check();
}

static void random_requests(void)
{
    random_steps(STEPS, 100);
    check(contents, "blocks keep their contents");
    check(answers, "alignment, size, zeros, realloc");
    all_free();
    check(heap_size() <= 64 * 1024, "an empty heap is given back");
}

/* Runs in a process of its own; its status is 0 when all was well. */
static bool elsewhere(void (*function)(void))
{
    int status;

    fflush(stdout);
    pid_t child = fork();
    if (!child) {
        function();
        _exit(contents && answers ? 0 : 1);
    }
    return waitpid(child, &status, 0) == child && status == 0;
}

static void single_list(void)
{
    heap_wish("MALLOC_FREELIST", "single");
    random_steps(STEPS / 4, 50);
    all_free();
}

static void checked_calls(void)
{
    heap_wish("MALLOC_CHECK", "3");
    random_steps(STEPS / 20, STEPS);
    all_free();
}

/* The break stops moving in the middle, mappings go on, and later it moves again, below them. */
static void blocked_break(void)
{
    random_steps(200, 10);
    heap_block_break(true);
    random_steps(STEPS / 4, 100);
    heap_block_break(false);
    random_steps(STEPS / 4, 100);
    all_free();
}

/* Holes give their pages back when the heap needs more, and only then; they serve again afterwards. */
static void given_back(void)
{
    enum { BLOCKS = 21, SIZE = 20000 };
    unsigned char *blocks[BLOCKS];

    for (int i = 0; i < BLOCKS; i++)
        memset(blocks[i] = ck_malloc(SIZE), 0x5a, SIZE);
    for (int i = 1; i < BLOCKS; i += 2)
        ck_free(blocks[i]);
    for (int i = 1; i < BLOCKS; i += 2)
        answers &= blocks[i][SIZE / 2] == 0x5a;
    ck_free(ck_malloc(5 * SIZE));
    ck_malloc_check();
    for (int i = 1; i < BLOCKS; i += 2)
        answers &= blocks[i][SIZE / 2] == 0;
    for (int i = 0; i < BLOCKS; i += 2)
        for (int at = 0; at < SIZE; at++)
            contents &= blocks[i][at] == 0x5a;
    size_t size = heap_size();
    for (int i = 1; i < BLOCKS; i += 2)
        memset(blocks[i] = ck_malloc(SIZE), 0xa5, SIZE);
    answers &= heap_size() == size;
    ck_malloc_check();
    for (int i = 0; i < BLOCKS; i += 2)
        ck_free(blocks[i]);
    answers &= ck_malloc_trim(SIZE_MAX / 2) == 1 && ck_malloc_trim(SIZE_MAX / 2) == 0;
    for (int i = 1; i < BLOCKS - 1; i++)
        answers &= blocks[i][SIZE / 2] == (i % 2 ? 0xa5 : 0);
}

static void *thread_steps(void *argument)
{
    unsigned seed = *(unsigned *)argument;
    unsigned char *own[64] = {NULL};
    size_t sizes[64] = {0};

    for (int i = 0; i < STEPS / 4; i++) {
        seed = seed * 1103515245 + 12345;
        unsigned k = seed >> 16 & 63, size = seed >> 8 & 2047;
        for (size_t at = 0; at < sizes[k]; at++)
            if (own[k][at] != (unsigned char)(k + at))
                contents = false;
        own[k] = ck_realloc(own[k], size + 1);
        sizes[k] = size + 1;
        for (size_t at = 0; at <= size; at++)
            own[k][at] = (unsigned char)(k + at);
    }
    for (int k = 0; k < 64; k++)
        ck_free(own[k]);
    return NULL;
}

static void with_threads(void)
{
    pthread_t threads[THREADS];
    unsigned seeds[THREADS];

    heap_threads_begin();
    for (unsigned i = 0; i < THREADS; i++) {
        seeds[i] = i + 1;
        pthread_create(&threads[i], NULL, thread_steps, &seeds[i]);
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    ck_malloc_check();
}

/* What MALLOC_TRACE leaves behind: one line for each call, the addresses those that were given out. */
static void recorded(void)
{
    char path[64], line[80], expected[80];

    snprintf(path, sizeof path, "/tmp/malloc-record.%d", (int)getpid());
    heap_wish("MALLOC_TRACE", path);
    void *first = ck_malloc(10), *second = ck_realloc(first, 5000);
    ck_free(second);
    answers &= !ck_malloc(SIZE_MAX);
    heap_record_end();
    FILE *file = fopen(path, "r");
    unlink(path);
    snprintf(expected, sizeof expected, "a %lx 10\n", (unsigned long)first);
    answers &= file && fgets(line, sizeof line, file) && !strcmp(line, expected);
    snprintf(expected, sizeof expected, "r %lx %lx 5000\n", (unsigned long)first, (unsigned long)second);
    answers &= file && fgets(line, sizeof line, file) && !strcmp(line, expected);
    snprintf(expected, sizeof expected, "f %lx\n", (unsigned long)second);
    answers &= file && fgets(line, sizeof line, file) && !strcmp(line, expected) && !fgets(line, sizeof line, file);
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
    errno = 0;
    check(!ck_memalign(48, 10) && errno == EINVAL && !ck_aligned_alloc(0, 10), "nor is such an alignment for memalign");
    errno = 0;
    check(!ck_reallocarray(first, SIZE_MAX / 2, 4) && errno == ENOMEM, "an array that is too large leaves the old one");
    void *aligned = ck_aligned_alloc(1 << 20, 300000);
    check((uintptr_t)aligned % (1 << 20) == 0 && ck_malloc_usable_size(aligned) >= 300000, "a large aligned block");
    aligned = ck_realloc(aligned, 600000);
    check(aligned && ck_malloc_usable_size(aligned) >= 600000, "which can be resized");
    ck_free(aligned);
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

static void free_foreign(void)
{
    static _Alignas(16) char memory[256];

    ck_free(ck_malloc(50));
    ck_free(memory + 128);
}

static void free_large_inside(void)
{
    ck_free((char *)ck_malloc(500000) + 4096);
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
    check(elsewhere(single_list), "one list: the lecture's heap is right, too");
    check(elsewhere(checked_calls), "MALLOC_CHECK finds nothing wrong");
    check(elsewhere(blocked_break), "where the break does not move, mappings take over");
    check(elsewhere(given_back), "holes give their pages back");
    check(elsewhere(with_threads), "threads share the heap");
    check(elsewhere(recorded), "MALLOC_TRACE records calls");
    random_requests();
    limits();
    check(misuse_noticed(free_twice, "twice"), "a block freed twice is noticed");
    check(misuse_noticed(free_inside, "not a block"), "a pointer into a block is noticed");
    check(misuse_noticed(free_foreign, "not a block"), "a pointer to other memory is noticed");
    check(misuse_noticed(free_large_inside, "not a block"), "a pointer into a large block is noticed");
    check(misuse_noticed(overwrite_tag, "block"), "a tag overwritten is noticed");
    check(misuse_noticed(overwrite_links, "overwritten"), "links overwritten are noticed");
    printf("1..%u\n", checks);
    return failures != 0;
}

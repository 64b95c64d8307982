/*
 * malloc and its relatives as the standards describe them; threads that allocate, exchange blocks and free each other's; forks
 * in the middle of that, whose children find a heap they can use.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/user/say.h"

enum { THREADS = 4, STEPS = 6000, PLACES = 64, FORKS = 10 };

/* The compiler is not to know what the sizes are. */
static volatile size_t huge = SIZE_MAX, half = SIZE_MAX / 2;

/* Nor what these are: clang takes it that malloc leaves errno alone. */
static void *(*volatile allocate)(size_t) = malloc;
static void *(*volatile allocate_zeroed)(size_t, size_t) = calloc;

/* A request that cannot be: its result, and errno. */
static void refused(const char *what, void *result)
{
    say("%s: %d, errno %d", what, result != NULL, errno);
    errno = 0;
}

static void limits(void)
{
    errno = 0;
    refused("malloc of everything", allocate(huge));
    refused("calloc beyond", allocate_zeroed(half, 4));
    char *block = malloc(20);
    strcpy(block, "still there");
    refused("realloc to everything", realloc(block, huge));
    refused("reallocarray beyond", reallocarray(block, half, 4));
    say("afterwards: %s", block);
    block = realloc(block, 300000);
    say("grown: %s", block);
    block = realloc(block, 12);
    say("shrunk: %s", block);
    free(block);
    void *result = &result;
    say("posix_memalign: %d %d %d", posix_memalign(&result, 3, 10), posix_memalign(&result, 0, 10), result == &result);
    say("posix_memalign beyond: %d", posix_memalign(&result, half + 1, half + 1));
    void *first = malloc(0), *second = malloc(0);
    say("nothing is something: %d", first && second && first != second);
    free(first);
    free(second);
    free(NULL);
    errno = E2BIG;
    free(malloc(1000000));
    free(malloc(10));
    say_true("free keeps errno", errno == E2BIG);
}

static void alignments(void)
{
    int wrong = 0;

    for (size_t alignment = 16; alignment <= 65536; alignment *= 2)
        for (size_t size = 1; size < 300000; size = size * 3 + 1) {
            unsigned char *block = aligned_alloc(alignment, size), *other = NULL;
            wrong += !block || (uintptr_t)block % alignment || malloc_usable_size(block) < size;
            memset(block, 1, size);
            wrong += posix_memalign((void **)&other, alignment, size) || (uintptr_t)other % alignment;
            memset(other, 2, size);
            wrong += block[0] != 1 || block[size - 1] != 1;
            free(block);
            free(other);
        }
    say("alignments, wrong: %d", wrong);
    for (size_t size = 0; size < 5000; size++) {
        unsigned char *block = calloc(size, 1);
        for (size_t i = 0; i < size; i++)
            wrong += block[i];
        wrong += (uintptr_t)block % 16 != 0;
        memset(block, 0xff, size);
        free(block);
    }
    say("zeros, wrong: %d", wrong);
}

static struct place {
    pthread_mutex_t mutex;
    unsigned char *block;
    size_t size;
} places[PLACES];

static int damaged;

/* Replaces what is at a place; whoever put it there. */
static void place_renew(struct place *place, size_t size)
{
    unsigned char *block = malloc(size);

    memset(block, (int)(size & 255), size);
    pthread_mutex_lock(&place->mutex);
    unsigned char *old = place->block;
    size_t old_size = place->size;
    place->block = block;
    place->size = size;
    pthread_mutex_unlock(&place->mutex);
    for (size_t i = 0; i < old_size; i++)
        if (old[i] != (old_size & 255))
            __atomic_fetch_add(&damaged, 1, __ATOMIC_RELAXED);
    free(old);
}

static void *exchange(void *argument)
{
    unsigned seed = *(unsigned *)argument;

    for (int i = 0; i < STEPS; i++) {
        seed = seed * 1103515245 + 12345;
        place_renew(&places[seed >> 16 & (PLACES - 1)], (seed >> 8 & 1023) + (seed >> 24 ? 1 : 200000));
    }
    return NULL;
}

/* A child's heap works, whatever the other threads were doing. */
static int fork_child(void)
{
    int status = -1;
    pid_t child = fork();

    if (!child) {
        for (int i = 1; i < 200; i++)
            free(realloc(malloc((size_t)i * 7), (size_t)i * 31));
        _exit(7);
    }
    waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 7;
}

static void threads(void)
{
    pthread_t thread[THREADS];
    unsigned seeds[THREADS];
    int children = 0;

    for (int i = 0; i < PLACES; i++)
        pthread_mutex_init(&places[i].mutex, NULL);
    for (unsigned i = 0; i < THREADS; i++) {
        seeds[i] = i * 77 + 1;
        pthread_create(&thread[i], NULL, exchange, &seeds[i]);
    }
    for (int i = 0; i < FORKS; i++)
        children += fork_child();
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    say("threads: damaged %d, good children %d", damaged, children);
    for (int i = 0; i < PLACES; i++)
        free(places[i].block);
}

/* What lies free between blocks that are not goes back to the kernel, and reads as zeros then. */
static void trim(void)
{
    enum { HOLES = 100, SIZE = 40000 };
    uintptr_t middle[HOLES];
    char *holes[HOLES], *between[HOLES];
    int kept = 0, zero = 0;

    for (int i = 0; i < HOLES; i++) {
        memset(holes[i] = malloc(SIZE), 1, SIZE);
        strcpy(between[i] = malloc(SIZE), "kept");
        middle[i] = (uintptr_t)holes[i] + SIZE / 2;
    }
    for (int i = 0; i < HOLES; i++)
        free(holes[i]);
    say("malloc_trim: %d", malloc_trim(0));
    for (int i = 0; i < HOLES; i++)
        zero += !*(volatile char *)middle[i];
    for (int i = 0; i < HOLES; i++) {
        kept += !strcmp(between[i], "kept");
        free(between[i]);
    }
    say("holes given back: %d, blocks kept: %d", zero, kept);
}

int main(void)
{
    limits();
    alignments();
    threads();
    trim();
    struct mallinfo2 info = mallinfo2();
    say_true("mallinfo2 counts the heap", info.uordblks + info.fordblks <= info.arena && info.arena > 0);
    return 0;
}

/* libc/malloc*.c under other names; its memory is an array, so that nothing else can come in between. */
#include "tests/host/support/heap.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ARENA = 64 * 1024 * 1024, BETWEEN = 512 * 1024 * 1024 };

static char arena[ARENA] __attribute__((aligned(4096)));
static size_t arena_used;
static size_t arena_limit = ARENA;
static bool break_blocked;

static struct {
    const char *name;
    char *value;
} wishes[3];

size_t heap_size(void)
{
    return arena_used;
}

void heap_limit(size_t size)
{
    arena_limit = size < ARENA ? size : ARENA;
}

void heap_block_break(bool blocked)
{
    arena_limit = blocked ? arena_used : ARENA;
    break_blocked = blocked;
}

void heap_wish(const char *name, char *value)
{
    size_t i = 0;

    while (wishes[i].name && strcmp(wishes[i].name, name))
        i++;
    wishes[i].name = name;
    wishes[i].value = value;
}

static void *heap_sbrk(intptr_t increment)
{
    char *old = arena + arena_used;

    if (increment > 0 && arena_used + (size_t)increment > arena_limit) {
        errno = ENOMEM;
        return (void *)-1;
    }
    arena_used += (size_t)increment;
    return old;
}

/* Fails while the heap is limited. While the break is blocked large blocks lie between it and where the heap goes on. */
static void *heap_mmap(void *hint, size_t length, int rights, int flags, int file, off_t offset)
{
    static size_t between;

    if (arena_limit < ARENA && !break_blocked) {
        errno = ENOMEM;
        return MAP_FAILED;
    }
    if (break_blocked && !hint) {
        hint = arena + ARENA + between;
        between = (between + length) % BETWEEN;
    }
    return mmap(hint, length, rights, flags, file, offset);
}

static void *heap_mremap(void *address, size_t old, size_t length, int flags)
{
    (void)flags;
    void *moved = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (moved == MAP_FAILED)
        return moved;
    memcpy(moved, address, old < length ? old : length);
    munmap(address, old);
    return moved;
}

/* The library's calls under names of ours, and its environment, which names a test's wishes. */
#define MREMAP_MAYMOVE 1
#define sbrk heap_sbrk
#define mmap heap_mmap
#define mremap heap_mremap
#define getenv heap_environment
#define malloc ck_malloc
#define calloc ck_calloc
#define realloc ck_realloc
#define reallocarray ck_reallocarray
#define free ck_free
#define memalign ck_memalign
#define aligned_alloc ck_aligned_alloc
#define valloc ck_valloc
#define pvalloc ck_pvalloc
#define posix_memalign ck_posix_memalign
#define malloc_usable_size ck_malloc_usable_size
#define malloc_trim ck_malloc_trim
#define malloc_check ck_malloc_check
#define mallinfo2 ck_mallinfo2
#define threads_running ck_threads_running
#define lock_wait ck_lock_wait
#define lock_wake ck_lock_wake

struct mallinfo2 {
    size_t arena, ordblks, smblks, hblks, hblkhd, usmblks, fsmblks, uordblks, fordblks, keepcost;
};

size_t ck_malloc_usable_size(void *memory);
int ck_malloc_trim(size_t kept);
void ck_malloc_check(void);
struct mallinfo2 ck_mallinfo2(void);
void *ck_pvalloc(size_t size);

#include "libc/lock.h"

/* Threads of the test share one lock by turning, without the kernel. */
bool ck_threads_running;

void ck_lock_wait(struct lock *lock)
{
    while (atomic_exchange(&lock->state, 2))
        sched_yield();
}

void ck_lock_wake(struct lock *lock)
{
    (void)lock;
}

static char *heap_environment(const char *name)
{
    for (size_t i = 0; i < sizeof wishes / sizeof *wishes; i++)
        if (wishes[i].name && !strcmp(wishes[i].name, name))
            return wishes[i].value;
    return NULL;
}

#include "libc/malloc.c"
#include "libc/malloc_break.c"
#include "libc/malloc_calls.c"
#include "libc/malloc_check.c"
#include "libc/malloc_large.c"
#include "libc/malloc_special.c"
#include "libc/malloc_trace.c"

void heap_threads_begin(void)
{
    ck_threads_running = true;
    malloc_threads_begin();
}

void heap_record_end(void)
{
    trace_flush();
}

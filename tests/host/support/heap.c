/* libc/malloc.c under other names; its memory is an array, so that nothing else can come in between. */
#include "tests/host/support/heap.h"

#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ARENA = 64 * 1024 * 1024 };

static char arena[ARENA] __attribute__((aligned(4096)));
static size_t used;
static size_t limit = ARENA;

size_t heap_size(void)
{
    return used;
}

void heap_limit(size_t size)
{
    limit = size < ARENA ? size : ARENA;
}

static void *heap_sbrk(intptr_t increment)
{
    char *old = arena + used;

    if (increment > 0 && used + (size_t)increment > limit) {
        errno = ENOMEM;
        return (void *)-1;
    }
    used += (size_t)increment;
    return old;
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

#define MREMAP_MAYMOVE 1
#define sbrk heap_sbrk
#define mremap heap_mremap
#define malloc ck_malloc
#define calloc ck_calloc
#define realloc ck_realloc
#define reallocarray ck_reallocarray
#define free ck_free
#define memalign ck_memalign
#define aligned_alloc ck_aligned_alloc
#define valloc ck_valloc
#define posix_memalign ck_posix_memalign
#define malloc_usable_size ck_malloc_usable_size
#define malloc_trim ck_malloc_trim
#define malloc_check ck_malloc_check
#define mallinfo2 ck_mallinfo2
#define strlcat ck_strlcat
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

#include "libc/lock.h"

/* There is one thread here. */
bool ck_threads_running;

void ck_lock_wait(struct lock *lock)
{
    (void)lock;
}

void ck_lock_wake(struct lock *lock)
{
    (void)lock;
}

static size_t ck_strlcat(char *to, const char *from, size_t size)
{
    size_t length = strlen(to);

    strncat(to, from, size - length - 1);
    return length + strlen(from);
}

#include "libc/malloc.c"
#undef PAGE
#define PAGE calls_page
#include "libc/malloc_calls.c"
#include "libc/malloc_check.c"

/* malloc and its relatives as the standards name them: the heap of malloc.c behind one lock. */
#include <errno.h>
#include <malloc.h>
#include <string.h>

#include "libc/lock.h"
#include "libc/malloc_block.h"
#include "libc/malloc_lock.h"

enum { PAGE = 4096 };

static struct lock lock;

void malloc_lock(void)
{
    lock_take(&lock);
}

void malloc_unlock(void)
{
    lock_give(&lock);
}

void *malloc(size_t request)
{
    lock_take(&lock);
    void *payload = heap_allocate(request);
    lock_give(&lock);
    return payload;
}

void free(void *payload)
{
    if (!payload)
        return;
    lock_take(&lock);
    heap_free(payload);
    lock_give(&lock);
}

/* A mapping of its own is zero already. */
void *calloc(size_t count, size_t size)
{
    size_t request;

    if (__builtin_mul_overflow(count, size, &request)) {
        errno = ENOMEM;
        return NULL;
    }
    void *payload = malloc(request);
    if (payload && !block_mapped(block_of(payload)))
        memset(payload, 0, request);
    return payload;
}

void *realloc(void *payload, size_t request)
{
    lock_take(&lock);
    void *moved = heap_resize(payload, request);
    lock_give(&lock);
    return moved;
}

void *reallocarray(void *payload, size_t count, size_t size)
{
    size_t request;

    if (!__builtin_mul_overflow(count, size, &request))
        return realloc(payload, request);
    errno = ENOMEM;
    return NULL;
}

void *memalign(size_t alignment, size_t request)
{
    lock_take(&lock);
    void *payload = heap_allocate_aligned(alignment, request);
    lock_give(&lock);
    return payload;
}

void *aligned_alloc(size_t alignment, size_t request)
{
    return memalign(alignment, request);
}

void *valloc(size_t request)
{
    return memalign(PAGE, request);
}

int posix_memalign(void **result, size_t alignment, size_t request)
{
    int saved = errno;

    if (alignment < sizeof(void *) || alignment & (alignment - 1))
        return EINVAL;
    void *payload = memalign(alignment, request);
    errno = saved;
    if (!payload)
        return ENOMEM;
    *result = payload;
    return 0;
}

size_t malloc_usable_size(void *payload)
{
    return payload ? heap_usable(block_of(payload)) : 0;
}

int malloc_trim(size_t kept)
{
    lock_take(&lock);
    size_t given = heap_trim(kept);
    lock_give(&lock);
    return given > 0;
}

/* The relatives of malloc, free and realloc as the standards name them. */
#include <errno.h>
#include <malloc.h>
#include <string.h>

#include "libc/malloc_heap.h"
#include "libc/malloc_large.h"
#include "libc/malloc_special.h"

/* The product; false (errno set) if there is none. */
static bool request_of(size_t count, size_t size, size_t *request)
{
    if (!__builtin_mul_overflow(count, size, request))
        return true;
    errno = ENOMEM;
    return false;
}

/* A mapping of its own is zero already. */
void *calloc(size_t count, size_t size)
{
    size_t request;

    if (!request_of(count, size, &request))
        return NULL;
    void *payload = malloc(request);
    if (payload && request < LARGE_LEAST)
        memset(payload, 0, request);
    return payload;
}

void *reallocarray(void *payload, size_t count, size_t size)
{
    size_t request;

    return request_of(count, size, &request) ? realloc(payload, request) : NULL;
}

void *memalign(size_t alignment, size_t request)
{
    if (!alignment || alignment & (alignment - 1)) {
        errno = EINVAL;
        return NULL;
    }
    return special_allocate_aligned(alignment, request);
}

void *aligned_alloc(size_t alignment, size_t request)
{
    return memalign(alignment, request);
}

void *valloc(size_t request)
{
    return memalign(HEAP_PAGE, request);
}

void *pvalloc(size_t request)
{
    return request > SIZE_MAX / 2 ? valloc(request) : valloc((request + HEAP_PAGE - 1) & ~(size_t)(HEAP_PAGE - 1));
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
    return payload ? heap_usable(payload) : 0;
}

int malloc_trim(size_t kept)
{
    malloc_lock();
    size_t given = heap_trim(kept) + heap_give_back();
    malloc_unlock();
    return given > 0;
}

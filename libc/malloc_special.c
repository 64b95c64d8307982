/*
 * The long way through malloc; malloc_special.h says when it is taken.
 *
 * The lock protects everything in libc/malloc*.c. It is held for the length of a call, so an operation is never half done
 * when fork copies the process: fork takes it first.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "libc/lock.h"
#include "libc/malloc_heap.h"
#include "libc/malloc_special.h"
#include "libc/malloc_trace.h"

static struct lock heap_lock;
static unsigned long check_every, check_calls;

static void environment_read(void)
{
    const char *freelist = getenv("MALLOC_FREELIST"), *trace = getenv("MALLOC_TRACE"), *check = getenv("MALLOC_CHECK");
    unsigned special = heap.special & HEAP_THREADS;
    int saved = errno;

    if (freelist && !strcmp(freelist, "single")) {
        heap.class_last = 0;
        special |= HEAP_SINGLE_LIST;
    }
    if (trace && trace[0] && trace_begin(trace))
        special |= HEAP_TRACE;
    check_every = check ? strtoul(check, NULL, 10) : 0;
    if (check_every)
        special |= HEAP_CHECK;
    errno = saved;
    heap_special_set(special);
}

void malloc_lock(void)
{
    if (heap.special & HEAP_THREADS)
        lock_take(&heap_lock);
}

void malloc_unlock(void)
{
    if (heap.special & HEAP_THREADS)
        lock_give(&heap_lock);
}

void malloc_threads_begin(void)
{
    heap_special_set(heap.special | HEAP_THREADS);
}

void malloc_fork_child(void)
{
    trace_drop();
    heap_special_set(heap.special & ~(unsigned)HEAP_TRACE);
    malloc_unlock();
}

static void call_begin(void)
{
    malloc_lock();
    if (heap.special & HEAP_NEW)
        environment_read();
    if (heap.special & HEAP_CHECK && ++check_calls % check_every == 0)
        heap_check();
}

static void *call_end(char kind, const void *old, void *payload, size_t request)
{
    if (heap.special & HEAP_TRACE && (payload || kind == 'f'))
        trace_note(kind, old, payload, request);
    malloc_unlock();
    return payload;
}

void *special_allocate(size_t request)
{
    call_begin();
    return call_end('a', NULL, heap_allocate(request), request);
}

void *special_allocate_aligned(size_t alignment, size_t request)
{
    call_begin();
    return call_end('a', NULL, heap_allocate_aligned(alignment, request), request);
}

void special_free(void *payload)
{
    call_begin();
    heap_free(payload);
    call_end('f', payload, NULL, 0);
}

void *special_resize(void *payload, size_t request)
{
    call_begin();
    return call_end('r', payload, heap_resize(payload, request), request);
}

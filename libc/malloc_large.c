/* Blocks with a mapping of their own; drawn in malloc_large.h. Protected by the heap's lock. */
#include <errno.h>
#include <sys/mman.h>

#include "libc/malloc_heap.h"
#include "libc/malloc_large.h"

static struct mapping *mappings;

static void *mapping_payload(struct mapping *mapping)
{
    return mapping + 1;
}

static uint32_t mark_for(const struct mapping *mapping)
{
    return (uint32_t)((uintptr_t)mapping / BLOCK_ALIGNMENT) * 0x9E3779B1u ^ 0x6D61700A;
}

/* Puts it into the list; the rest of it is filled in. */
static void mapping_enter(struct mapping *mapping)
{
    mapping->mark = mark_for(mapping);
    mapping->tag = BLOCK_MAPPED | BLOCK_ALLOCATED;
    if (mappings) {
        mapping->next = mappings;
        mapping->previous = mappings->previous;
        mappings->previous->next = mapping;
        mappings->previous = mapping;
    } else {
        mapping->next = mapping->previous = mapping;
    }
    mappings = mapping;
    heap.mapped_blocks++;
    heap.mapped_bytes += mapping->length;
}

static void mapping_leave(struct mapping *mapping)
{
    if (mapping->next->previous != mapping || mapping->previous->next != mapping)
        heap_abort("large block's header overwritten", mapping_payload(mapping));
    mapping->previous->next = mapping->next;
    mapping->next->previous = mapping->previous;
    if (mappings == mapping)
        mappings = mapping->next == mapping ? NULL : mapping->next;
    heap.mapped_blocks--;
    heap.mapped_bytes -= mapping->length;
}

struct mapping *large_mapping(void *payload)
{
    struct mapping *mapping = (struct mapping *)payload - 1;

    if ((uintptr_t)payload % BLOCK_ALIGNMENT || !(mapping->tag & BLOCK_MAPPED) || mapping->mark != mark_for(mapping))
        return NULL;
    return mapping;
}

/* A large block takes nothing from the heap, which can do without all that it has in reserve. */
static void memory_give_back(void)
{
    int saved = errno;

    heap_trim(0);
    heap_give_back();
    errno = saved;
}

size_t large_waste(size_t request)
{
    return heap_page_round(request + sizeof(struct mapping)) - request;
}

void *large_allocate(size_t request, size_t alignment)
{
    size_t before = alignment > BLOCK_ALIGNMENT ? alignment : 0;
    size_t length = heap_page_round(request + before + sizeof(struct mapping));
    memory_give_back();
    char *start = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (start == MAP_FAILED) {
        errno = ENOMEM;
        return NULL;
    }
    uintptr_t payload = (uintptr_t)start + sizeof(struct mapping);
    if (before)
        payload = (payload + alignment - 1) & ~(alignment - 1);
    struct mapping *mapping = (struct mapping *)payload - 1;
    mapping->start = start;
    mapping->length = length;
    mapping_enter(mapping);
    return mapping_payload(mapping);
}

void large_free(struct mapping *mapping)
{
    mapping_leave(mapping);
    mapping->mark = 0;
    if (munmap(mapping->start, mapping->length))
        heap_abort("large block's header overwritten", mapping_payload(mapping));
}

void *large_resize(struct mapping *mapping, size_t request)
{
    size_t offset = (size_t)((char *)mapping_payload(mapping) - mapping->start);
    size_t length = heap_page_round(offset + request);

    if (length == mapping->length)
        return mapping_payload(mapping);
    if (length > mapping->length)
        memory_give_back();
    mapping_leave(mapping);
    char *start = mremap(mapping->start, mapping->length, length, MREMAP_MAYMOVE);
    bool moved = start != MAP_FAILED;
    if (moved) {
        mapping = (struct mapping *)(start + offset) - 1;
        mapping->start = start;
        mapping->length = length;
    }
    mapping_enter(mapping);
    if (moved)
        return mapping_payload(mapping);
    errno = ENOMEM;
    return NULL;
}

size_t large_usable(const struct mapping *mapping)
{
    return mapping->length - (size_t)((const char *)(mapping + 1) - mapping->start);
}

void large_check(void)
{
    struct mapping *mapping = mappings;
    size_t count = 0, bytes = 0;

    if (mapping)
        do {
            if (mapping->mark != mark_for(mapping) || mapping->next->previous != mapping)
                heap_abort("large block's header overwritten", mapping_payload(mapping));
            count++;
            bytes += mapping->length;
            mapping = mapping->next;
        } while (mapping != mappings);
    if (count != heap.mapped_blocks || bytes != heap.mapped_bytes)
        heap_abort("large blocks miscounted", mappings);
}

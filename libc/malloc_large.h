/*
 * Blocks with a mapping of their own: large ones, which would leave large holes, go back to the kernel at once, and move
 * without being copied when they grow.
 *
 *     | ... | struct mapping, whose last word is the tag | payload ... |
 *     ^ start, at a page                                 ^ at a multiple of 16 or what was asked for
 */
#ifndef CLOCKHAND_LIBC_MALLOC_LARGE_H
#define CLOCKHAND_LIBC_MALLOC_LARGE_H

#include <assert.h>

#include "libc/malloc_block.h"

/*
 * Requests of as many bytes are large; fewer will do for a block that grows and has to move, if the rounding to pages does not
 * waste more than a fifth: it moves again without a copy.
 */
enum { LARGE_LEAST = 128 * 1024, LARGE_LEAST_MOVED = 16 * 1024 };

struct mapping {
    struct mapping *next, *previous; /* all of them, circular */
    char *start;
    size_t length;
    uint64_t unused;
    uint32_t mark; /* says that this is one */
    uint32_t tag;  /* BLOCK_MAPPED and BLOCK_ALLOCATED */
};

static_assert(sizeof(struct mapping) % BLOCK_ALIGNMENT == 0, "the payload is aligned");

/* The mapping of a payload if it is one, else NULL. The memory just before the payload must be readable. */
struct mapping *large_mapping(void *payload);
/* Bytes that a mapping has more than the request. */
size_t large_waste(size_t request);
/* A block of its own for `request` bytes at a multiple of `alignment`, full of zeros; NULL (errno set) without memory. */
void *large_allocate(size_t request, size_t alignment);
void large_free(struct mapping *mapping);
/* Makes room for `request` bytes, moving the block if need be; NULL (errno set, nothing changed) without memory. */
void *large_resize(struct mapping *mapping, size_t request);
/* Bytes of payload there is room for. */
size_t large_usable(const struct mapping *mapping);
/* Verifies all of them; aborts at the first mistake. */
void large_check(void);

#endif

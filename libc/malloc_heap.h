/*
 * The heap as a whole, for the files malloc*.c only.
 *
 *     malloc_block.h     the format of a block
 *     malloc_bins.h      the lists of free blocks
 *     malloc_break.c     the ends of the heap: growing and trimming
 *     malloc_large.c     blocks with a mapping of their own
 *     malloc.c           allocating, freeing, resizing; malloc, free and realloc
 *     malloc_calls.c     their relatives
 *     malloc_special.c   threads, fork, and what the environment asks for
 *     malloc_trace.c     the record of all calls
 *     malloc_check.c     is the heap as it should be?
 *
 * Everything here is protected by one lock (malloc_special.c), which is taken only once there is a second thread.
 */
#ifndef CLOCKHAND_LIBC_MALLOC_HEAP_H
#define CLOCKHAND_LIBC_MALLOC_HEAP_H

#include "libc/malloc_block.h"

enum {
    HEAP_CLASSES = 64, /* of sizes, each with a list of free blocks */
    HEAP_PAGE = 4096,
};

/* Why a call takes the long way, through malloc_special.c. */
enum heap_special {
    HEAP_NEW = 1,         /* the environment has not been looked at */
    HEAP_THREADS = 2,     /* there may be a second thread */
    HEAP_SINGLE_LIST = 4, /* MALLOC_FREELIST=single */
    HEAP_TRACE = 8,       /* MALLOC_TRACE=file */
    HEAP_CHECK = 16,      /* MALLOC_CHECK=n */
};

struct heap {
    unsigned special;           /* heap_special bits; 0 is the fast way */
    uint32_t class_last;        /* the highest list; 0 when there is only one */
    size_t quick_end;           /* requests below this are served the fast way; 0 while there is something special */
    uint64_t quick_blocks;      /* blocks_most likewise */
    struct block *base;         /* block number 0: the prolog of the lowest stretch, with the lists' heads in it */
    uint64_t blocks_most;       /* the epilog's distance from there, in units of 16 bytes */
    uint64_t nonempty;          /* a bit for each list that has a block */
    struct block *stretch;      /* the prolog of the highest stretch */
    struct block *epilog;       /* and its end */
    struct block *unlisted_end; /* the epilog, or NULL when there is only one list: malloc_bins.h */
    bool stretch_mapped;        /* the highest stretch came from mmap, not from sbrk */
    size_t grown, grown_most;   /* bytes had from the kernel for stretches: now, and the most so far */
    size_t mapped_blocks, mapped_bytes; /* malloc_large.h */
};

extern struct heap heap;

static inline size_t heap_page_round(size_t length)
{
    return (length + HEAP_PAGE - 1) & ~(size_t)(HEAP_PAGE - 1);
}

enum { NUMBER_UNIT = 8 }; /* bytes */

/* The bytes between the heap's base and a block. */
static inline uint64_t block_distance(const struct block *block)
{
    return (uint64_t)((const char *)block - (const char *)heap.base);
}

static inline uint32_t block_number(const struct block *block)
{
    return (uint32_t)(block_distance(block) / NUMBER_UNIT);
}

static inline struct block *block_numbered(uint32_t number)
{
    return block_at(heap.base, (size_t)number * NUMBER_UNIT);
}

/* --- malloc.c: the standard functions without lock; a request that fails sets errno --- */

void *heap_allocate(size_t request);
void heap_free(void *payload);
void *heap_resize(void *payload, size_t request);
void *heap_allocate_aligned(size_t alignment, size_t request);
/* Makes a block that is in no list free: merges it with its free neighbours and lists the result, which it returns. */
struct block *block_release(struct block *block);
/* Bytes of payload that an allocated block has room for. */
size_t heap_usable(void *payload);

/* Says what is special from now on. */
void heap_special_set(unsigned special);

/* --- malloc_break.c --- */

/* Makes the heap end in a free block of at least `size` bytes and returns that; NULL (errno set) without memory. */
struct block *heap_grow(size_t size);
/* Gives whole pages within free blocks back to the kernel; how many bytes that were. */
size_t heap_give_back(void);
/* Gives whole pages at the end back to the kernel, all but `kept` bytes; how many bytes that were. */
size_t heap_trim(size_t kept);

/* --- malloc_check.c --- */

/* Verifies the whole heap; aborts at the first mistake. */
void heap_check(void);
/* Ends the program with one line about what was wrong at that address. */
_Noreturn void heap_abort(const char *what, const void *where);

#endif

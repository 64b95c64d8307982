/* libc's malloc under other names, over an sbrk of our own. */
#ifndef TESTS_HOST_HEAP_H
#define TESTS_HOST_HEAP_H

#include <stdbool.h>
#include <stddef.h>

void *ck_malloc(size_t size);
void *ck_calloc(size_t count, size_t size);
void *ck_realloc(void *memory, size_t size);
void *ck_memalign(size_t alignment, size_t size);
int ck_posix_memalign(void **result, size_t alignment, size_t size);
size_t ck_malloc_usable_size(void *memory);
void *ck_aligned_alloc(size_t alignment, size_t size);
void *ck_reallocarray(void *memory, size_t count, size_t size);
int ck_malloc_trim(size_t kept);
void ck_free(void *memory);
void ck_malloc_check(void);

/* The environment as the library finds it, to be set before its first call. */
void heap_wish(const char *name, char *value);
/* Writes what MALLOC_TRACE has recorded. */
void heap_record_end(void);
/* The lock is taken from now on. */
void heap_threads_begin(void);
/* Bytes between the heap's start and its end. */
size_t heap_size(void);
/* sbrk and mmap fail beyond this size. */
void heap_limit(size_t size);

/* Whether sbrk fails from now on; mmap does not. */
void heap_block_break(bool blocked);

#endif

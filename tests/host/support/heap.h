/* libc's malloc under other names, over an sbrk of our own. */
#ifndef TESTS_HOST_HEAP_H
#define TESTS_HOST_HEAP_H

#include <stddef.h>

void *ck_malloc(size_t size);
void *ck_calloc(size_t count, size_t size);
void *ck_realloc(void *memory, size_t size);
void *ck_memalign(size_t alignment, size_t size);
int ck_posix_memalign(void **result, size_t alignment, size_t size);
size_t ck_malloc_usable_size(void *memory);
void ck_free(void *memory);
void ck_malloc_check(void);

/* Bytes between the heap's start and its end. */
size_t heap_size(void);
/* sbrk fails beyond this size. */
void heap_limit(size_t size);

#endif

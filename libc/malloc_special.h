/*
 * What the standard functions do when heap.special is not 0: at the first call the environment is looked at, with threads
 * there is a lock to take, and calls may be recorded or the heap verified.
 *
 *     MALLOC_FREELIST=single   one list of free blocks, first fit, placed at the front: as in the lecture
 *     MALLOC_TRACE=FILE        the record of all calls (malloc_trace.h)
 *     MALLOC_CHECK=N           verify the whole heap at every Nth call
 *
 * With threads a call takes some 50 instructions more than without, two of them atomic (counted by callgrind). There are no
 * caches for each thread, which would save these: what lies in them is not merged at once, and the heap would be less dense.
 */
#ifndef CLOCKHAND_LIBC_MALLOC_SPECIAL_H
#define CLOCKHAND_LIBC_MALLOC_SPECIAL_H

#include <stddef.h>

void *special_allocate(size_t request);
void special_free(void *payload);
void *special_resize(void *payload, size_t request);
void *special_allocate_aligned(size_t alignment, size_t request);

/* The heap's lock, for those who look at all of it, and for fork. Nothing happens while there is one thread. */
void malloc_lock(void);
void malloc_unlock(void);
/* From now on there may be a second thread. */
void malloc_threads_begin(void);
/* In the child of a fork: there is one thread, which holds the lock, and the record of calls is the parent's. */
void malloc_fork_child(void);

#endif

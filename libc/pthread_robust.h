/* Mutexes that tell the next one when their owner has ended without unlocking (PTHREAD_MUTEX_ROBUST). */
#ifndef CLOCKHAND_LIBC_PTHREAD_ROBUST_H
#define CLOCKHAND_LIBC_PTHREAD_ROBUST_H

#include <pthread.h>
#include <stdbool.h>

struct futex_terms;

/* As pthread_mutex_lock and trylock: 0, EOWNERDEAD (then it is locked, too), ENOTRECOVERABLE, EBUSY, EDEADLK, ETIMEDOUT. */
int robust_lock(pthread_mutex_t *mutex, const struct futex_terms *terms, bool only_try);
int robust_unlock(pthread_mutex_t *mutex);
/* Does the kernel's work for a thread whose stack, with the list in it, goes before the thread does. */
void robust_list_end(void) __attribute__((weak));

#endif

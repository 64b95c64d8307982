/* Waiting for a condition where that is no cancellation point: inside of other locks. */
#ifndef CLOCKHAND_LIBC_PTHREAD_COND_H
#define CLOCKHAND_LIBC_PTHREAD_COND_H

#include <pthread.h>

/* As pthread_cond_timedwait, or pthread_cond_wait if `until` is NULL. */
int condition_wait(pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *until);

#endif

/* Semaphores between threads. */
#ifndef CLOCKHAND_SEMAPHORE_H
#define CLOCKHAND_SEMAPHORE_H

#include <time.h>

typedef struct {
    int value;
    int waiting;
} sem_t;

#define SEM_VALUE_MAX 2147483647

int sem_init(sem_t *semaphore, int shared, unsigned value);
int sem_destroy(sem_t *semaphore);
int sem_wait(sem_t *semaphore);
int sem_trywait(sem_t *semaphore);
int sem_timedwait(sem_t *semaphore, const struct timespec *until);
int sem_post(sem_t *semaphore);
int sem_getvalue(sem_t *semaphore, int *value);

#endif

/* Semaphores between threads, between processes, and with names. */
#ifndef CLOCKHAND_SEMAPHORE_H
#define CLOCKHAND_SEMAPHORE_H

#include <sys/types.h>
#include <time.h>

typedef struct {
    int value;
    int waiting;
    int shared;
} sem_t;

#define SEM_VALUE_MAX 2147483647
#define SEM_FAILED ((sem_t *)0)

int sem_init(sem_t *semaphore, int shared, unsigned value);
int sem_destroy(sem_t *semaphore);
int sem_wait(sem_t *semaphore);
int sem_trywait(sem_t *semaphore);
int sem_timedwait(sem_t *semaphore, const struct timespec *until);
int sem_clockwait(sem_t *semaphore, clockid_t clock, const struct timespec *until);
int sem_post(sem_t *semaphore);
int sem_getvalue(sem_t *semaphore, int *value);
/* With O_CREAT: mode_t mode, unsigned value. */
sem_t *sem_open(const char *name, int flags, ...);
int sem_close(sem_t *semaphore);
int sem_unlink(const char *name);

#endif

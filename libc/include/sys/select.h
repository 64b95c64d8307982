/* Waiting for descriptors by bit sets. */
#ifndef CLOCKHAND_SYS_SELECT_H
#define CLOCKHAND_SYS_SELECT_H

#include <signal.h>
#include <sys/types.h>
#include <time.h>

struct timeval {
    time_t tv_sec;
    suseconds_t tv_usec;
};

#define FD_SETSIZE 1024

typedef struct {
    unsigned long fds_bits[FD_SETSIZE / 64];
} fd_set;

static inline void fd_set_clear(fd_set *set)
{
    for (int i = 0; i < FD_SETSIZE / 64; i++)
        set->fds_bits[i] = 0;
}

#define FD_ZERO(set) fd_set_clear(set)
#define FD_SET(descriptor, set) ((void)((set)->fds_bits[(descriptor) / 64] |= 1UL << (descriptor) % 64))
#define FD_CLR(descriptor, set) ((void)((set)->fds_bits[(descriptor) / 64] &= ~(1UL << (descriptor) % 64)))
#define FD_ISSET(descriptor, set) ((int)((set)->fds_bits[(descriptor) / 64] >> (descriptor) % 64 & 1))

int select(int count, fd_set *restrict readable, fd_set *restrict writable, fd_set *restrict exceptional,
           struct timeval *restrict timeout);
int pselect(int count, fd_set *restrict readable, fd_set *restrict writable, fd_set *restrict exceptional,
            const struct timespec *restrict timeout, const sigset_t *restrict mask);

#endif

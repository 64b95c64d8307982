/* Waiting for descriptors. */
#ifndef CLOCKHAND_POLL_H
#define CLOCKHAND_POLL_H

#include <signal.h>
#include <time.h>

typedef unsigned long nfds_t;

struct pollfd {
    int fd;
    short events;
    short revents;
};

#define POLLIN 0x001
#define POLLPRI 0x002
#define POLLOUT 0x004
#define POLLERR 0x008
#define POLLHUP 0x010
#define POLLNVAL 0x020
#define POLLRDNORM 0x040
#define POLLRDBAND 0x080
#define POLLWRNORM 0x100
#define POLLWRBAND 0x200

int poll(struct pollfd *set, nfds_t count, int milliseconds);
int ppoll(struct pollfd *set, nfds_t count, const struct timespec *timeout, const sigset_t *mask);

#endif

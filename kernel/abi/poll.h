/*
 * poll and select: Linux's x86-64 system-call interface.
 */
#ifndef KERNEL_ABI_POLL_H
#define KERNEL_ABI_POLL_H

#include "kernel/types.h"

enum poll_events {
    POLLIN = 1,
    POLLPRI = 2,
    POLLOUT = 4,
    POLLERR = 8,
    POLLHUP = 16,
    POLLNVAL = 32,
    POLLRDNORM = 64,
    POLLRDBAND = 128,
    POLLWRNORM = 256,
    POLLWRBAND = 512,
};

struct linux_pollfd {
    int32_t fd;
    int16_t events, revents;
};

enum { SELECT_DESCRIPTORS_MAX = 1024 };

#endif

/* A counter behind a descriptor. */
#ifndef CLOCKHAND_SYS_EVENTFD_H
#define CLOCKHAND_SYS_EVENTFD_H

#include <fcntl.h>
#include <stdint.h>

typedef uint64_t eventfd_t;

#define EFD_SEMAPHORE 1
#define EFD_CLOEXEC O_CLOEXEC
#define EFD_NONBLOCK O_NONBLOCK

int eventfd(unsigned start, int flags);

#endif

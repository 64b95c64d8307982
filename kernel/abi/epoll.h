/*
 * epoll, signalfd, timerfd: Linux's x86-64 system-call interface.
 */
#ifndef KERNEL_ABI_EPOLL_H
#define KERNEL_ABI_EPOLL_H

#include "kernel/types.h"

enum { EPOLL_CTL_ADD = 1, EPOLL_CTL_DEL = 2, EPOLL_CTL_MOD = 3 };

/* Beside POLLIN ..., which epoll takes over. */
#define EPOLLEXCLUSIVE (1u << 28)
#define EPOLLWAKEUP (1u << 29)
#define EPOLLONESHOT (1u << 30)
#define EPOLLET (1u << 31)

struct linux_epoll_event {
    uint32_t events;
    uint64_t data;
} __attribute__((packed));
_Static_assert(sizeof(struct linux_epoll_event) == 12, "ABI");

struct linux_signalfd_siginfo {
    uint32_t signal;
    int32_t error, code;
    uint32_t pid, uid;
    int32_t fd;
    uint32_t tid, band, overrun, trap;
    int32_t status, integer;
    uint64_t pointer, user_time, system_time, address;
    uint8_t reserved[48];
};
_Static_assert(sizeof(struct linux_signalfd_siginfo) == 128, "ABI");

#define TFD_TIMER_ABSTIME 1u
#define TFD_TIMER_CANCEL_ON_SET 2u

#endif

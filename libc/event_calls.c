/* System calls on descriptors that tell of events: epoll, eventfd, signalfd, timerfd. */
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "libc/syscall.h"

enum { SET_SIZE = 8 }; /* of a signal set, for the kernel */

int epoll_create(int size)
{
    return (int)call_result(call_raw1(SYS_epoll_create, size));
}

int epoll_create1(int flags)
{
    return (int)call_result(call_raw1(SYS_epoll_create1, flags));
}

int epoll_ctl(int epoll, int operation, int descriptor, struct epoll_event *event)
{
    return (int)call_result(call_raw4(SYS_epoll_ctl, epoll, operation, descriptor, (long)event));
}

int epoll_wait(int epoll, struct epoll_event *events, int most, int milliseconds)
{
    return (int)call_result(call_raw4(SYS_epoll_wait, epoll, (long)events, most, milliseconds));
}

int epoll_pwait(int epoll, struct epoll_event *events, int most, int milliseconds, const sigset_t *mask)
{
    return (int)call_result(call_raw6(SYS_epoll_pwait, epoll, (long)events, most, milliseconds, (long)mask, SET_SIZE));
}

int epoll_pwait2(int epoll, struct epoll_event *events, int most, const struct timespec *timeout, const sigset_t *mask)
{
    return (int)call_result(
        call_raw6(SYS_epoll_pwait2, epoll, (long)events, most, (long)timeout, (long)mask, SET_SIZE));
}

int eventfd(unsigned start, int flags)
{
    return (int)call_result(call_raw2(SYS_eventfd2, start, flags));
}

int signalfd(int descriptor, const sigset_t *set, int flags)
{
    return (int)call_result(call_raw4(SYS_signalfd4, descriptor, (long)set, SET_SIZE, flags));
}

int timerfd_create(int clock, int flags)
{
    return (int)call_result(call_raw2(SYS_timerfd_create, clock, flags));
}

int timerfd_settime(int descriptor, int flags, const struct itimerspec *value, struct itimerspec *old)
{
    return (int)call_result(call_raw4(SYS_timerfd_settime, descriptor, flags, (long)value, (long)old));
}

int timerfd_gettime(int descriptor, struct itimerspec *value)
{
    return (int)call_result(call_raw2(SYS_timerfd_gettime, descriptor, (long)value));
}

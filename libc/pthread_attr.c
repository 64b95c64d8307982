/* What a new thread is to be like. Scheduling is noted and has no effect: all threads take turns. */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/resource.h>
#include <unistd.h>

#include "libc/thread.h"

int pthread_attr_init(pthread_attr_t *attributes)
{
    *attributes = (pthread_attr_t){.stack_size = PTHREAD_STACK_DEFAULT, .guard_size = (size_t)getpagesize()};
    return 0;
}

int pthread_attr_destroy(pthread_attr_t *attributes)
{
    (void)attributes;
    return 0;
}

int pthread_attr_setstacksize(pthread_attr_t *attributes, size_t size)
{
    if (size < PTHREAD_STACK_MIN || size > SIZE_MAX / 4)
        return EINVAL;
    attributes->stack_size = size;
    return 0;
}

int pthread_attr_getstacksize(const pthread_attr_t *attributes, size_t *size)
{
    *size = attributes->stack_size;
    return 0;
}

int pthread_attr_setguardsize(pthread_attr_t *attributes, size_t size)
{
    if (size > SIZE_MAX / 4)
        return EINVAL;
    attributes->guard_size = size;
    return 0;
}

int pthread_attr_getguardsize(const pthread_attr_t *attributes, size_t *size)
{
    *size = attributes->guard_size;
    return 0;
}

int pthread_attr_setstack(pthread_attr_t *attributes, void *stack, size_t size)
{
    int error = pthread_attr_setstacksize(attributes, size);

    if (!error)
        attributes->stack = stack;
    return error;
}

int pthread_attr_getstack(const pthread_attr_t *attributes, void **stack, size_t *size)
{
    *stack = attributes->stack;
    *size = attributes->stack_size;
    return 0;
}

/* Sets *place to 0 or 1. */
static int flag_set(int *place, int value)
{
    if (value != 0 && value != 1)
        return EINVAL;
    *place = value;
    return 0;
}

int pthread_attr_setdetachstate(pthread_attr_t *attributes, int state)
{
    return flag_set(&attributes->detached, state);
}

int pthread_attr_getdetachstate(const pthread_attr_t *attributes, int *state)
{
    *state = attributes->detached;
    return 0;
}

int pthread_attr_setinheritsched(pthread_attr_t *attributes, int inherit)
{
    return flag_set(&attributes->inherit, inherit);
}

int pthread_attr_getinheritsched(const pthread_attr_t *attributes, int *inherit)
{
    *inherit = attributes->inherit;
    return 0;
}

int pthread_attr_setscope(pthread_attr_t *attributes, int scope)
{
    return scope == PTHREAD_SCOPE_PROCESS ? ENOTSUP : flag_set(&attributes->scope, scope);
}

int pthread_attr_getscope(const pthread_attr_t *attributes, int *scope)
{
    *scope = attributes->scope;
    return 0;
}

int pthread_attr_setschedpolicy(pthread_attr_t *attributes, int policy)
{
    if (policy != SCHED_OTHER && policy != SCHED_FIFO && policy != SCHED_RR)
        return EINVAL;
    attributes->policy = policy;
    return 0;
}

int pthread_attr_getschedpolicy(const pthread_attr_t *attributes, int *policy)
{
    *policy = attributes->policy;
    return 0;
}

int pthread_attr_setschedparam(pthread_attr_t *attributes, const struct sched_param *parameter)
{
    attributes->priority = *parameter;
    return 0;
}

int pthread_attr_getschedparam(const pthread_attr_t *attributes, struct sched_param *parameter)
{
    *parameter = attributes->priority;
    return 0;
}

/* The first thread's stack ends somewhere above this function's frame, and may grow as far as its limit allows. */
int pthread_getattr_np(pthread_t thread, pthread_attr_t *attributes)
{
    struct rlimit limit;

    pthread_attr_init(attributes);
    attributes->detached = thread->state == THREAD_DETACHED;
    if (thread->stack) {
        attributes->stack = thread->stack;
        attributes->stack_size = thread->stack_length;
        return 0;
    }
    getrlimit(RLIMIT_STACK, &limit);
    uintptr_t end = ((uintptr_t)environ | 4095) + 1;
    attributes->stack_size = limit.rlim_cur > PTHREAD_STACK_MIN && limit.rlim_cur < end ? limit.rlim_cur : 1 << 20;
    attributes->stack = (void *)(end - attributes->stack_size);
    return 0;
}

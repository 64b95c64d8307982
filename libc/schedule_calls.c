/* Scheduling: of processes, and of threads, by the system calls, which know both by their numbers. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>

#include "libc/syscall.h"
#include "libc/thread.h"

int sched_getscheduler(pid_t process)
{
    return (int)call_result(call_raw1(SYS_sched_getscheduler, process));
}

int sched_setscheduler(pid_t process, int policy, const struct sched_param *parameter)
{
    return (int)call_result(call_raw3(SYS_sched_setscheduler, process, policy, (long)parameter));
}

int sched_getparam(pid_t process, struct sched_param *parameter)
{
    return (int)call_result(call_raw2(SYS_sched_getparam, process, (long)parameter));
}

int sched_setparam(pid_t process, const struct sched_param *parameter)
{
    return (int)call_result(call_raw2(SYS_sched_setparam, process, (long)parameter));
}

int sched_get_priority_max(int policy)
{
    return (int)call_result(call_raw1(SYS_sched_get_priority_max, policy));
}

int sched_get_priority_min(int policy)
{
    return (int)call_result(call_raw1(SYS_sched_get_priority_min, policy));
}

int sched_rr_get_interval(pid_t process, struct timespec *interval)
{
    return (int)call_result(call_raw2(SYS_sched_rr_get_interval, process, (long)interval));
}

/* The thread's number; 0 when it has ended. The first one has the process's. */
static int number_of(pthread_t thread)
{
    int id = atomic_load(&thread->id);

    return id || thread->stack ? id : getpid();
}

int pthread_getschedparam(pthread_t thread, int *policy, struct sched_param *parameter)
{
    int id = number_of(thread);
    long found = id ? call_raw1(SYS_sched_getscheduler, id) : -ESRCH;

    if (found < 0)
        return (int)-found;
    *policy = (int)found;
    return (int)-call_raw2(SYS_sched_getparam, id, (long)parameter);
}

int pthread_setschedparam(pthread_t thread, int policy, const struct sched_param *parameter)
{
    int id = number_of(thread);

    return id ? (int)-call_raw3(SYS_sched_setscheduler, id, policy, (long)parameter) : ESRCH;
}

int pthread_setschedprio(pthread_t thread, int priority)
{
    struct sched_param parameter = {.sched_priority = priority};
    int id = number_of(thread);

    return id ? (int)-call_raw2(SYS_sched_setparam, id, (long)&parameter) : ESRCH;
}

/* System calls on processes and their identities. */
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libc/malloc_special.h"
#include "libc/pthread_fork.h"
#include "libc/cancel.h"
#include "libc/syscall.h"

void malloc_lock(void) __attribute__((weak));
void malloc_unlock(void) __attribute__((weak));
void malloc_fork_child(void) __attribute__((weak));

static void child_begin(void)
{
    thread_self()->robust.first = NULL; /* the kernel knows of no list in the child */
    if (threads_fork_child)
        threads_fork_child();
    if (malloc_fork_child)
        malloc_fork_child();
    if (fork_child)
        fork_child();
}

static void parent_continue(void)
{
    if (malloc_unlock)
        malloc_unlock();
    if (fork_parent)
        fork_parent();
}

/* The child has one thread, and must find the heap whole. */
pid_t fork(void)
{
    if (fork_prepare)
        fork_prepare();
    if (malloc_lock)
        malloc_lock();
    long result = call_raw0(SYS_fork);
    if (!result)
        child_begin();
    else
        parent_continue();
    return (pid_t)call_result(result);
}

int execve(const char *path, char *const arguments[], char *const environment[])
{
    return (int)call_result(call_raw3(SYS_execve, (long)path, (long)arguments, (long)environment));
}

pid_t getpid(void)
{
    return (pid_t)call_result(call_raw0(SYS_getpid));
}

pid_t getppid(void)
{
    return (pid_t)call_result(call_raw0(SYS_getppid));
}

pid_t gettid(void)
{
    return (pid_t)call_result(call_raw0(SYS_gettid));
}

pid_t getpgrp(void)
{
    return (pid_t)call_result(call_raw0(SYS_getpgrp));
}

pid_t getpgid(pid_t process)
{
    return (pid_t)call_result(call_raw1(SYS_getpgid, process));
}

int setpgid(pid_t process, pid_t group)
{
    return (int)call_result(call_raw2(SYS_setpgid, process, group));
}

pid_t setsid(void)
{
    return (pid_t)call_result(call_raw0(SYS_setsid));
}

pid_t getsid(pid_t process)
{
    return (pid_t)call_result(call_raw1(SYS_getsid, process));
}

uid_t getuid(void)
{
    return (uid_t)call_result(call_raw0(SYS_getuid));
}

uid_t geteuid(void)
{
    return (uid_t)call_result(call_raw0(SYS_geteuid));
}

gid_t getgid(void)
{
    return (gid_t)call_result(call_raw0(SYS_getgid));
}

gid_t getegid(void)
{
    return (gid_t)call_result(call_raw0(SYS_getegid));
}

int setuid(uid_t user)
{
    return (int)call_result(call_raw1(SYS_setuid, user));
}

int setreuid(uid_t real, uid_t effective)
{
    return (int)call_result(call_raw2(SYS_setreuid, real, effective));
}

int setregid(gid_t real, gid_t effective)
{
    return (int)call_result(call_raw2(SYS_setregid, real, effective));
}

int setpgrp(void)
{
    return setpgid(0, 0);
}

int setgid(gid_t group)
{
    return (int)call_result(call_raw1(SYS_setgid, group));
}

int getgroups(int size, gid_t groups[])
{
    return (int)call_result(call_raw2(SYS_getgroups, size, (long)groups));
}

pid_t wait4(pid_t process, int *status, int options, struct rusage *usage)
{
    return (pid_t)call_result(call_blocking4(SYS_wait4, process, (long)status, options, (long)usage));
}

int getrusage(int who, struct rusage *usage)
{
    return (int)call_result(call_raw2(SYS_getrusage, who, (long)usage));
}

int setpriority(int which, id_t who, int priority)
{
    return (int)call_result(call_raw3(SYS_setpriority, which, who, priority));
}

int sched_yield(void)
{
    return (int)call_result(call_raw0(SYS_sched_yield));
}

int sched_setaffinity(pid_t process, size_t size, const cpu_set_t *set)
{
    return (int)call_result(call_raw3(SYS_sched_setaffinity, process, (long)size, (long)set));
}

clock_t times(struct tms *used)
{
    return (clock_t)call_result(call_raw1(SYS_times, (long)used));
}

int uname(struct utsname *name)
{
    return (int)call_result(call_raw1(SYS_uname, (long)name));
}

int sysinfo(struct sysinfo *info)
{
    return (int)call_result(call_raw1(SYS_sysinfo, (long)info));
}

int sethostname(const char *name, size_t length)
{
    return (int)call_result(call_raw2(SYS_sethostname, (long)name, (long)length));
}

ssize_t getrandom(void *buffer, size_t length, unsigned flags)
{
    return call_result(call_raw3(SYS_getrandom, (long)buffer, (long)length, flags));
}

/* For vfork.asm: notes the error in a call's result. */
long call_errno_set(long result);

long call_errno_set(long result)
{
    return call_result(result);
}

long syscall(long number, ...)
{
    va_list args;
    long list[6];

    va_start(args, number);
    for (int i = 0; i < 6; i++)
        list[i] = va_arg(args, long);
    va_end(args);
    return call_result(call_raw6(number, list[0], list[1], list[2], list[3], list[4], list[5]));
}

int seteuid(uid_t user)
{
    return (int)call_result(call_raw3(SYS_setresuid, -1, user, -1));
}

int setegid(gid_t group)
{
    return (int)call_result(call_raw3(SYS_setresgid, -1, group, -1));
}

pid_t wait(int *status)
{
    return wait4(-1, status, 0, NULL);
}

pid_t waitpid(pid_t process, int *status, int options)
{
    return wait4(process, status, options, NULL);
}

pid_t wait3(int *status, int options, struct rusage *usage)
{
    return wait4(-1, status, options, usage);
}

int waitid(idtype_t type, id_t id, siginfo_t *info, int options)
{
    return (int)call_result(call_blocking(SYS_waitid, type, id, (long)info, options, 0, 0));
}

int prlimit(pid_t process, int resource, const struct rlimit *limit, struct rlimit *old)
{
    return (int)call_result(call_raw4(SYS_prlimit64, process, resource, (long)limit, (long)old));
}

int getrlimit(int resource, struct rlimit *limit)
{
    return prlimit(0, resource, NULL, limit);
}

int setrlimit(int resource, const struct rlimit *limit)
{
    return prlimit(0, resource, limit, NULL);
}

/* The call returns 20 - priority, so that no result looks like an error. */
int getpriority(int which, id_t who)
{
    long result = call_result(call_raw2(SYS_getpriority, which, who));

    return result < 0 ? -1 : 20 - (int)result;
}

int nice(int increment)
{
    int priority = getpriority(PRIO_PROCESS, 0) + increment;

    return setpriority(PRIO_PROCESS, 0, priority) ? -1 : getpriority(PRIO_PROCESS, 0);
}

/* The call returns how many bytes it wrote; the rest of the set is empty. */
int sched_getaffinity(pid_t process, size_t size, cpu_set_t *set)
{
    long length = call_result(call_raw3(SYS_sched_getaffinity, process, (long)size, (long)set));

    if (length < 0)
        return -1;
    for (char *at = (char *)set + length; at < (char *)set + size; at++)
        *at = 0;
    return 0;
}

int sched_getcpu(void)
{
    unsigned cpu = 0;

    return call_result(call_raw3(SYS_getcpu, (long)&cpu, 0, 0)) < 0 ? -1 : (int)cpu;
}

int prctl(int option, ...)
{
    va_list args;
    long list[4];

    va_start(args, option);
    for (int i = 0; i < 4; i++)
        list[i] = va_arg(args, long);
    va_end(args);
    return (int)call_result(call_raw6(SYS_prctl, option, list[0], list[1], list[2], list[3], 0));
}

int reboot(int command)
{
    return (int)call_result(call_raw3(SYS_reboot, 0xfee1dead, 672274793, command));
}

int getentropy(void *buffer, size_t length)
{
    if (length > 256) {
        errno = EIO;
        return -1;
    }
    return getrandom(buffer, length, 0) == (ssize_t)length ? 0 : -1;
}

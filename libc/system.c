/* Facts about the system: working directory, host name, configuration. */
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "libc/syscall.h"

char *getcwd(char *buffer, size_t size)
{
    char path[PATH_MAX];

    if (buffer && !size) {
        errno = EINVAL;
        return NULL;
    }
    if (!buffer) {
        if (call_result(call_raw2(SYS_getcwd, (long)path, sizeof path)) < 0)
            return NULL;
        return strdup(path);
    }
    return call_result(call_raw2(SYS_getcwd, (long)buffer, (long)size)) < 0 ? NULL : buffer;
}

int gethostname(char *name, size_t size)
{
    struct utsname system;

    if (uname(&system))
        return -1;
    if (strlcpy(name, system.nodename, size) >= size) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return 0;
}

int getpagesize(void)
{
    return (int)getauxval(AT_PAGESZ);
}

int get_nprocs(void)
{
    cpu_set_t set;

    return sched_getaffinity(0, sizeof set, &set) ? 1 : CPU_COUNT(&set);
}

int get_nprocs_conf(void)
{
    return get_nprocs();
}

static long memory_pages(int name)
{
    struct sysinfo info;

    if (sysinfo(&info))
        return -1;
    unsigned long amount = name == _SC_PHYS_PAGES ? info.totalram : info.freeram;
    return (long)(amount * info.mem_unit / (unsigned long)getpagesize());
}

long sysconf(int name)
{
    struct rlimit limit;

    switch (name) {
    case _SC_ARG_MAX:
        return ARG_MAX;
    case _SC_CHILD_MAX:
        return getrlimit(RLIMIT_NPROC, &limit) ? -1 : (long)limit.rlim_cur;
    case _SC_CLK_TCK:
        return 100;
    case _SC_NGROUPS_MAX:
        return NGROUPS_MAX;
    case _SC_OPEN_MAX:
        return getrlimit(RLIMIT_NOFILE, &limit) ? -1 : (long)limit.rlim_cur;
    case _SC_PAGESIZE:
        return getpagesize();
    case _SC_NPROCESSORS_CONF:
    case _SC_NPROCESSORS_ONLN:
        return get_nprocs();
    case _SC_PHYS_PAGES:
    case _SC_AVPHYS_PAGES:
        return memory_pages(name);
    default:
        errno = EINVAL;
        return -1;
    }
}

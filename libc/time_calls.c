/* System calls on clocks and timers. */
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "libc/cancel.h"
#include "libc/syscall.h"
#include "libc/vdso.h"

typedef int clock_function(clockid_t clock, struct timespec *now);

static int clock_by_call(clockid_t clock, struct timespec *now)
{
    return (int)call_raw2(SYS_clock_gettime, clock, (long)now);
}

/* The vDSO's function or, without one, the call: looked for once; threads that do so at the same time find the same. */
static clock_function *clock_find(void)
{
    static clock_function *_Atomic found;
    clock_function *function = found;
    if (function == NULL) {
        function = (clock_function *)vdso_function("__vdso_clock_gettime");
        if (function == NULL)
            function = clock_by_call;
        found = function;
    }
    return function;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    return (int)call_result(clock_find()(clock, now));
}

int clock_getres(clockid_t clock, struct timespec *resolution)
{
    return (int)call_result(call_raw2(SYS_clock_getres, clock, (long)resolution));
}

int clock_settime(clockid_t clock, const struct timespec *now)
{
    return (int)call_result(call_raw2(SYS_clock_settime, clock, (long)now));
}

int nanosleep(const struct timespec *length, struct timespec *rest)
{
    return (int)call_result(call_blocking4(SYS_nanosleep, (long)length, (long)rest, 0, 0));
}

/* The zone is an old idea that nobody fills. */
int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec time;
    if (zone != NULL)
        memset(zone, 0, sizeof(struct timezone));
    if (now == NULL)
        return 0;
    int result = clock_gettime(CLOCK_REALTIME, &time);
    now->tv_sec = time.tv_sec;
    now->tv_usec = time.tv_nsec / 1000;
    return result;
}

int settimeofday(const struct timeval *now, const struct timezone *zone)
{
    return (int)call_result(call_raw2(SYS_settimeofday, (long)now, (long)zone));
}

int getitimer(int which, struct itimerval *value)
{
    return (int)call_result(call_raw2(SYS_getitimer, which, (long)value));
}

int setitimer(int which, const struct itimerval *restrict value, struct itimerval *restrict old)
{
    return (int)call_result(call_raw3(SYS_setitimer, which, (long)value, (long)old));
}

unsigned alarm(unsigned seconds)
{
    return (unsigned)call_result(call_raw1(SYS_alarm, seconds));
}

/* Returns the error rather than set errno. */
int clock_nanosleep(clockid_t clock, int flags, const struct timespec *until, struct timespec *rest)
{
    return (int)-call_blocking4(SYS_clock_nanosleep, clock, flags, (long)until, (long)rest);
}

time_t time(time_t *result)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    if (result)
        *result = now.tv_sec;
    return now.tv_sec;
}

int timespec_get(struct timespec *now, int base)
{
    return base == TIME_UTC && !clock_gettime(CLOCK_REALTIME, now) ? base : 0;
}

clock_t clock(void)
{
    struct timespec used;

    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used))
        return -1;
    return used.tv_sec * CLOCKS_PER_SEC + used.tv_nsec / 1000;
}

/* What is left, when a signal ends it early. */
unsigned sleep(unsigned seconds)
{
    struct timespec rest = {.tv_sec = seconds};

    return nanosleep(&rest, &rest) ? (unsigned)rest.tv_sec : 0;
}

int usleep(useconds_t microseconds)
{
    struct timespec length = {.tv_sec = microseconds / 1000000, .tv_nsec = microseconds % 1000000 * 1000};

    return nanosleep(&length, NULL);
}

int utimes(const char *path, const struct timeval times[2])
{
    struct timespec precise[2];

    for (int i = 0; times && i < 2; i++)
        precise[i] = (struct timespec){times[i].tv_sec, times[i].tv_usec * 1000};
    return utimensat(AT_FDCWD, path, times ? precise : NULL, 0);
}

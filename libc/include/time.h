/* Time of day, clocks, timers, calendar dates; local ones by the rules in TZ, otherwise UTC. */
#ifndef CLOCKHAND_TIME_H
#define CLOCKHAND_TIME_H

#include <sys/types.h>

struct timespec {
    time_t tv_sec;
    long tv_nsec;
};

struct itimerspec {
    struct timespec it_interval;
    struct timespec it_value;
};

struct tm {
    int tm_sec;
    int tm_min;
    int tm_hour;
    int tm_mday;
    int tm_mon;
    int tm_year;
    int tm_wday;
    int tm_yday;
    int tm_isdst;
    long tm_gmtoff;
    const char *tm_zone;
};

#define CLOCKS_PER_SEC 1000000L
#define CLOCK_REALTIME 0
#define CLOCK_MONOTONIC 1
#define CLOCK_PROCESS_CPUTIME_ID 2
#define CLOCK_THREAD_CPUTIME_ID 3
#define CLOCK_MONOTONIC_RAW 4
#define CLOCK_REALTIME_COARSE 5
#define CLOCK_MONOTONIC_COARSE 6
#define CLOCK_BOOTTIME 7
#define CLOCK_REALTIME_ALARM 8
#define CLOCK_BOOTTIME_ALARM 9
#define CLOCK_TAI 11
#define TIMER_ABSTIME 1
#define TIME_UTC 1

time_t time(time_t *result);
clock_t clock(void);
double difftime(time_t later, time_t earlier);
int timespec_get(struct timespec *now, int base);
int clock_gettime(clockid_t clock, struct timespec *now);
int clock_getres(clockid_t clock, struct timespec *resolution);
int clock_settime(clockid_t clock, const struct timespec *now);
int nanosleep(const struct timespec *length, struct timespec *rest);
int clock_nanosleep(clockid_t clock, int flags, const struct timespec *until, struct timespec *rest);
struct tm *gmtime(const time_t *seconds);
struct tm *gmtime_r(const time_t *restrict seconds, struct tm *restrict date);
struct tm *localtime(const time_t *seconds);
struct tm *localtime_r(const time_t *restrict seconds, struct tm *restrict date);
time_t mktime(struct tm *date);
time_t timegm(struct tm *date);
char *asctime(const struct tm *date);
char *asctime_r(const struct tm *restrict date, char *restrict buffer);
char *ctime(const time_t *seconds);
char *ctime_r(const time_t *seconds, char *buffer);
size_t strftime(char *restrict to, size_t size, const char *restrict format, const struct tm *restrict date);
void tzset(void);
extern char *tzname[2];
extern long timezone; /* west of UTC, of standard time */
extern int daylight;
struct sigevent;
/* A timer that does what the event says; a null event: SIGALRM. EAGAIN, EINVAL, ENOTSUP for a clock of CPU time. */
int timer_create(clockid_t clock, struct sigevent *restrict event, timer_t *restrict timer);
int timer_delete(timer_t timer);
int timer_settime(timer_t timer, int flags, const struct itimerspec *restrict value, struct itimerspec *restrict old);
int timer_gettime(timer_t timer, struct itimerspec *value);
/* How often it rang between its last signal's being sent and being taken. */
int timer_getoverrun(timer_t timer);
/* What the format leaves of the text, or NULL if they differ; only the fields that it names are set. */
char *strptime(const char *restrict text, const char *restrict format, struct tm *restrict date);
int clock_getcpuclockid(pid_t process, clockid_t *clock); /* from musl's package, see libc/packaged.sh */

/* As the ones without a locale: there is one. Host headers may have the same type. */
typedef struct __locale_struct *locale_t;
size_t strftime_l(char *restrict to, size_t size, const char *restrict format, const struct tm *restrict date,
                  locale_t locale);

#endif

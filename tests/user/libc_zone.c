/*
 * Time zones by rules, and the calls that take a locale: local time around the year in zones of every form, back by mktime, the names;
 * the answers of a program that asks for one locale by itself.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <langinfo.h>
#include <limits.h>
#include <locale.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <wchar.h>
#include <wctype.h>

#include "tests/user/random.h"

static const char *const zones[] = {
    "UTC0",
    "EST5EDT,M3.2.0,M11.1.0",
    "CET-1CEST,M3.5.0,M10.5.0/3",
    "IST-5:30",
    "<+0330>-3:30",
    "NZST-12NZDT,M9.5.0,M4.1.0/3",
    "<-03>3<-02>,M3.5.0/-2,M10.5.0/-1",
    "IST-1GMT0,M10.5.0,M3.5.0/1",
    "AAA3BBB,J60/0,J300/23:30:15",
    "CCC-3:15:30DDD-4,59,300/4",
    "EET-2EEST,M3.5.5/0,M10.5.5/0",
};

static void date_print(time_t seconds)
{
    struct tm *date = localtime(&seconds);
    char text[100];

    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %a %j %Z %z %s", date);
    int saving = date->tm_isdst;
    printf("%ld: %s, dst %d, back %ld\n", (long)seconds, text, saving, (long)(mktime(date) - seconds));
}

/* Where mktime has a choice, what it makes is not asked for: only two hours and more from a change. */
static void date_guess(time_t seconds)
{
    time_t before = seconds - 7200, after = seconds + 7200;
    struct tm date = *localtime(&seconds);

    if (localtime(&before)->tm_gmtoff != localtime(&after)->tm_gmtoff)
        return;
    date.tm_isdst = -1;
    long difference = (long)(mktime(&date) - seconds);
    printf("guessed: %ld, dst %d\n", difference, date.tm_isdst);
}

static void zone_check(const char *zone)
{
    setenv("TZ", zone, 1);
    tzset();
    printf("%s: %s %s %ld %d\n", zone, tzname[0], tzname[1], timezone, daylight != 0);
    for (time_t day = 1700000000; day < 1700000000 + 366L * 86400; day += 43200)
        date_print(day);
    for (int i = 0; i < 60; i++) {
        time_t when = (time_t)random_below(2000000000) * 2 + 40000000; /* before 1970 the oracle has no rules */
        date_print(when);
        date_guess(when);
    }
}

/* Each second around both changes of a year. */
static void changes_check(void)
{
    setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
    for (time_t when = 1711846800 - 3; when < 1711846800 + 3; when++)
        date_print(when);
    for (time_t when = 1729990800 - 3; when < 1729990800 + 3; when++)
        date_print(when);
    char text[32];
    time_t when = 1720000000;
    printf("%s", ctime_r(&when, text));
}

static void kinds_check(locale_t locale)
{
    unsigned sums[14] = {0};

    for (int i = 0; i < 128; i++) {
        int kinds[] = {isalnum_l(i, locale), isalpha_l(i, locale), isblank_l(i, locale), iscntrl_l(i, locale),
                       isdigit_l(i, locale), isgraph_l(i, locale), islower_l(i, locale), isprint_l(i, locale),
                       ispunct_l(i, locale), isspace_l(i, locale), isupper_l(i, locale), isxdigit_l(i, locale)};
        for (int j = 0; j < 12; j++)
            sums[j] = sums[j] * 31 + (kinds[j] != 0);
        sums[12] = sums[12] * 31 + (unsigned)tolower_l(i, locale);
        sums[13] = sums[13] * 31 + (unsigned)toupper_l(i, locale);
        wint_t wide = (wint_t)i;
        if (!iswalnum_l(wide, locale) != !kinds[0] || !iswspace_l(wide, locale) != !kinds[9] ||
            towupper_l(wide, locale) != (wint_t)toupper(i) || towlower_l(wide, locale) != (wint_t)tolower(i))
            printf("wide %d differs\n", i);
    }
    for (int j = 0; j < 14; j++)
        printf("%x ", sums[j]);
    printf("\n");
}

static void locale_check(void)
{
    locale_t locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    char to[20];
    time_t zero = 0;

    printf("made %d, used before %d\n", locale != (locale_t)0, uselocale(locale) == LC_GLOBAL_LOCALE);
    printf("used %d\n", uselocale((locale_t)0) == locale);
    kinds_check(locale);
    printf("%d %d %d\n", strcoll_l("a", "b", locale) < 0, strcasecmp_l("aB", "Ab", locale),
           strncasecmp_l("abc", "ABD", 2, locale));
    printf("%zu %s\n", strxfrm_l(to, "abc", sizeof to, locale), to);
    printf("%d %d\n", wcscoll_l(L"b", L"a", locale) > 0, wcscasecmp_l(L"x", L"X", locale));
    printf("%s %s\n", nl_langinfo_l(DAY_1, locale), strerror_l(ENOENT, locale));
    strftime_l(to, sizeof to, "%F", gmtime(&zero), locale);
    printf("%s %d\n", to, iswctype_l(L'5', wctype_l("digit", locale), locale) != 0);
    locale_t copy = duplocale(locale);
    printf("copied %d\n", copy != (locale_t)0);
    freelocale(copy);
    uselocale(LC_GLOBAL_LOCALE);
    printf("back %d\n", uselocale((locale_t)0) == LC_GLOBAL_LOCALE);
    freelocale(locale);
    errno = 0;
    locale = newlocale(LC_ALL_MASK, "xx_YY", (locale_t)0);
    printf("none %d, error %d\n", locale == (locale_t)0, errno);
    errno = 0;
    locale = newlocale(1 << 30, "C", (locale_t)0);
    printf("no mask %d, error %d\n", locale == (locale_t)0, errno);
    const struct lconv *conventions = localeconv();
    printf("[%s] [%s] [%s] %d %d\n", conventions->decimal_point, conventions->currency_symbol,
           conventions->negative_sign, conventions->frac_digits == CHAR_MAX, conventions->int_n_sign_posn == CHAR_MAX);
}

/* What a call returned, and its error, if it is one. */
static void result_print(int result)
{
    printf("%d %d\n", result, result == -1 ? errno : 0);
}

static void schedule_check(void)
{
    struct sched_param parameter = {77}, high = {5};
    struct timespec interval = {-1, -1};
    int policy = -1;

    printf("%d %d\n", sched_get_priority_min(SCHED_FIFO), sched_get_priority_max(SCHED_RR));
    printf("%d %d\n", sched_get_priority_min(SCHED_OTHER), sched_get_priority_max(SCHED_OTHER));
    result_print(sched_get_priority_max(77));
    printf("%d\n", sched_getscheduler(0));
    result_print(sched_getparam(0, &parameter));
    printf("%d\n", parameter.sched_priority);
    printf("%d\n", sched_setparam(0, &parameter));
    result_print(sched_setscheduler(0, SCHED_OTHER, &high));
    result_print(sched_getscheduler(-1));
    result_print(sched_rr_get_interval(0, &interval));
    printf("%d\n", interval.tv_sec == 0 && interval.tv_nsec >= 0);
    parameter.sched_priority = 77;
    printf("%d", pthread_getschedparam(pthread_self(), &policy, &parameter));
    printf(" %d %d\n", policy, parameter.sched_priority);
    printf("%d\n", pthread_setschedparam(pthread_self(), SCHED_OTHER, &parameter));
    printf("%d\n", pthread_setschedprio(pthread_self(), 5));
}

int main(void)
{
    for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++)
        zone_check(zones[i]);
    changes_check();
    locale_check();
    schedule_check();
    return 0;
}

/* Dates from seconds and back, as text, in UTC and in the zone of zone.c.  (The days-from-civil method: Hinnant, chrono-compatible date algorithms) */
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "libc/zone.h"

enum {
    DAY_SECONDS = 86400,
    ERA_DAYS = 146097,   /* 400 years */
    EPOCH_DAYS = 719468, /* from 0000-03-01 to 1970-01-01 */
};

static const char *const day_names[] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
static const char *const month_names[] = {"January", "February", "March",     "April",   "May",      "June",
                                          "July",    "August",   "September", "October", "November", "December"};

static int leap_year(long year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Days since the epoch of a date whose month is 1..12. Years begin in March, so that the leap day is the last. */
static long days_of(long year, long month, long day)
{
    year -= month <= 2;
    long era = (year >= 0 ? year : year - 399) / 400, year_of_era = year - era * 400;
    long day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * ERA_DAYS + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - EPOCH_DAYS;
}

struct tm *gmtime_r(const time_t *restrict seconds, struct tm *restrict date)
{
    static const short before_month[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    long days = *seconds / DAY_SECONDS, rest = *seconds % DAY_SECONDS;

    if (rest < 0) {
        rest += DAY_SECONDS;
        days--;
    }
    long shifted = days + EPOCH_DAYS, era = (shifted >= 0 ? shifted : shifted - ERA_DAYS + 1) / ERA_DAYS;
    long day = shifted - era * ERA_DAYS;
    long year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    long day_of_year = day - (365 * year + year / 4 - year / 100), month = (5 * day_of_year + 2) / 153;
    year += era * 400 + (month >= 10);
    if (year - 1900 > INT_MAX || year - 1900 < INT_MIN) {
        errno = EOVERFLOW;
        return NULL;
    }
    int weekday = (int)((days + 4) % 7);
    *date = (struct tm){
        .tm_sec = (int)(rest % 60),
        .tm_min = (int)(rest / 60 % 60),
        .tm_hour = (int)(rest / 3600),
        .tm_mday = (int)(day_of_year - (153 * month + 2) / 5 + 1),
        .tm_mon = (int)(month < 10 ? month + 2 : month - 10),
        .tm_year = (int)(year - 1900),
        .tm_wday = weekday < 0 ? weekday + 7 : weekday,
        .tm_zone = "UTC",
    };
    date->tm_yday = before_month[date->tm_mon] + date->tm_mday - 1 + (date->tm_mon > 1 && leap_year(year));
    return date;
}

/* The fields may be out of their ranges. */
static time_t seconds_of(const struct tm *date)
{
    long month = date->tm_mon % 12, year = 1900L + date->tm_year + date->tm_mon / 12;

    if (month < 0) {
        month += 12;
        year--;
    }
    return (days_of(year, month + 1, 1) + date->tm_mday - 1) * DAY_SECONDS + date->tm_hour * 3600L +
           date->tm_min * 60L + date->tm_sec;
}

/* Brings the fields into their ranges. */
time_t timegm(struct tm *date)
{
    time_t seconds = seconds_of(date);

    return gmtime_r(&seconds, date) ? seconds : -1;
}

struct tm *localtime_r(const time_t *restrict seconds, struct tm *restrict date)
{
    struct zone zone = zone_current();
    bool summer = zone_is_daylight(&zone, *seconds);
    time_t local = *seconds + zone.offset[summer];

    if (!gmtime_r(&local, date))
        return NULL;
    date->tm_isdst = summer;
    date->tm_gmtoff = zone.offset[summer];
    date->tm_zone = tzname[summer];
    return date;
}

/* By standard time unless daylight saving is said to be on, or, with tm_isdst < 0, that is what makes the date exist. */
time_t mktime(struct tm *date)
{
    struct zone zone = zone_current();
    time_t local = seconds_of(date), summer = local - zone.offset[1];
    bool saving = date->tm_isdst > 0 && zone.has_daylight;

    if (date->tm_isdst < 0)
        saving = zone_is_daylight(&zone, summer);
    time_t seconds = saving ? summer : local - zone.offset[0];
    return localtime_r(&seconds, date) ? seconds : -1;
}

struct tm *gmtime(const time_t *seconds)
{
    static struct tm date;

    return gmtime_r(seconds, &date);
}

struct tm *localtime(const time_t *seconds)
{
    static struct tm date;

    return localtime_r(seconds, &date);
}

void tzset(void)
{
    (void)zone_current();
}

double difftime(time_t later, time_t earlier)
{
    return (double)(later - earlier);
}

char *asctime_r(const struct tm *restrict date, char *restrict buffer)
{
    snprintf(buffer, 26, "%.3s %.3s%3d %.2d:%.2d:%.2d %d\n", day_names[date->tm_wday], month_names[date->tm_mon],
             date->tm_mday, date->tm_hour, date->tm_min, date->tm_sec, 1900 + date->tm_year);
    return buffer;
}

char *asctime(const struct tm *date)
{
    static char buffer[26];

    return asctime_r(date, buffer);
}

char *ctime_r(const time_t *seconds, char *buffer)
{
    struct tm date;

    return localtime_r(seconds, &date) ? asctime_r(&date, buffer) : NULL;
}

char *ctime(const time_t *seconds)
{
    struct tm *date = localtime(seconds);

    return date ? asctime(date) : NULL;
}

/* The ISO 8601 week: the one with the year's first Thursday is number 1. */
static int iso_week(const struct tm *date, long *year)
{
    int weekday = (date->tm_wday + 6) % 7, week = (date->tm_yday - weekday + 10) / 7;

    *year = 1900L + date->tm_year;
    if (week < 1) {
        --*year;
        int days = 365 + leap_year(*year);
        return (date->tm_yday + days - weekday + 10) / 7;
    }
    if (week == 53 && date->tm_yday - weekday + 3 >= 365 + leap_year(*year)) {
        ++*year;
        return 1;
    }
    return week;
}

/* 0..99, also before the year 0. */
static long century_year(long year)
{
    return (year % 100 + 100) % 100;
}

/* Formats that are others put together. */
static const char *field_composed(char letter)
{
    switch (letter) {
    case 'c':
        return "%a %b %e %H:%M:%S %Y";
    case 'D':
    case 'x':
        return "%m/%d/%y";
    case 'F':
        return "%Y-%m-%d";
    case 'r':
        return "%I:%M:%S %p";
    case 'R':
        return "%H:%M";
    case 'T':
    case 'X':
        return "%H:%M:%S";
    default:
        return NULL;
    }
}

static const char *field_text(char letter, const struct tm *date)
{
    switch (letter) {
    case 'A':
    case 'a':
        return day_names[date->tm_wday];
    case 'B':
    case 'b':
    case 'h':
        return month_names[date->tm_mon];
    case 'n':
        return "\n";
    case 't':
        return "\t";
    case 'p':
        return date->tm_hour < 12 ? "AM" : "PM";
    case 'P':
        return date->tm_hour < 12 ? "am" : "pm";
    case 'Z':
        return date->tm_zone ? date->tm_zone : "";
    case '%':
        return "%";
    default:
        return NULL;
    }
}

/* A number and the format it is written with; NULL for an unknown letter. */
static const char *field_number(char letter, const struct tm *date, long *value)
{
    struct tm copy = *date;
    long year = 1900L + date->tm_year;

    switch (letter) {
    case 'C':
        *value = (year - century_year(year)) / 100;
        return "%.2ld";
    case 'd':
        *value = date->tm_mday;
        return "%.2ld";
    case 'e':
        *value = date->tm_mday;
        return "%2ld";
    case 'H':
        *value = date->tm_hour;
        return "%.2ld";
    case 'k':
        *value = date->tm_hour;
        return "%2ld";
    case 'I':
        *value = (date->tm_hour + 11) % 12 + 1;
        return "%.2ld";
    case 'l':
        *value = (date->tm_hour + 11) % 12 + 1;
        return "%2ld";
    case 'j':
        *value = date->tm_yday + 1;
        return "%.3ld";
    case 'z':
        *value = date->tm_gmtoff / 3600 * 100 + date->tm_gmtoff % 3600 / 60;
        return "%+.4ld";
    case 'm':
        *value = date->tm_mon + 1;
        return "%.2ld";
    case 'M':
        *value = date->tm_min;
        return "%.2ld";
    case 'S':
        *value = date->tm_sec;
        return "%.2ld";
    case 's':
        *value = mktime(&copy);
        return "%ld";
    case 'u':
        *value = (date->tm_wday + 6) % 7 + 1;
        return "%ld";
    case 'w':
        *value = date->tm_wday;
        return "%ld";
    case 'U':
        *value = (date->tm_yday + 7 - date->tm_wday) / 7;
        return "%.2ld";
    case 'W':
        *value = (date->tm_yday + 7 - (date->tm_wday + 6) % 7) / 7;
        return "%.2ld";
    case 'V':
        *value = iso_week(date, &year);
        return "%.2ld";
    case 'G':
        iso_week(date, value);
        return "%ld";
    case 'g':
        iso_week(date, &year);
        *value = century_year(year);
        return "%.2ld";
    case 'y':
        *value = century_year(year);
        return "%.2ld";
    case 'Y':
        *value = year;
        return "%ld";
    default:
        return NULL;
    }
}

/* The length of one field, or SIZE_MAX if it does not fit. */
static size_t field_put(char *to, size_t size, char letter, const struct tm *date)
{
    const char *composed = field_composed(letter), *text = field_text(letter, date), *format;
    long value;

    if (composed) {
        size_t length = strftime(to, size, composed, date);
        return length ? length : SIZE_MAX;
    }
    if (text)
        return (size_t)snprintf(to, size, strchr("abh", letter) ? "%.3s" : "%s", text);
    format = field_number(letter, date, &value);
    return format ? (size_t)snprintf(to, size, format, value) : (size_t)snprintf(to, size, "%%%c", letter);
}

size_t strftime(char *restrict to, size_t size, const char *restrict format, const struct tm *restrict date)
{
    size_t used = 0;

    for (; *format; format++) {
        size_t length = 1;
        if (*format == '%' && format[1]) {
            format++;
            if ((*format == 'E' || *format == 'O') && format[1])
                format++;
            length = field_put(to + used, size - used, *format, date);
        } else if (used < size) {
            to[used] = *format;
        }
        if (length >= size - used)
            return 0;
        used += length;
    }
    if (used < size)
        to[used] = 0;
    return used;
}

/*
 * Time zones by rules (POSIX.1-2017, 8.3, TZ).  There is no data base of zones, so that a name such as Europe/Berlin is UTC.
 *
 *     std offset [dst [offset] [,begin[/time],end[/time]]]      offsets are west of UTC; a zone with dst and no rules has New York's
 */
#include "libc/zone.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { HOUR = 3600, DAY = 24 * HOUR, NAME_SIZE = 16 };

static char names[2][NAME_SIZE] = {"UTC", "UTC"};
char *tzname[2] = {names[0], names[1]};
long timezone;
int daylight;

/* The name at *at, of letters or between < and >; false if there is none of three characters at least. */
static bool name_read(const char **at, char name[NAME_SIZE])
{
    const char *from = *at + (**at == '<'), *end = from;

    while (from > *at ? isalnum((unsigned char)*end) || *end == '+' || *end == '-' : isalpha((unsigned char)*end))
        end++;
    size_t length = (size_t)(end - from);
    if (length < 3 || length >= NAME_SIZE || (from > *at && *end != '>'))
        return false;
    memcpy(name, from, length);
    name[length] = 0;
    *at = end + (from > *at);
    return true;
}

/* [+-]hours[:minutes[:seconds]] in seconds; false if there is none. */
static bool time_read(const char **at, long *seconds)
{
    bool negative = **at == '-';
    long unit = HOUR;

    *at += **at == '-' || **at == '+';
    if (!isdigit((unsigned char)**at))
        return false;
    for (*seconds = 0; unit && isdigit((unsigned char)**at); unit /= 60) {
        *seconds += strtol(*at, (char **)at, 10) * unit;
        if (**at != ':')
            break;
        ++*at;
    }
    *seconds = negative ? -*seconds : *seconds;
    return true;
}

static bool rule_read(const char **at, struct zone_rule *rule)
{
    *rule = (struct zone_rule){.kind = **at == 'J' || **at == 'M' ? **at : '0', .seconds = 2 * HOUR};
    *at += rule->kind != '0';
    if (!isdigit((unsigned char)**at))
        return false;
    rule->day = (int)strtol(*at, (char **)at, 10);
    if (rule->kind == 'M') {
        rule->month = rule->day;
        if (**at != '.')
            return false;
        rule->week = (int)strtol(*at + 1, (char **)at, 10);
        if (**at != '.')
            return false;
        rule->day = (int)strtol(*at + 1, (char **)at, 10);
        if (rule->month < 1 || rule->month > 12 || rule->week < 1 || rule->week > 5 || rule->day < 0 || rule->day > 6)
            return false;
    }
    if (**at != '/')
        return true;
    ++*at;
    return time_read(at, &rule->seconds);
}

/* False for what is not of this form. */
static bool zone_read(const char *text, struct zone *zone, char name[2][NAME_SIZE])
{
    const char *rules = ",M3.2.0,M11.1.0";

    *zone = (struct zone){.has_daylight = false};
    if (!name_read(&text, name[0]) || !time_read(&text, &zone->offset[0]))
        return false;
    zone->offset[0] = zone->offset[1] = -zone->offset[0];
    strcpy(name[1], name[0]);
    if (!*text)
        return true;
    if (!name_read(&text, name[1]))
        return false;
    zone->has_daylight = true;
    zone->offset[1] += HOUR;
    if (*text && *text != ',') {
        if (!time_read(&text, &zone->offset[1]))
            return false;
        zone->offset[1] = -zone->offset[1];
    }
    text = *text ? text : rules;
    if (*text++ != ',' || !rule_read(&text, &zone->begin) || *text++ != ',')
        return false;
    return rule_read(&text, &zone->end) && !*text;
}

/* The names are written only when they change: threads that ask for the same zone may do so at once. */
struct zone zone_current(void)
{
    const char *text = getenv("TZ");
    char name[2][NAME_SIZE];
    struct zone zone;

    if (!text || !zone_read(text + (*text == ':'), &zone, name)) {
        zone = (struct zone){.has_daylight = false};
        strcpy(name[0], "UTC");
        strcpy(name[1], "UTC");
    }
    for (int i = 0; i < 2; i++)
        if (strcmp(names[i], name[i]))
            strcpy(names[i], name[i]);
    timezone = -zone.offset[0];
    daylight = zone.has_daylight;
    return zone;
}

static bool is_leap(long year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* The rule's day of a year that begins on that weekday, counted from 0. */
static long rule_day(const struct zone_rule *rule, bool leap, int weekday)
{
    static const short before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};

    if (rule->kind == '0')
        return rule->day;
    if (rule->kind == 'J')
        return rule->day - 1 + (leap && rule->day > 59);
    long first = before[rule->month - 1] + (leap && rule->month > 2);
    long after = before[rule->month] + (leap && rule->month > 1);
    long day = first + (rule->day - (weekday + (int)(first % 7)) % 7 + 7) % 7 + 7L * (rule->week - 1);
    return day < after ? day : day - 7;
}

bool zone_is_daylight(const struct zone *zone, time_t seconds)
{
    time_t standard = seconds + zone->offset[0];
    struct tm date;

    if (!zone->has_daylight || !gmtime_r(&standard, &date))
        return false;
    bool leap = is_leap(date.tm_year + 1900L);
    int weekday = ((date.tm_wday - date.tm_yday) % 7 + 7) % 7; /* of the first of January */
    long now = date.tm_yday * (long)DAY + date.tm_hour * HOUR + date.tm_min * 60 + date.tm_sec;
    long begin = rule_day(&zone->begin, leap, weekday) * DAY + zone->begin.seconds;
    long end = rule_day(&zone->end, leap, weekday) * DAY + zone->end.seconds - (zone->offset[1] - zone->offset[0]);
    return begin < end ? now >= begin && now < end : now >= begin || now < end;
}

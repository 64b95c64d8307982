/* The time zone that the variable TZ names, as POSIX writes zones: "CET-1CEST,M3.5.0,M10.5.0/3". */
#ifndef CLOCKHAND_LIBC_ZONE_H
#define CLOCKHAND_LIBC_ZONE_H

#include <stdbool.h>
#include <time.h>

/* When of a year the clock changes, in seconds of local time from the day's beginning. */
struct zone_rule {
    char kind; /* 'J' day 1..365, the leap day not counted; '0' day 0..365; 'M' the week's day of the month */
    int day, week, month;
    long seconds;
};

struct zone {
    long offset[2]; /* east of UTC: standard, daylight saving */
    bool has_daylight;
    struct zone_rule begin, end; /* of daylight saving */
};

/* What TZ says now; sets tzname, timezone and daylight. Without TZ, or with a name that is none of POSIX's form: UTC. */
struct zone zone_current(void);
/* Whether daylight saving is on at that time. */
bool zone_is_daylight(const struct zone *zone, time_t seconds);

#endif

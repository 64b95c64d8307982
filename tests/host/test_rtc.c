/*
 * The clock's registers and dates: against the host's timegm().
 *
 * Links: kernel/dev/rtc.c
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <time.h>

#include "kernel/dev/rtc.h"
#include "kernel/lock.h"
#include "tests/host/support/tap.h"

enum { BINARY = 4, HOURS_24 = 2 };

void spin_lock(struct spinlock *lock)
{
    (void)lock;
}

void spin_unlock(struct spinlock *lock)
{
    (void)lock;
}

static bool agrees_with_host(void)
{
    for (uint64_t seconds = 1; seconds < 5000000000; seconds += 86399 * 3 + 7) {
        time_t host = (time_t)seconds;
        struct tm *tm = gmtime(&host);
        struct rtc_time time = {(unsigned)tm->tm_sec,  (unsigned)tm->tm_min,     (unsigned)tm->tm_hour,
                                (unsigned)tm->tm_mday, (unsigned)tm->tm_mon + 1, (unsigned)tm->tm_year + 1900};
        if (rtc_seconds(&time) != seconds)
            return false;
    }
    return true;
}

static uint64_t decoded(struct rtc_time registers, unsigned mode, unsigned century)
{
    struct rtc_time time = rtc_decode(&registers, mode, century);
    return rtc_seconds(&time);
}

int main(void)
{
    const uint64_t wanted = 1709211845; /* 2024-02-29 13:04:05 */
    check(agrees_with_host(), "dates up to 2128");
    check(decoded((struct rtc_time){5, 4, 13, 29, 2, 24}, BINARY | HOURS_24, 20) == wanted, "binary, 24 hours");
    check(decoded((struct rtc_time){5, 4, 0x13, 0x29, 2, 0x24}, HOURS_24, 0x20) == wanted, "BCD, 24 hours");
    check(decoded((struct rtc_time){5, 4, 0x81, 0x29, 2, 0x24}, 0, 0x20) == wanted, "BCD, 12 hours, afternoon");
    check(decoded((struct rtc_time){5, 4, 0x92, 0x29, 2, 0x24}, 0, 0x20) == wanted - 3600, "12 pm is noon");
    check(decoded((struct rtc_time){5, 4, 0x12, 0x29, 2, 0x24}, 0, 0x20) == wanted - 13 * 3600, "12 am is midnight");
    check(decoded((struct rtc_time){5, 4, 13, 29, 2, 24}, BINARY | HOURS_24, 0) == wanted, "without a century");
    check(decoded((struct rtc_time){5, 4, 13, 29, 2, 23}, BINARY | HOURS_24, 20) == 0, "a day that does not exist");
    check(decoded((struct rtc_time){255, 255, 255, 255, 255, 255}, BINARY | HOURS_24, 255) == 0, "no clock");
    printf("1..%u\n", checks);
    return failures == 0 ? 0 : 1;
}

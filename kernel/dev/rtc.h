/* The battery-backed clock of the PC. */
#ifndef KERNEL_DEV_RTC_H
#define KERNEL_DEV_RTC_H

#include "kernel/types.h"

struct rtc_time {
    unsigned second, minute, hour, day, month, year;
};

/* Seconds since 1970-01-01 UTC, or 0 when the clock makes no sense. Waits for the clock to be between two updates, at most a few milliseconds. */
uint64_t rtc_read(void);

/* For tests. The registers as read, register B and the century's register made plain numbers; and such a time in seconds, 0 if it is no date. */
struct rtc_time rtc_decode(const struct rtc_time *registers, unsigned mode, unsigned century);
uint64_t rtc_seconds(const struct rtc_time *time);

#endif

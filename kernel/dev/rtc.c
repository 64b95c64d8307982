/*
 * The MC146818 real-time clock, as every PC has it behind ports 0x70 and 0x71.
 *
 * It changes its registers once a second, and what is read meanwhile is mixed; so it is read twice, each time outside an update, until both agree.
 * Source: Motorola MC146818A data sheet; the century register 0x32 is a convention of PCs.
 */
#include "kernel/dev/rtc.h"
#include "kernel/lock.h"
#include "kernel/x86.h"
#include "libc/string.h"

#define PORT_INDEX 0x70
#define PORT_DATA 0x71

enum {
    REGISTER_SECOND = 0x00,
    REGISTER_MINUTE = 0x02,
    REGISTER_HOUR = 0x04,
    REGISTER_DAY = 0x07,
    REGISTER_MONTH = 0x08,
    REGISTER_YEAR = 0x09,
    REGISTER_A = 0x0a,
    REGISTER_B = 0x0b,
    REGISTER_CENTURY = 0x32,
};

#define A_UPDATING 0x80u
#define B_BINARY 0x04u
#define B_24_HOURS 0x02u
#define HOUR_PM 0x80u
#define TRIES 16
#define PATIENCE 20000 /* polls; an update takes 2 ms */

static struct spinlock ports_lock = SPINLOCK_INIT(RANK_PORTS);

static unsigned register_read(uint8_t index)
{
    port_write8(PORT_INDEX, index);
    return port_read8(PORT_DATA);
}

static unsigned from_bcd(unsigned value)
{
    return (value >> 4) * 10 + (value & 15);
}

struct rtc_time rtc_decode(const struct rtc_time *registers, unsigned mode, unsigned century)
{
    struct rtc_time time = *registers;
    bool is_pm = (time.hour & HOUR_PM) != 0;
    time.hour &= ~HOUR_PM;
    if ((mode & B_BINARY) == 0) {
        time.second = from_bcd(time.second);
        time.minute = from_bcd(time.minute);
        time.hour = from_bcd(time.hour);
        time.day = from_bcd(time.day);
        time.month = from_bcd(time.month);
        time.year = from_bcd(time.year);
        century = from_bcd(century);
    }
    if ((mode & B_24_HOURS) == 0)
        time.hour = time.hour % 12 + (is_pm ? 12 : 0);
    if (century < 19 || century > 29) /* no such register: 1970 to 2069 */
        century = time.year >= 70 ? 19 : 20;
    time.year += century * 100;
    return time;
}

static bool is_leap_year(unsigned year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static unsigned days_of_month(unsigned month, unsigned year)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap_year(year) ? 29 : days[month - 1];
}

static bool is_valid(const struct rtc_time *time)
{
    return time->second <= 59 && time->minute <= 59 && time->hour <= 23 && time->month >= 1 && time->month <= 12 &&
           time->year >= 1970 && time->day >= 1 && time->day <= days_of_month(time->month, time->year);
}

uint64_t rtc_seconds(const struct rtc_time *time)
{
    if (!is_valid(time))
        return 0;
    uint64_t days = time->day - 1;
    for (unsigned year = 1970; year < time->year; year++)
        days += is_leap_year(year) ? 366 : 365;
    for (unsigned month = 1; month < time->month; month++)
        days += days_of_month(month, time->year);
    return ((days * 24 + time->hour) * 60 + time->minute) * 60 + time->second;
}

/* All registers, begun outside an update. */
static struct rtc_time registers_read(unsigned *century)
{
    for (unsigned i = 0; i < PATIENCE && (register_read(REGISTER_A) & A_UPDATING) != 0; i++)
        cpu_relax();
    *century = register_read(REGISTER_CENTURY);
    return (struct rtc_time){
        .second = register_read(REGISTER_SECOND),
        .minute = register_read(REGISTER_MINUTE),
        .hour = register_read(REGISTER_HOUR),
        .day = register_read(REGISTER_DAY),
        .month = register_read(REGISTER_MONTH),
        .year = register_read(REGISTER_YEAR),
    };
}

uint64_t rtc_read(void)
{
    unsigned century, again_century;
    spin_lock(&ports_lock);
    struct rtc_time time = registers_read(&century);
    for (unsigned i = 0; i < TRIES; i++) {
        struct rtc_time again = registers_read(&again_century);
        bool agree = memcmp(&time, &again, sizeof(time)) == 0 && century == again_century;
        time = again;
        century = again_century;
        if (agree)
            break;
    }
    unsigned mode = register_read(REGISTER_B);
    spin_unlock(&ports_lock);
    time = rtc_decode(&time, mode, century);
    return rtc_seconds(&time);
}

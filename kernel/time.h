/*
 * Time: a monotonic nanosecond clock from the TSC, the time of day, and the deadline of the next thing to do.
 */
#ifndef KERNEL_TIME_H
#define KERNEL_TIME_H

#include "kernel/list.h"
#include "kernel/types.h"

#define NS_PER_SECOND ((uint64_t)1000000000)
#define TICK_HZ 100
#define TICK_NS (NS_PER_SECOND / TICK_HZ)

/* Nanoseconds since boot; never goes back, agrees between CPUs. Callable from anywhere. */
uint64_t time_now(void);

/* Nanoseconds since 1970-01-01 UTC; set from the RTC at boot, moved by time_set_realtime(). */
uint64_t time_realtime(void);
void time_set_realtime(uint64_t ns);

/* time_realtime() - time_now(), modulo 2^64; what the TSC means, for programs (kernel/vdso.h). */
uint64_t time_realtime_offset(void);
struct vdso_data;
void time_scale(struct vdso_data *data);

/* Busy-waits; for device set-up only. */
void time_delay_us(unsigned microseconds);

/*
 * A function called once, in interrupt context, at or soon after `deadline`. Start and cancel may be called with spin
 * locks up to RANK_TIMER.
 */
struct timer {
    struct list link;
    uint64_t deadline;
    void (*function)(struct timer *timer);
    void *argument;
    unsigned cpu;
    bool armed;
};
void timer_start(struct timer *timer, uint64_t deadline);
/* After it returns the function is not running and will not run. Returns whether it was still armed. */
bool timer_cancel(struct timer *timer);

/* Calibrates the TSC and starts this CPU's tick; the first CPU calls time_init() once, every CPU time_start_cpu(). */
void time_init(void);
void time_start_cpu(void);

#endif

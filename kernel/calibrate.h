/* How fast the TSC and the local APIC's timer count, measured against a clock of known rate. */
#ifndef KERNEL_CALIBRATE_H
#define KERNEL_CALIBRATE_H

#include "kernel/types.h"

struct clock_rates {
    uint64_t tsc_hz;
    uint64_t apic_timer_hz; /* at divisor 1 */
    const char *reference;  /* what was measured against */
};

/* Measures for a few milliseconds, interrupts off. Needs apic_init(). */
void clock_calibrate(struct clock_rates *rates);

#endif

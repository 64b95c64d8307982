/* The battery-backed clock of the PC. */
#ifndef KERNEL_DEV_RTC_H
#define KERNEL_DEV_RTC_H

#include "kernel/types.h"

/* Seconds since 1970-01-01 UTC. Waits for the clock to be between two updates, at most about a second on real hardware. */
uint64_t rtc_read(void);

#endif

/*
 * The high precision event timer (IA-PC HPET specification 1.0a): a counter of known rate, and an alarm that can be wired to an
 * NMI.
 */
#ifndef KERNEL_HPET_H
#define KERNEL_HPET_H

#include "kernel/types.h"

/* Maps it and lets it count. False if there is none. Once, at start-up. */
bool hpet_start(void);

/* Whether it counts. */
bool hpet_is_there(void);

uint64_t hpet_hz(void);

/* At least 32 bits are valid. */
uint64_t hpet_counter(void);

/* Global system interrupts that the alarm can be wired to, one bit each; 0: none. */
uint32_t hpet_alarm_lines(void);
void hpet_alarm_wire(unsigned gsi);

/* One edge on that line, `ns` from now; instead of the one asked for before. */
void hpet_alarm_start(uint64_t ns);
void hpet_alarm_stop(void);

#endif

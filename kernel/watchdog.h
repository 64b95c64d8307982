/*
 * The watchdog: a CPU that hangs and a lock that is never released become a panic that says where. Option watchdog=SECONDS, 0: off.
 */
#ifndef KERNEL_WATCHDOG_H
#define KERNEL_WATCHDOG_H

#include "kernel/types.h"

struct registers;
struct spinlock;

/* NMIs sent to one CPU, one at a time. */
struct watchdog_probe {
    unsigned sent;
    uint64_t answers_before; /* the last one */
};

/* How long somebody has been waiting for a spin lock; zeroed when the wait begins. */
struct watchdog_spin {
    uint64_t since; /* time_now(); 0: not looked at yet */
    uint64_t next;  /* no probe before */
    struct watchdog_probe probe;
};

/* Starts it. Once, when all CPUs run. */
void watchdog_start(void);

/* Ends it, for good: somebody is stopping the machine. Any context. */
void watchdog_stop(void);

/* From the timer interrupt, once a tick, before the scheduler sees it. */
void watchdog_tick(void);

/* From the NMI handler. Whether this NMI was the watchdog's. Panics if it finds that this CPU hangs. */
bool watchdog_nmi(const struct registers *regs);

/* From who waits for `lock`, now and then. Panics when it will not come. */
void watchdog_spin(const struct spinlock *lock, struct watchdog_spin *spin);

#endif

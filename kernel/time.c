/*
 * Time: the TSC as a clock, the timer interrupt, and timers.
 *
 * Each CPU has its own queue of timers, ordered by deadline, and a tick. Its local APIC timer is set to whichever comes
 * first:
 *
 *     next_tick ----+
 *                   +-- the earlier one --> local APIC, one shot --> VECTOR_TIMER --> tick, expired timers, next shot
 *     first timer --+
 *
 * The TSC is taken to run at one rate and to agree between CPUs, as on every CPU since 2008 and in QEMU.
 *
 * Locks: a queue's lock (RANK_TIMER); timer functions are called without it.
 */
#include "kernel/time.h"

#include <stdatomic.h>

#include "kernel/apic.h"
#include "kernel/calibrate.h"
#include "kernel/cpu.h"
#include "kernel/cputime.h"
#include "kernel/dev/rtc.h"
#include "kernel/interrupt.h"
#include "kernel/lock.h"
#include "kernel/log.h"
#include "kernel/panic.h"
#include "kernel/thread.h"
#include "kernel/vdso.h"
#include "kernel/watchdog.h"
#include "kernel/x86.h"

static struct timer_queue {
    struct spinlock lock;
    struct list timers;             /* by deadline */
    struct timer *volatile running; /* its function is being called */
    uint64_t next_tick;
} cacheline_aligned queues[CPUS_MAX];

static uint64_t tsc_start;               /* the TSC at time 0 */
static uint64_t tsc_to_ns;               /* 32.32 fixed point; 0 until the TSC is calibrated */
static uint64_t ns_to_apic;              /* 32.32 */
static _Atomic uint64_t realtime_offset; /* realtime - time_now() */

/* value * factor, the factor in 32.32 fixed point. */
static inline uint64_t scale(uint64_t value, uint64_t factor)
{
    return (uint64_t)((unsigned __int128)value * factor >> 32);
}

uint64_t time_now(void)
{
    return scale(tsc_read() - tsc_start, tsc_to_ns);
}

uint64_t time_realtime(void)
{
    return time_now() + atomic_load_explicit(&realtime_offset, memory_order_relaxed);
}

void time_set_realtime(uint64_t ns)
{
    atomic_store_explicit(&realtime_offset, ns - time_now(), memory_order_relaxed);
    vdso_update();
}

uint64_t time_realtime_offset(void)
{
    return atomic_load_explicit(&realtime_offset, memory_order_relaxed);
}

void time_scale(struct vdso_data *data)
{
    data->tsc_start = tsc_start;
    data->tsc_to_ns = tsc_to_ns;
}

void time_delay_us(unsigned microseconds)
{
    uint64_t end = time_now() + (uint64_t)microseconds * 1000;
    while (time_now() < end)
        cpu_relax();
}

/* Sets the local timer for the next thing to do on this CPU. The queue's lock is held. */
static void timer_program(struct timer_queue *queue)
{
    uint64_t deadline = queue->next_tick;
    if (!list_is_empty(&queue->timers))
        deadline = min_u64(deadline, list_entry(queue->timers.next, struct timer, link)->deadline);
    uint64_t now = time_now();
    uint64_t count = deadline > now ? scale(deadline - now, ns_to_apic) + 1 : 1;
    apic_timer_start((uint32_t)min_u64(count, UINT32_MAX));
}

static void queue_insert(struct timer_queue *queue, struct timer *timer)
{
    struct list *before = queue->timers.prev;
    while (before != &queue->timers && list_entry(before, struct timer, link)->deadline > timer->deadline)
        before = before->prev;
    list_insert_after(before, &timer->link);
}

void timer_start(struct timer *timer, uint64_t deadline)
{
    interrupts_push_off();
    struct timer_queue *queue = &queues[cpu_this()->id];
    spin_lock(&queue->lock);
    assert(!timer->armed);
    timer->deadline = deadline;
    timer->cpu = cpu_this()->id;
    timer->armed = true;
    queue_insert(queue, timer);
    if (queue->timers.next == &timer->link && deadline < queue->next_tick)
        timer_program(queue);
    spin_unlock(&queue->lock);
    interrupts_pop();
}

bool timer_cancel(struct timer *timer)
{
    struct timer_queue *queue = &queues[timer->cpu];
    spin_lock(&queue->lock);
    bool was_armed = timer->armed;
    if (was_armed) {
        list_remove(&timer->link);
        timer->armed = false;
    }
    bool here = timer->cpu == cpu_this()->id; /* then only the function itself can be running: it cancels itself */
    spin_unlock(&queue->lock);
    while (!was_armed && !here && queue->running == timer)
        cpu_relax();
    return was_armed;
}

/* Calls the functions whose time has come. */
static void timers_expire(struct timer_queue *queue, uint64_t now)
{
    spin_lock(&queue->lock);
    while (!list_is_empty(&queue->timers)) {
        struct timer *timer = list_entry(queue->timers.next, struct timer, link);
        if (timer->deadline > now)
            break;
        list_remove(&timer->link);
        timer->armed = false;
        queue->running = timer;
        spin_unlock(&queue->lock);
        timer->function(timer);
        spin_lock(&queue->lock);
        queue->running = NULL;
    }
    timer_program(queue);
    spin_unlock(&queue->lock);
}

static void handle_timer(void *argument)
{
    (void)argument;
    struct timer_queue *queue = &queues[cpu_this()->id];
    uint64_t now = time_now();
    if (now >= queue->next_tick) {
        queue->next_tick += TICK_NS;
        if (queue->next_tick <= now) /* ticks were missed: they are not made up for */
            queue->next_tick = now + TICK_NS;
        watchdog_tick();
        sched_tick(cpu_this()->interrupted_user);
        cputime_tick(cpu_this()->interrupted_user);
    }
    timers_expire(queue, now);
}

void time_start_cpu(void)
{
    struct timer_queue *queue = &queues[cpu_this()->id];
    queue->next_tick = time_now() + TICK_NS;
    spin_lock(&queue->lock);
    timer_program(queue);
    spin_unlock(&queue->lock);
}

void time_init(void)
{
    struct clock_rates rates;
    clock_calibrate(&rates);
    for (unsigned id = 0; id < CPUS_MAX; id++) {
        spin_init(&queues[id].lock, RANK_TIMER);
        list_init(&queues[id].timers);
    }
    ns_to_apic = (rates.apic_timer_hz << 32) / NS_PER_SECOND;
    tsc_start = cpu_boot_tsc;
    tsc_to_ns = (NS_PER_SECOND << 32) / rates.tsc_hz;
    time_set_realtime(rtc_read() * NS_PER_SECOND);
    interrupt_connect_local(VECTOR_TIMER, handle_timer, NULL);
    log_write(LOG_INFO, "time: TSC %lu.%03lu MHz, local timer %lu.%03lu MHz, measured by the %s",
              rates.tsc_hz / 1000000, rates.tsc_hz / 1000 % 1000, rates.apic_timer_hz / 1000000,
              rates.apic_timer_hz / 1000 % 1000, rates.reference);
}

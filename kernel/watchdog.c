/*
 * The watchdog; see watchdog.h.
 *
 *     CPU 0's tick --looks at--> CPU 1's ticks, CPU 1's tick --> CPU 2's, ... the last one's --> CPU 0's      takes no interrupts
 *     each CPU's tick --------> whether the switch that was asked for has come                              never schedules
 *     the HPET's NMI ---------> CPU 0's ticks, when nobody else is left to look; each second put off again   all hang
 *     who waits for a lock ---> how long already                                                             a lock not released
 *
 * On a busy host a virtual CPU may not get to run for long, while time goes on. So nobody is condemned for the time alone: the
 * watcher's patience is counted in ticks that it took itself, and the CPU it suspects is sent NMIs, one after the other. Only
 * if it has answered PROBES of them, so has run, and still has not ticked, it hangs. One that does not even answer these is given
 * UNANSWERED times the patience.
 *
 * A watcher's notes are its own CPU's, with interrupts off. `asked` and `answers` are atomic. The limit is set once.
 */
#include "kernel/watchdog.h"

#include <stdatomic.h>

#include "kernel/apic.h"
#include "kernel/cpu.h"
#include "kernel/hpet.h"
#include "kernel/lock.h"
#include "kernel/log.h"
#include "kernel/option.h"
#include "kernel/panic.h"
#include "kernel/thread.h"
#include "kernel/time.h"
#include "kernel/x86.h"
#include "libc/format.h"

enum {
    DEFAULT_SECONDS = 30,
    PROBES = 5,
    PROBE_TICKS = TICK_HZ / 10, /* between two of them */
    UNANSWERED = 4,
};
#define PROBE_NS (NS_PER_SECOND / 10)
#define STRAY_NS NS_PER_SECOND

/* The old interval timer shares an input of the IO-APIC with the HPET. In mode 0 its line goes up once and stays there. */
#define PIT_CHANNEL0 0x40
#define PIT_COMMAND 0x43
#define PIT_ONCE 0x30
#define PIT_PATIENCE_US 200

static struct watch {
    uint64_t ticks_seen; /* of the CPU that is watched */
    unsigned quiet;      /* own ticks since they last changed */
    unsigned unswitched; /* own ticks in a row that found the last one's switch still not done */
    struct watchdog_probe probe;
} watches[CPUS_MAX];

static _Atomic bool asked[CPUS_MAX];       /* an NMI is under way */
static _Atomic uint64_t answers[CPUS_MAX]; /* NMIs taken */
static _Atomic unsigned limit_seconds;     /* 0: off */

/* The alarm, CPU 0's. */
static struct {
    bool is_wired;
    uint64_t stray_until; /* until then NMIs may come that the PIT or the last alarm has left behind */
    uint64_t deadline;    /* time_now() */
    uint64_t ticks_seen;
    uint64_t since; /* when they were first seen */
    unsigned rings; /* with the same ticks */
} alarm;

static inline unsigned limit_ticks(void)
{
    return limit_seconds * TICK_HZ;
}

static inline uint64_t limit_ns(void)
{
    return limit_seconds * NS_PER_SECOND;
}

/* Sends the next NMI if the one before was answered. True when all were: that CPU runs. */
static bool probe_next(struct watchdog_probe *probe, unsigned id)
{
    if (probe->sent > 0 && answers[id] == probe->answers_before)
        return false;
    if (probe->sent == PROBES)
        return true;
    probe->answers_before = answers[id];
    probe->sent++;
    asked[id] = true;
    apic_send_nmi(cpus[id].apic_id);
    return false;
}

static void noreturn_function cpu_hangs(unsigned id, bool it_answers)
{
    const struct thread *thread = cpus[id].current;
    panic_show_threads();
    panic_advise("thread apply %u bt", id + 1);
    panic("watchdog: CPU %u has not taken a timer interrupt for %u s, %s; it runs thread %d (%s)", id, limit_seconds,
          it_answers ? "but answers NMIs: interrupts stay off" : "nor an NMI", thread->tid, thread->name);
}

/* Looks at the next CPU's ticks. */
static void watch_neighbour(struct watch *watch, unsigned id)
{
    uint64_t ticks = cpus[id].ticks;
    if (ticks != watch->ticks_seen) {
        *watch = (struct watch){.ticks_seen = ticks, .unswitched = watch->unswitched};
        return;
    }
    if (++watch->quiet < limit_ticks() || watch->quiet % PROBE_TICKS != 0)
        return;
    if (probe_next(&watch->probe, id))
        cpu_hangs(id, true);
    if (watch->quiet > UNANSWERED * limit_ticks())
        cpu_hangs(id, false);
}

/* A switch that a tick asks for is done on the way back from its interrupt, long before the next one. */
static void watch_switches(struct watch *watch, const struct cpu *cpu)
{
    if (!cpu->need_reschedule || cpu->current == cpu->idle_thread)
        watch->unswitched = 0;
    else if (++watch->unswitched >= limit_ticks()) {
        panic_show_threads();
        panic_advise("thread apply %u bt", cpu->id + 1);
        panic("watchdog: CPU %u ticks but has not switched threads for %u s, though others are ready", cpu->id,
              limit_seconds);
    }
}

/* --- the alarm ---------------------------------------------------------------------------------------------------- */

static void alarm_set(uint64_t ns)
{
    uint64_t now = time_now();
    if (alarm.deadline != 0 && now + PROBE_NS >= alarm.deadline) /* it may just have rung */
        alarm.stray_until = now + STRAY_NS;
    alarm.deadline = now + ns;
    hpet_alarm_start(ns);
}

static void alarm_put_off(void)
{
    alarm.rings = 0;
    alarm.ticks_seen = cpus[0].ticks;
    alarm.since = time_now();
    alarm_set(limit_ns());
}

/* Wires the HPET to CPU 0's NMI. */
static void alarm_wire(void)
{
    if (!hpet_is_there() || hpet_alarm_lines() == 0)
        return;
    unsigned gsi = (unsigned)__builtin_ctz(hpet_alarm_lines());
    port_write8(PIT_COMMAND, PIT_ONCE);
    port_write8(PIT_CHANNEL0, 1);
    port_write8(PIT_CHANNEL0, 0);
    time_delay_us(PIT_PATIENCE_US);
    hpet_alarm_wire(gsi);
    alarm.stray_until = time_now() + STRAY_NS;
    alarm.is_wired = true; /* before the first NMI, which may be there at once: a stray one */
    atomic_signal_fence(memory_order_seq_cst);
    alarm.is_wired = io_apic_route_nmi(gsi, cpus[0].apic_id) == 0;
}

/* Another CPU that looks can tell more: it gets the time to. */
static inline uint64_t alarm_patience_ns(void)
{
    return cpus_online() > 1 ? 2 * limit_ns() : limit_ns();
}

/* Whether this NMI of CPU 0's is the alarm. */
static bool alarm_rings(const struct registers *regs)
{
    uint64_t now = time_now();
    if (!alarm.is_wired || now < alarm.deadline || alarm.deadline == 0)
        return now < alarm.stray_until;
    alarm.deadline = 0;
    if (cpus[0].ticks != alarm.ticks_seen) {
        alarm_put_off();
        return true;
    }
    if (++alarm.rings >= PROBES && now - alarm.since >= alarm_patience_ns()) {
        static char what[96];
        snprintf(what, sizeof(what), "watchdog: CPU 0 has not taken a timer interrupt for %u s: interrupts stay off,",
                 limit_seconds);
        panic_advise("thread apply 1 bt");
        panic_exception(regs, 0, what);
    }
    alarm_set(PROBE_NS);
    return true;
}

/* --- the way in --------------------------------------------------------------------------------------------------- */

void watchdog_tick(void)
{
    struct cpu *cpu = cpu_this();
    struct watch *watch = &watches[cpu->id];
    if (limit_seconds == 0)
        return;
    watch_switches(watch, cpu);
    if (cpus_online() > 1)
        watch_neighbour(watch, (cpu->id + 1) % cpus_online());
    if (cpu->id == 0 && alarm.is_wired && cpu->ticks % TICK_HZ == 0)
        alarm_put_off();
}

bool watchdog_nmi(const struct registers *regs)
{
    unsigned id = cpu_this()->id;
    if (limit_seconds == 0)
        return alarm.is_wired; /* it has been stopped, but the alarm may have gone off before */
    bool was_asked = atomic_exchange(&asked[id], false);
    if (was_asked)
        answers[id]++;
    return (id == 0 && alarm_rings(regs)) || was_asked;
}

void watchdog_spin(const struct spinlock *lock, struct watchdog_spin *spin)
{
    uint64_t now = time_now();
    unsigned holder = lock->cpu, self = cpu_this()->id;
    if (limit_seconds == 0 || holder == 0)
        return;
    if (spin->since == 0)
        spin->since = now;
    uint64_t waited = now - spin->since;
    if (waited < limit_ns() / 2 || now < spin->next)
        return;
    spin->next = now + PROBE_NS;
    if (holder - 1 != self && !probe_next(&spin->probe, holder - 1) && waited < UNANSWERED * limit_ns())
        return;
    if (thread_current()->held_count > 0)
        lock_report(thread_current());
    panic_show_threads();
    panic_advise("ck locks");
    panic("watchdog: CPU %u has waited %lu s for the spin lock %s (%p), which CPU %u holds", self,
          (unsigned long)(waited / NS_PER_SECOND), lock_rank_name(lock->rank), (const void *)lock, holder - 1);
}

void watchdog_start(void)
{
    uint64_t seconds = option_number("watchdog", DEFAULT_SECONDS);
    if (seconds == 0)
        return;
    seconds = min_u64(seconds, UINT32_MAX / TICK_HZ / UNANSWERED);
    alarm_wire();
    if (alarm.is_wired) { /* by whatever CPU: CPU 0 looks at the alarm only once there is a limit */
        alarm.ticks_seen = cpus[0].ticks;
        alarm.since = time_now();
        alarm_set(seconds * NS_PER_SECOND);
    }
    limit_seconds = (unsigned)seconds;
    log_write(LOG_INFO, "watchdog: %u s%s", limit_seconds,
              alarm.is_wired ? "" : "; no HPET: a machine with one CPU may hang unnoticed");
}

void watchdog_stop(void)
{
    limit_seconds = 0;
    if (alarm.is_wired)
        hpet_alarm_stop(); /* on whatever CPU: CPU 0 is here, or hangs, or is about to be stopped */
}

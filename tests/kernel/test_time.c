/* Time: the clock goes forward at the right rate on all CPUs together, timers come in order and not early. */
#include <stdatomic.h>

#include "kernel/cpu.h"
#include "kernel/ktest.h"
#include "kernel/lock.h"
#include "kernel/thread.h"
#include "kernel/time.h"
#include "tests/kernel/crew.h"

#define MILLISECOND ((uint64_t)1000000)
#define LATE (60000 * MILLISECOND) /* what a loaded host may add */
#define YEAR_2020 ((uint64_t)1577836800)

KTEST(time, never_goes_back)
{
    uint64_t last = time_now();
    for (unsigned i = 0; i < 10000; i++) {
        uint64_t now = time_now();
        KTEST_EXPECT(now >= last);
        last = now;
    }
}

KTEST(time, delay_lasts_as_long_as_it_says)
{
    uint64_t start = time_now();
    time_delay_us(2000);
    uint64_t passed = time_now() - start;
    KTEST_EXPECT(passed >= 2 * MILLISECOND);
    KTEST_EXPECT(passed < 2 * MILLISECOND + LATE);
}

KTEST(time, sleep_ends_at_its_deadline)
{
    for (uint64_t length = MILLISECOND; length <= 30 * MILLISECOND; length *= 3) {
        uint64_t deadline = time_now() + length;
        KTEST_EXPECT(thread_sleep_until(deadline, false) == 0);
        KTEST_EXPECT(time_now() >= deadline);
        KTEST_EXPECT(time_now() < deadline + LATE);
    }
}

KTEST(time, realtime_can_be_set)
{
    uint64_t before = time_realtime();
    KTEST_EXPECT(before > YEAR_2020 * NS_PER_SECOND);
    time_set_realtime(1000 * NS_PER_SECOND);
    uint64_t after = time_realtime();
    KTEST_EXPECT(after >= 1000 * NS_PER_SECOND && after < 1000 * NS_PER_SECOND + LATE);
    time_set_realtime(before + after - 1000 * NS_PER_SECOND);
    KTEST_EXPECT(time_realtime() >= before);
}

/* The order in which timers came. */
static _Atomic unsigned arrivals;

struct probe {
    struct timer timer;
    unsigned place; /* among the arrivals, from 1 on; 0: not come */
    uint64_t at;
};

static void probe_arrives(struct timer *timer)
{
    struct probe *probe = timer->argument;
    probe->at = time_now();
    probe->place = atomic_fetch_add(&arrivals, 1) + 1;
}

static void probe_start(struct probe *probe, uint64_t deadline)
{
    *probe = (struct probe){.timer = {.function = probe_arrives, .argument = probe}};
    timer_start(&probe->timer, deadline);
}

/* The CPU that the timers are on may be a thread of a busy host: they have LATE. */
static void wait_for_arrivals(unsigned count)
{
    uint64_t patience = time_now() + LATE;
    while (arrivals < count && time_now() < patience)
        (void)thread_sleep_until(time_now() + MILLISECOND, false);
}

KTEST(time, timers_come_in_order_of_deadline)
{
    struct probe probes[8];
    uint64_t start = time_now() + 5 * MILLISECOND;
    arrivals = 0;
    interrupts_push_off(); /* so that all are in one CPU's queue */
    for (unsigned i = 0; i < ARRAY_LENGTH(probes); i++)
        probe_start(&probes[i], start + (i * 5 % 8) * MILLISECOND);
    interrupts_pop();
    wait_for_arrivals(ARRAY_LENGTH(probes));
    for (unsigned i = 0; i < ARRAY_LENGTH(probes); i++) {
        timer_cancel(&probes[i].timer); /* it may have come, but not be done; and the stack ends here */
        KTEST_EXPECT(probes[i].place == i * 5 % 8 + 1);
        KTEST_EXPECT(probes[i].at >= probes[i].timer.deadline);
    }
}

KTEST(time, cancelled_timers_do_not_come)
{
    struct probe probe;
    arrivals = 0;
    interrupts_push_off(); /* so that it cannot come before it is cancelled */
    probe_start(&probe, time_now() + 5 * MILLISECOND);
    KTEST_EXPECT(timer_cancel(&probe.timer));
    KTEST_EXPECT(!timer_cancel(&probe.timer));
    interrupts_pop();
    (void)thread_sleep_until(time_now() + 10 * MILLISECOND, false);
    KTEST_EXPECT(arrivals == 0);
    probe_start(&probe, time_now() + MILLISECOND);
    wait_for_arrivals(1);
    KTEST_EXPECT(!timer_cancel(&probe.timer));
    KTEST_EXPECT(arrivals == 1);
}

KTEST(time, a_deadline_in_the_past_comes_at_once)
{
    struct probe probe;
    arrivals = 0;
    probe_start(&probe, 1);
    time_delay_us(1000);
    uint64_t patience = time_now() + LATE;
    while (arrivals == 0 && time_now() < patience)
        time_delay_us(100);
    KTEST_EXPECT(arrivals == 1);
    timer_cancel(&probe.timer);
}

/* One clock for all CPUs: whoever takes the lock later must not see an earlier time. */
static struct spinlock clock_lock = SPINLOCK_INIT(RANK_PROCESS);
static uint64_t clock_last;
static _Atomic unsigned clock_errors, clock_running;
static _Atomic unsigned clock_cpus; /* bits of the CPUs that took part */

static void clock_compare(void *argument)
{
    (void)argument;
    for (unsigned i = 0; i < 2000; i++) {
        spin_lock(&clock_lock);
        uint64_t now = time_now();
        clock_errors += now < clock_last;
        clock_last = now;
        clock_cpus |= 1u << cpu_this()->id;
        spin_unlock(&clock_lock);
        if (i % 100 == 0)
            thread_yield();
    }
    clock_running--;
}

KTEST(time, cpus_agree)
{
    clock_last = 0;
    clock_errors = 0;
    clock_running = cpus_online();
    for (unsigned i = 0; i < cpus_online(); i++)
        KTEST_EXPECT(thread_create_kernel("clock", clock_compare, NULL) != NULL);
    while (clock_running > 0)
        (void)thread_sleep_until(time_now() + MILLISECOND, false);
    KTEST_EXPECT(clock_errors == 0);
    KTEST_EXPECT(clock_cpus != 0);
}

KTEST(time, every_cpu_ticks)
{
    uint64_t before[CPUS_MAX];
    for (unsigned id = 0; id < cpus_online(); id++)
        before[id] = cpus[id].ticks;
    uint64_t patience = time_now() + LATE;
    for (unsigned id = 0; id < cpus_online(); id++) {
        while (cpus[id].ticks == before[id] && time_now() < patience)
            (void)thread_sleep_until(time_now() + 10 * MILLISECOND, false);
        KTEST_EXPECT(cpus[id].ticks > before[id]);
    }
}

/* Two threads that take turns on CPU 0, and one that reads the CPU time of the first meanwhile. */
struct turns {
    struct thread *_Atomic read; /* null: not there yet */
    _Atomic bool done;
    unsigned backwards;
};

static void read_or_take_turns(unsigned number, void *context)
{
    struct turns *turns = context;
    if (number != 0) {
        thread_set_allowed_cpus(thread_current(), 1);
        if (number == 1)
            turns->read = thread_current();
        while (!turns->done)
            thread_yield();
        return;
    }
    while (turns->read == NULL)
        thread_yield();
    uint64_t last = 0;
    for (unsigned i = 0; i < 20000; i++) {
        uint64_t had = thread_run_ns(turns->read);
        turns->backwards += had < last;
        last = had;
    }
    turns->done = true;
}

KTEST(time, cpu_time_of_a_thread_that_is_switched_never_goes_back)
{
    struct turns turns = {.read = NULL};
    crew_run(3, read_or_take_turns, &turns);
    KTEST_EXPECT(turns.backwards == 0);
}

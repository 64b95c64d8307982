/*
 * Interrupts: sent between CPUs, they arrive where they should; sections without interrupts nest; vectors are given out
 * once.
 */
#include <stdatomic.h>

#include "kernel/apic.h"
#include "kernel/cpu.h"
#include "kernel/interrupt.h"
#include "kernel/ktest.h"
#include "kernel/lock.h"
#include "kernel/time.h"
#include "kernel/trap.h"

#define VECTOR_TEST 239 /* nobody else's */

static _Atomic unsigned came[CPUS_MAX];

static void note_arrival(void *argument)
{
    KTEST_EXPECT(argument == came);
    KTEST_EXPECT(!interrupts_are_on());
    KTEST_EXPECT(cpu_this()->interrupt_depth == 1);
    came[cpu_this()->id]++;
}

static bool comes_to(unsigned cpu, unsigned wanted)
{
    uint64_t patience = time_now() + 60 * NS_PER_SECOND; /* a CPU may be a thread of a busy host */
    while (came[cpu] < wanted && time_now() < patience)
        time_delay_us(10);
    return came[cpu] == wanted;
}

KTEST(interrupt, arrives_at_the_cpu_it_is_sent_to)
{
    interrupt_connect_local(VECTOR_TEST, note_arrival, came);
    uint64_t before = interrupt_count(VECTOR_TEST);
    for (unsigned id = 0; id < cpus_online(); id++) {
        for (unsigned other = 0; other < CPUS_MAX; other++)
            came[other] = 0;
        interrupt_send(id, VECTOR_TEST);
        KTEST_EXPECT(comes_to(id, 1));
        for (unsigned other = 0; other < CPUS_MAX; other++)
            KTEST_EXPECT(other == id || came[other] == 0);
    }
    KTEST_EXPECT(interrupt_count(VECTOR_TEST) == before + cpus_online());
}

KTEST(interrupt, reaches_all_others)
{
    interrupt_connect_local(VECTOR_TEST, note_arrival, came);
    for (unsigned id = 0; id < CPUS_MAX; id++)
        came[id] = 0;
    interrupts_push_off(); /* this thread stays on its CPU */
    unsigned self = cpu_this()->id;
    interrupt_send_others(VECTOR_TEST);
    for (unsigned id = 0; id < cpus_online(); id++)
        KTEST_EXPECT(comes_to(id, id == self ? 0 : 1));
    interrupts_pop();
}

KTEST(interrupt, waits_while_they_are_off)
{
    interrupt_connect_local(VECTOR_TEST, note_arrival, came);
    interrupts_push_off();
    unsigned self = cpu_this()->id;
    came[self] = 0;
    interrupts_push_off();
    interrupt_send(self, VECTOR_TEST);
    time_delay_us(100);
    interrupts_pop();
    KTEST_EXPECT(!interrupts_are_on());
    KTEST_EXPECT(came[self] == 0);
    interrupts_pop();
    KTEST_EXPECT(interrupts_are_on());
    KTEST_EXPECT(comes_to(self, 1));
}

KTEST(interrupt, vectors_are_given_out_once)
{
    uint64_t address[2];
    uint32_t data[2];
    int first = interrupt_connect_msi(note_arrival, came, &address[0], &data[0]);
    int second = interrupt_connect_msi(note_arrival, came, &address[1], &data[1]);
    KTEST_EXPECT(first >= VECTOR_DEVICE_FIRST && first <= VECTOR_DEVICE_LAST);
    KTEST_EXPECT(second > first);
    KTEST_EXPECT((int)data[0] == first && (int)data[1] == second);
    KTEST_EXPECT(address[0] >> 20 == 0xfee);
}

KTEST(interrupt, unknown_isa_lines_are_refused)
{
    KTEST_EXPECT(interrupt_connect_isa(16, note_arrival, came) < 0);
    KTEST_EXPECT(io_apic_route(100000, VECTOR_TEST, 0, false, false) < 0);
}

/*
 * Nothing but the registers may be touched by one that comes at any instruction; entry.asm gives it a stack of its own.
 */
KTEST(interrupt, nmi_returns)
{
    for (unsigned i = 0; i < 100; i++) {
        interrupts_push_off();
        trap_nmis_expected++;
        apic_send_nmi(cpu_this()->apic_id);
        interrupts_pop();
        time_delay_us(10);
    }
    uint64_t patience = time_now() + 60 * NS_PER_SECOND;
    while (trap_nmis_expected > 0 && time_now() < patience)
        time_delay_us(10);
    KTEST_EXPECT(trap_nmis_expected == 0);
    KTEST_EXPECT(cpu_this()->self == cpu_this());
}

KTEST(interrupt, kick_is_counted)
{
    uint64_t before = interrupt_count(VECTOR_RESCHEDULE);
    cpu_kick(cpus_online() - 1);
    /* The other CPU may be a thread of a busy host: it has a minute. */
    for (unsigned i = 0; i < 12000 && interrupt_count(VECTOR_RESCHEDULE) == before; i++)
        time_delay_us(5000);
    KTEST_EXPECT(interrupt_count(VECTOR_RESCHEDULE) > before);
}

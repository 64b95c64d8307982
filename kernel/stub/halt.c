/*
 * Halting the machine: see halt.h.
 */
#include "kernel/stub/halt.h"

#include <stdatomic.h>

#include "kernel/apic.h"
#include "kernel/cpu.h"
#include "kernel/registers.h"
#include "kernel/shadow.h"
#include "kernel/smp.h"
#include "kernel/stub/points.h"
#include "kernel/x86.h"

#define PATIENCE 100000000 /* polls until a CPU is taken for lost */
#define NOBODY (-1)

static _Atomic int owner = NOBODY;
static bool for_good; /* after a panic: the others are stopped for ever */

static struct place {
    struct registers *regs; /* where it was interrupted */
    _Atomic bool parked;
    _Atomic unsigned nmis; /* on their way to it */
} places[CPUS_MAX];

bool halt_is_halted(void)
{
    return owner != NOBODY;
}

struct registers *halt_registers(unsigned id)
{
    return places[id].regs;
}

static void park(struct registers *regs)
{
    struct place *place = &places[cpu_this()->id];
    place->regs = regs;
    place->parked = true;
    while (place->parked)
        cpu_relax();
    points_load();
}

/* Brings all CPUs that run to their places. One that does not come in time has no registers. */
static void gather(unsigned self)
{
    for (unsigned id = 0; id < CPUS_MAX; id++) {
        if (id == self || !cpus[id].started || places[id].parked)
            continue;
        places[id].regs = NULL;
        atomic_fetch_add(&places[id].nmis, 1);
        apic_send_nmi_within(cpus[id].apic_id);
    }
    for (unsigned id = 0; id < CPUS_MAX; id++) {
        for (unsigned i = 0; id != self && cpus[id].started && !places[id].parked && i < PATIENCE; i++)
            cpu_relax();
    }
}

bool halt_enter(struct registers *regs)
{
    int self = (int)cpu_this()->id, nobody = NOBODY;
    if (!atomic_compare_exchange_strong(&owner, &nobody, self) && nobody != self) {
        park(regs);
        return false;
    }
    places[self].regs = regs;
    gather((unsigned)self);
    shadow_rest(true);
    return true;
}

void halt_leave(void)
{
    points_load();
    shadow_rest(false);
    owner = NOBODY;
    for (unsigned id = 0; id < CPUS_MAX && !for_good; id++)
        places[id].parked = false;
}

bool halt_lend(unsigned id)
{
    unsigned self = cpu_this()->id;
    points_load();
    if (id == self)
        return false;
    owner = (int)id;
    struct place *place = &places[self];
    place->parked = true; /* before the other goes: it looks who is parked when it comes back */
    places[id].parked = false;
    while (place->parked)
        cpu_relax();
    points_load();
    return true;
}

bool halt_nmi(struct registers *regs)
{
    struct place *place = &places[cpu_this()->id];
    if (place->nmis == 0)
        return false;
    place->nmis--;
    if (!place->parked && owner != NOBODY && owner != (int)cpu_this()->id)
        park(regs);
    return true;
}

void halt_take_stopped(struct registers *regs)
{
    unsigned self = cpu_this()->id;
    for_good = true;
    for (unsigned id = 0; id < CPUS_MAX; id++)
        places[id].regs = (struct registers *)(uintptr_t)smp_stopped_registers(id);
    places[self].regs = regs;
    owner = (int)self;
}

/*
 * Calibration of the CPU's clocks against one whose rate is known: the HPET, else the ACPI PM timer, else the PIT.
 *
 *     reference  r0 ------------ r1        hz = (tsc1 - tsc0) * reference hz / (r1 - r0)
 *     TSC        t0 ------------ t1
 *
 * At either end several samples are taken and the one used in which the least time passed around the reading of the
 * reference: under an emulator the CPU may lose its turn at any moment. Under QEMU's -icount all of it counts
 * instructions, so the result is the same every time.
 *
 * Sources: ACPI 6.5, 4.8.3.3 (PM timer); Intel 8254 data sheet.
 */
#include "kernel/calibrate.h"

#include "kernel/acpi.h"
#include "kernel/apic.h"
#include "kernel/hpet.h"
#include "kernel/panic.h"
#include "kernel/x86.h"

#define PM_TIMER_HZ 3579545
#define PIT_HZ 1193182
#define PIT_CHANNEL2 0x42
#define PIT_COMMAND 0x43
#define PIT_LATCH_CHANNEL2 0x80
#define PIT_RATE_CHANNEL2 0xb4 /* low then high byte, mode 2 */
#define PORT_GATE 0x61         /* bit 0: channel 2 counts; bit 1: the speaker hears it */
#define SAMPLES 5

/* A clock that counts up, modulo mask + 1. */
struct reference {
    const char *name;
    uint64_t hz;
    uint64_t mask;
    uint64_t (*read)(void);
    unsigned measure_per_second; /* the measurement lasts 1 s divided by this */
};

static uint64_t pm_timer_counter(void)
{
    return port_read32(acpi_machine.pm_timer_port);
}

static uint64_t pit_counter(void)
{
    port_write8(PIT_COMMAND, PIT_LATCH_CHANNEL2);
    uint64_t low = port_read8(PIT_CHANNEL2);
    return 0xffff - (low | (uint64_t)port_read8(PIT_CHANNEL2) << 8);
}

static void pit_start(void)
{
    port_write8(PORT_GATE, (uint8_t)((port_read8(PORT_GATE) & ~3) | 1));
    port_write8(PIT_COMMAND, PIT_RATE_CHANNEL2);
    port_write8(PIT_CHANNEL2, 0xff);
    port_write8(PIT_CHANNEL2, 0xff);
}

static struct reference reference_choose(void)
{
    if (hpet_start())
        return (struct reference){"HPET", hpet_hz(), UINT32_MAX, hpet_counter, 500};
    if (acpi_machine.pm_timer_port != 0)
        return (struct reference){"PM timer", PM_TIMER_HZ, acpi_machine.pm_timer_32 ? UINT32_MAX : 0xffffff,
                                  pm_timer_counter, 100};
    pit_start();
    return (struct reference){"PIT", PIT_HZ, 0xffff, pit_counter, 50};
}

/* The three clocks at one moment. */
struct sample {
    uint64_t tsc, reference, apic_timer;
};

static struct sample sample_take(const struct reference *reference)
{
    struct sample best = {0};
    uint64_t best_gap = UINT64_MAX;
    for (unsigned i = 0; i < SAMPLES; i++) {
        uint64_t before = tsc_read();
        uint64_t count = reference->read();
        uint64_t timer = apic_timer_left();
        uint64_t gap = tsc_read() - before;
        if (gap < best_gap) {
            best_gap = gap;
            best = (struct sample){before + gap / 2, count, timer};
        }
    }
    return best;
}

void clock_calibrate(struct clock_rates *rates)
{
    struct reference reference = reference_choose();
    uint64_t ticks = reference.hz / reference.measure_per_second;
    apic_timer_start(UINT32_MAX);
    struct sample start = sample_take(&reference), end;
    do {
        end = sample_take(&reference);
    } while (((end.reference - start.reference) & reference.mask) < ticks);
    uint64_t passed = (end.reference - start.reference) & reference.mask;
    apic_timer_start(0);
    rates->tsc_hz = (end.tsc - start.tsc) * reference.hz / passed;
    rates->apic_timer_hz = (start.apic_timer - end.apic_timer) * reference.hz / passed;
    rates->reference = reference.name;
    assert(rates->tsc_hz != 0 && rates->apic_timer_hz != 0);
}

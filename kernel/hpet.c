/*
 * The high precision event timer; see hpet.h.
 *
 * The alarm is timer 0, one shot, edge-triggered. While its comparator is being changed, which may take two stores, it is disabled. A
 * comparator of 32 bits is of no use: it also rings whenever the counter's lower half wraps.
 *
 * No lock: set up at start-up; then the alarm belongs to CPU 0 with interrupts off (kernel/watchdog.c).
 */
#include "kernel/hpet.h"

#include "kernel/acpi.h"
#include "kernel/time.h"
#include "mm/kmap.h"

#define FEMTOSECONDS_PER_SECOND ((uint64_t)1000000000000000)

/* Offsets in bytes. The upper half of CAPABILITIES is the period in femtoseconds, that of TIMER0 the lines it can use. */
enum hpet_register {
    HPET_CAPABILITIES = 0,
    HPET_CONFIGURATION = 0x10,
    HPET_COUNTER = 0xf0,
    HPET_TIMER0 = 0x100,
    HPET_COMPARATOR0 = 0x108,
};

#define CONFIGURATION_COUNT ((uint64_t)1 << 0)
#define TIMER_ENABLE ((uint64_t)1 << 2)
#define TIMER_HAS_64_BITS ((uint64_t)1 << 5)
#define TIMER_LINE_SHIFT 9

static volatile uint64_t *hpet; /* null: none */

bool hpet_start(void)
{
    if (acpi_machine.hpet == 0)
        return false;
    volatile uint64_t *registers = mmio_map(acpi_machine.hpet, PAGE_SIZE, false);
    if (registers == NULL || registers[HPET_CAPABILITIES / 8] >> 32 == 0)
        return false;
    hpet = registers;
    hpet[HPET_CONFIGURATION / 8] |= CONFIGURATION_COUNT;
    return true;
}

bool hpet_is_there(void)
{
    return hpet != NULL;
}

uint64_t hpet_hz(void)
{
    return FEMTOSECONDS_PER_SECOND / (hpet[HPET_CAPABILITIES / 8] >> 32);
}

uint64_t hpet_counter(void)
{
    return hpet[HPET_COUNTER / 8];
}

uint32_t hpet_alarm_lines(void)
{
    uint64_t timer = hpet[HPET_TIMER0 / 8];
    return (timer & TIMER_HAS_64_BITS) != 0 ? (uint32_t)(timer >> 32) : 0;
}

void hpet_alarm_wire(unsigned gsi)
{
    hpet[HPET_TIMER0 / 8] = (uint64_t)gsi << TIMER_LINE_SHIFT;
}

void hpet_alarm_stop(void)
{
    hpet[HPET_TIMER0 / 8] &= ~TIMER_ENABLE;
}

void hpet_alarm_start(uint64_t ns)
{
    uint64_t ticks = ns * (hpet_hz() / 1000) / (NS_PER_SECOND / 1000);
    hpet_alarm_stop();
    hpet[HPET_COMPARATOR0 / 8] = hpet_counter() + ticks;
    hpet[HPET_TIMER0 / 8] |= TIMER_ENABLE;
}

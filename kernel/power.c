/*
 * Power-off, reset, and QEMU's exit status.
 *
 * Power-off writes SLP_TYP and SLP_EN to the PM1 control registers (ACPI 6.5, 4.8.3.2.1 and 7.4.1). QEMU's machines
 * have these at fixed ports, used when the tables could not be read: 0x604 on q35, 0xb004 on pc with old firmware.
 */
#include "kernel/power.h"

#include "kernel/acpi.h"
#include "kernel/coverage.h"
#include "kernel/cpu.h"
#include "kernel/log.h"
#include "kernel/option.h"
#include "kernel/x86.h"

#define SLP_EN ((uint16_t)1 << 13)
#define SLP_TYP_SHIFT 10
#define PORT_KEYBOARD_COMMAND 0x64
#define KEYBOARD_PULSE_RESET 0xfe
#define PORT_DEBUG_EXIT 0xf4

static void pm1_sleep(uint16_t port, uint8_t type)
{
    if (port != 0)
        port_write16(port, (uint16_t)(type << SLP_TYP_SHIFT | SLP_EN));
}

void power_wait_for_dump(void)
{
    if (!option_is_on("dump", false))
        return;
    log_write(LOG_INFO, "dump: the machine stands still");
    cpu_halt_forever();
}

void power_off(void)
{
    interrupts_disable();
    cpu_stop_others();
    coverage_write();
    power_wait_for_dump();
    if (acpi_machine.s5_known) {
        pm1_sleep(acpi_machine.pm1a_control, acpi_machine.s5_type_a);
        pm1_sleep(acpi_machine.pm1b_control, acpi_machine.s5_type_b);
    }
    pm1_sleep(0x604, 0);
    pm1_sleep(0xb004, 0);
    cpu_halt_forever();
}

/*
 * With an empty interrupt table the breakpoint cannot be delivered, nor the faults that follow: a triple fault resets
 * the CPU.
 */
static void noreturn_function triple_fault(void)
{
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) none = {0, 0};
    __asm__ volatile("lidt %0; int3" ::"m"(none));
    cpu_halt_forever();
}

void power_reset(void)
{
    interrupts_disable();
    cpu_stop_others();
    coverage_write();
    if (acpi_machine.reset_port != 0) {
        port_write8(acpi_machine.reset_port, acpi_machine.reset_value);
        for (unsigned i = 0; i < 100000; i++)
            cpu_relax();
    }
    port_write8(PORT_KEYBOARD_COMMAND, KEYBOARD_PULSE_RESET);
    for (unsigned i = 0; i < 100000; i++)
        cpu_relax();
    triple_fault();
}

void debug_exit(uint32_t code)
{
    port_write32(PORT_DEBUG_EXIT, code);
}

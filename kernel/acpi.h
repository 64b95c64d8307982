/*
 * What the ACPI tables say about the machine (ACPI 6.5, chapter 5): read once at start-up into plain numbers;
 * afterwards the tables are not needed.
 */
#ifndef KERNEL_ACPI_H
#define KERNEL_ACPI_H

#include "kernel/types.h"

struct bootinfo;

#define ACPI_IO_APICS_MAX 4

struct acpi_io_apic {
    paddr_t address;
    uint32_t first_gsi; /* number of its first input among all */
};

/* Where an ISA interrupt really goes, and how it signals. */
struct acpi_isa_route {
    uint32_t gsi;
    bool active_low;
    bool level;
};

struct acpi_machine {
    unsigned cpu_count; /* usable ones, at most CPUS_MAX; the boot CPU is found among them by its APIC id */
    uint32_t apic_id[CPUS_MAX];
    paddr_t local_apic;
    unsigned io_apic_count;
    struct acpi_io_apic io_apic[ACPI_IO_APICS_MAX];
    struct acpi_isa_route isa[16];

    uint16_t pm_timer_port;              /* 0: none */
    bool pm_timer_32;                    /* else 24 bits */
    paddr_t hpet;                        /* 0: none */
    uint16_t pm1a_control, pm1b_control; /* ports; 0: none */
    uint8_t s5_type_a, s5_type_b;        /* SLP_TYP for power-off */
    bool s5_known;
    uint16_t reset_port; /* 0: none */
    uint8_t reset_value;
    paddr_t pci_config; /* memory-mapped configuration space of segment 0; 0: none */
    uint8_t pci_first_bus, pci_last_bus;
};
extern struct acpi_machine acpi_machine;

/* Fills acpi_machine; without usable tables it describes a PC with one CPU. Needs firmware_map(). */
void acpi_init(const struct bootinfo *info);

#endif

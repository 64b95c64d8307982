/*
 * IO-APICs (Intel 82093AA data sheet): device lines, numbered through all of them as global system interrupts, become
 * vectors.
 *
 * Lines are set up at start-up, one after the other, by the thread that starts the devices; hence no lock.
 */
#include "kernel/acpi.h"
#include "kernel/apic.h"
#include "kernel/abi/errno.h"
#include "kernel/log.h"
#include "mm/kmap.h"

#define IO_APIC_VERSION 1
#define IO_APIC_REDIRECTION 0x10 /* two registers an input */

#define REDIRECTION_NMI (4u << 8)
#define REDIRECTION_ACTIVE_LOW (1u << 13)
#define REDIRECTION_LEVEL (1u << 15)
#define REDIRECTION_MASKED (1u << 16)
#define REDIRECTION_DESTINATION_SHIFT 24 /* in the upper register */

static struct io_apic {
    volatile uint32_t *registers; /* [0] selects, [4] is the register selected */
    uint32_t first_gsi;
    uint32_t inputs;
} io_apics[ACPI_IO_APICS_MAX];

static uint32_t io_apic_read(struct io_apic *io_apic, uint32_t index)
{
    io_apic->registers[0] = index;
    return io_apic->registers[4];
}

static void io_apic_write(struct io_apic *io_apic, uint32_t index, uint32_t value)
{
    io_apic->registers[0] = index;
    io_apic->registers[4] = value;
}

static struct io_apic *io_apic_of(uint32_t gsi)
{
    for (unsigned i = 0; i < ACPI_IO_APICS_MAX; i++) {
        if (gsi - io_apics[i].first_gsi < io_apics[i].inputs)
            return &io_apics[i];
    }
    return NULL;
}

static int redirection_write(uint32_t gsi, uint32_t id, uint32_t low)
{
    struct io_apic *io_apic = io_apic_of(gsi);
    if (io_apic == NULL)
        return -ENODEV;
    uint32_t index = IO_APIC_REDIRECTION + 2 * (gsi - io_apic->first_gsi);
    io_apic_write(io_apic, index + 1, id << REDIRECTION_DESTINATION_SHIFT);
    io_apic_write(io_apic, index, low);
    return 0;
}

int io_apic_route(uint32_t gsi, unsigned vector, uint32_t id, bool active_low, bool level)
{
    uint32_t signal = (active_low ? REDIRECTION_ACTIVE_LOW : 0) | (level ? REDIRECTION_LEVEL : 0);
    return redirection_write(gsi, id, vector | signal);
}

int io_apic_route_nmi(uint32_t gsi, uint32_t id)
{
    return redirection_write(gsi, id, REDIRECTION_NMI);
}

static void io_apic_start(struct io_apic *io_apic, const struct acpi_io_apic *found)
{
    io_apic->registers = mmio_map(found->address, PAGE_SIZE, false);
    if (io_apic->registers == NULL) {
        log_write(LOG_ERROR, "ioapic: no memory to map the one at %#lx", found->address);
        return;
    }
    io_apic->first_gsi = found->first_gsi;
    io_apic->inputs = (io_apic_read(io_apic, IO_APIC_VERSION) >> 16 & 0xff) + 1;
    for (uint32_t i = 0; i < io_apic->inputs; i++)
        io_apic_write(io_apic, IO_APIC_REDIRECTION + 2 * i, REDIRECTION_MASKED);
}

void io_apic_init(void)
{
    for (unsigned i = 0; i < acpi_machine.io_apic_count; i++)
        io_apic_start(&io_apics[i], &acpi_machine.io_apic[i]);
}

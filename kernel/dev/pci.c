/*
 * PCI by configuration mechanism 1: an address to port 0xcf8, data at 0xcfc. Reaches the first 256 bytes of every function's
 * configuration space, which hold all that is needed here (PCI Express's extended space would need the memory-mapped way).
 *
 * All 256 buses are scanned: bridges are set up by the firmware, so their secondary buses simply answer. Sources: PCI Local Bus
 * Specification 3.0, sections 3.2.2.3.2, 6.1, 6.2.5, 6.7, 6.8.2.
 *
 * Locks: config_lock (RANK_PORTS) around the two port accesses.
 */
#include "kernel/abi/errno.h"
#include "kernel/dev/pci.h"
#include "kernel/lock.h"
#include "kernel/log.h"
#include "kernel/x86.h"
#include "mm/kmap.h"

#define PORT_ADDRESS 0xcf8
#define PORT_DATA 0xcfc

/* Offsets in configuration space. */
enum {
    CONFIG_VENDOR = 0x00,
    CONFIG_DEVICE = 0x02,
    CONFIG_COMMAND = 0x04,
    CONFIG_STATUS = 0x06,
    CONFIG_CLASS = 0x08, /* revision, interface, subclass, class */
    CONFIG_HEADER = 0x0e,
    CONFIG_BAR = 0x10,
    CONFIG_SUBSYSTEM = 0x2e,
    CONFIG_CAPABILITIES = 0x34,
};

#define COMMAND_MEMORY (1 << 1)
#define COMMAND_MASTER (1 << 2)
#define COMMAND_NO_INTX (1 << 10)
#define STATUS_CAPABILITIES (1 << 4)
#define HEADER_MULTIFUNCTION 0x80
#define HEADER_TYPE 0x7f

#define BAR_IO 1u
#define BAR_TYPE_64 (2u << 1)
#define BAR_TYPE_MASK (3u << 1)
#define BAR_FLAGS 0xfu

#define MSIX_CONTROL 2 /* offsets from the capability */
#define MSIX_TABLE 4
#define MSIX_ENABLE (1 << 15)
#define MSIX_MASK_ALL (1 << 14)
#define MSIX_SIZE_MASK 0x7ff
#define MSIX_ENTRY_WORDS 4 /* address, its upper half, data, control */
#define MSIX_ENTRY_MASKED 1u

static struct spinlock config_lock = SPINLOCK_INIT(RANK_PORTS);
static struct pci_device devices[PCI_DEVICES_MAX];
static unsigned device_count;

static void config_select(const struct pci_device *device, unsigned offset)
{
    uint32_t address = 1u << 31 | (uint32_t)device->bus << 16 | (uint32_t)device->slot << 11 |
                       (uint32_t)device->function << 8 | (offset & 0xfc);
    port_write32(PORT_ADDRESS, address);
}

uint8_t pci_read8(const struct pci_device *device, unsigned offset)
{
    spin_lock(&config_lock);
    config_select(device, offset);
    uint8_t value = port_read8((uint16_t)(PORT_DATA + (offset & 3)));
    spin_unlock(&config_lock);
    return value;
}

uint16_t pci_read16(const struct pci_device *device, unsigned offset)
{
    spin_lock(&config_lock);
    config_select(device, offset);
    uint16_t value = port_read16((uint16_t)(PORT_DATA + (offset & 2)));
    spin_unlock(&config_lock);
    return value;
}

uint32_t pci_read32(const struct pci_device *device, unsigned offset)
{
    spin_lock(&config_lock);
    config_select(device, offset);
    uint32_t value = port_read32(PORT_DATA);
    spin_unlock(&config_lock);
    return value;
}

void pci_write16(const struct pci_device *device, unsigned offset, uint16_t value)
{
    spin_lock(&config_lock);
    config_select(device, offset);
    port_write16((uint16_t)(PORT_DATA + (offset & 2)), value);
    spin_unlock(&config_lock);
}

void pci_write32(const struct pci_device *device, unsigned offset, uint32_t value)
{
    spin_lock(&config_lock);
    config_select(device, offset);
    port_write32(PORT_DATA, value);
    spin_unlock(&config_lock);
}

void pci_enable(const struct pci_device *device)
{
    uint16_t command = pci_read16(device, CONFIG_COMMAND);
    pci_write16(device, CONFIG_COMMAND, command | COMMAND_MEMORY | COMMAND_MASTER | COMMAND_NO_INTX);
}

/* What a BAR word reads back after all ones were written: its size mask. Decoding is off meanwhile. */
static uint32_t bar_size_word(const struct pci_device *device, unsigned offset)
{
    uint32_t before = pci_read32(device, offset);
    pci_write32(device, offset, 0xffffffff);
    uint32_t mask = pci_read32(device, offset);
    pci_write32(device, offset, before);
    return mask;
}

paddr_t pci_bar(const struct pci_device *device, unsigned bar, uint64_t *length)
{
    unsigned offset = CONFIG_BAR + bar * 4;
    if (bar > 5)
        return 0;
    uint32_t low = pci_read32(device, offset);
    bool wide = (low & BAR_TYPE_MASK) == BAR_TYPE_64;
    if ((low & BAR_IO) != 0 || (wide && bar == 5))
        return 0;
    uint16_t command = pci_read16(device, CONFIG_COMMAND);
    pci_write16(device, CONFIG_COMMAND, command & (uint16_t)~COMMAND_MEMORY);
    uint64_t address = low & ~BAR_FLAGS;
    uint64_t mask = 0xffffffff00000000 | (bar_size_word(device, offset) & ~BAR_FLAGS);
    if (wide) {
        address |= (uint64_t)pci_read32(device, offset + 4) << 32;
        mask = (mask & 0xffffffff) | (uint64_t)bar_size_word(device, offset + 4) << 32;
    }
    pci_write16(device, CONFIG_COMMAND, command);
    *length = ~mask + 1;
    return (mask & 0xffffffff) == 0 && !wide ? 0 : address;
}

unsigned pci_find_capability(const struct pci_device *device, enum pci_capability kind, unsigned previous)
{
    if ((pci_read16(device, CONFIG_STATUS) & STATUS_CAPABILITIES) == 0)
        return 0;
    unsigned offset = pci_read8(device, previous == 0 ? CONFIG_CAPABILITIES : previous + 1) & 0xfcu;
    for (unsigned guard = 0; offset >= 0x40 && guard < 48; guard++) { /* a broken list may be circular */
        if (pci_read8(device, offset) == kind)
            return offset;
        offset = pci_read8(device, offset + 1) & 0xfcu;
    }
    return 0;
}

int pci_msix_enable(struct pci_device *device)
{
    unsigned capability = pci_find_capability(device, PCI_CAPABILITY_MSIX, 0);
    if (capability == 0)
        return -ENODEV;
    uint16_t control = pci_read16(device, capability + MSIX_CONTROL);
    uint32_t table = pci_read32(device, capability + MSIX_TABLE);
    unsigned count = (control & MSIX_SIZE_MASK) + 1u;
    uint64_t offset = table & ~7u, bytes = count * MSIX_ENTRY_WORDS * sizeof(uint32_t), length;
    paddr_t address = pci_bar(device, table & 7, &length);
    if (address == 0 || offset + bytes > length)
        return -ENODEV;
    device->msix_table = mmio_map(address + offset, bytes, false);
    if (device->msix_table == NULL)
        return -ENOMEM;
    device->msix_count = count;
    pci_write16(device, capability + MSIX_CONTROL, control | MSIX_ENABLE | MSIX_MASK_ALL);
    for (unsigned i = 0; i < count; i++)
        device->msix_table[i * MSIX_ENTRY_WORDS + 3] = MSIX_ENTRY_MASKED;
    pci_write16(device, capability + MSIX_CONTROL, (uint16_t)((control | MSIX_ENABLE) & ~MSIX_MASK_ALL));
    return 0;
}

int pci_msix_connect(struct pci_device *device, unsigned entry, interrupt_handler *handler, void *argument)
{
    if (entry >= device->msix_count)
        return -EINVAL;
    uint64_t address;
    uint32_t data;
    int vector = interrupt_connect_msi(handler, argument, &address, &data);
    if (vector < 0)
        return vector;
    volatile uint32_t *words = &device->msix_table[entry * MSIX_ENTRY_WORDS];
    words[0] = (uint32_t)address;
    words[1] = (uint32_t)(address >> 32);
    words[2] = data;
    words[3] = 0;
    return 0;
}

/* Adds the function if there is one. Returns its header type, or -1. */
static int function_probe(unsigned bus, unsigned slot, unsigned function)
{
    struct pci_device found = {.bus = (uint8_t)bus, .slot = (uint8_t)slot, .function = (uint8_t)function};
    found.vendor = pci_read16(&found, CONFIG_VENDOR);
    if (found.vendor == 0xffff)
        return -1;
    uint8_t header = pci_read8(&found, CONFIG_HEADER);
    uint32_t class_word = pci_read32(&found, CONFIG_CLASS);
    found.device = pci_read16(&found, CONFIG_DEVICE);
    found.class_code = (uint8_t)(class_word >> 24);
    found.subclass = (uint8_t)(class_word >> 16);
    found.interface = (uint8_t)(class_word >> 8);
    if ((header & HEADER_TYPE) == 0)
        found.subsystem = pci_read16(&found, CONFIG_SUBSYSTEM);
    log_write(LOG_DEBUG, "pci: %02x:%02x.%x %04x:%04x class %02x%02x", bus, slot, function, found.vendor, found.device,
              found.class_code, found.subclass);
    if (device_count < PCI_DEVICES_MAX)
        devices[device_count++] = found;
    else
        log_write(LOG_WARNING, "pci: more than %d functions; one left out", PCI_DEVICES_MAX);
    return header;
}

void pci_init(void)
{
    for (unsigned bus = 0; bus < 256; bus++) {
        for (unsigned slot = 0; slot < 32; slot++) {
            int header = function_probe(bus, slot, 0);
            if (header < 0 || (header & HEADER_MULTIFUNCTION) == 0)
                continue;
            for (unsigned function = 1; function < 8; function++)
                (void)function_probe(bus, slot, function);
        }
    }
    log_write(LOG_INFO, "pci: %u functions", device_count);
}

unsigned pci_count(void)
{
    return device_count;
}

struct pci_device *pci_at(unsigned index)
{
    return &devices[index];
}

/* PCI devices: configuration space, base address registers, capabilities, message-signalled interrupts. */
#ifndef KERNEL_DEV_PCI_H
#define KERNEL_DEV_PCI_H

#include "kernel/interrupt.h"
#include "kernel/types.h"

#define PCI_DEVICES_MAX 64

enum pci_capability {
    PCI_CAPABILITY_MSI = 0x05,
    PCI_CAPABILITY_VENDOR = 0x09,
    PCI_CAPABILITY_MSIX = 0x11,
};

struct pci_device {
    uint8_t bus, slot, function;
    uint16_t vendor, device;
    uint16_t subsystem;
    uint8_t class_code, subclass, interface;
    volatile uint32_t *msix_table; /* mapped by pci_msix_enable() */
    unsigned msix_count;
};

/* Finds all functions on all buses. Called once, in thread context. */
void pci_init(void);
unsigned pci_count(void);
struct pci_device *pci_at(unsigned index); /* 0 .. pci_count() - 1 */

/* Configuration space; `offset` aligned to the size, below 256. Any context. */
uint8_t pci_read8(const struct pci_device *device, unsigned offset);
uint16_t pci_read16(const struct pci_device *device, unsigned offset);
uint32_t pci_read32(const struct pci_device *device, unsigned offset);
void pci_write16(const struct pci_device *device, unsigned offset, uint16_t value);
void pci_write32(const struct pci_device *device, unsigned offset, uint32_t value);

/* Lets the device decode its memory BARs and be a bus master; INTx off. */
void pci_enable(const struct pci_device *device);

/* The physical address of memory BAR `bar` (0 .. 5) and its length in bytes; 0 when it is absent, unset or an I/O BAR. */
paddr_t pci_bar(const struct pci_device *device, unsigned bar, uint64_t *length);

/* Offset of the first capability of this kind after `previous` (0: from the start); 0 when there is none. */
unsigned pci_find_capability(const struct pci_device *device, enum pci_capability kind, unsigned previous);

/* Maps the MSI-X table, masks all entries, turns MSI-X on. 0, or -ENODEV, -ENOMEM. Sleeps. */
int pci_msix_enable(struct pci_device *device) must_check;
/* Routes MSI-X entry `entry` to `handler`. 0, -EINVAL, -ENOSPC. */
int pci_msix_connect(struct pci_device *device, unsigned entry, interrupt_handler *handler, void *argument) must_check;

#endif

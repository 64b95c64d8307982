/* PCI: the devices QEMU has, and what their configuration space says. */
#include "kernel/dev/pci.h"
#include "kernel/ktest.h"

#define VENDOR_VIRTIO 0x1af4
#define CLASS_BRIDGE 0x06

static struct pci_device *find(uint16_t vendor)
{
    for (unsigned i = 0; i < pci_count(); i++) {
        if (pci_at(i)->vendor == vendor)
            return pci_at(i);
    }
    return NULL;
}

KTEST(pci, finds_bridges_and_disks)
{
    unsigned bridges = 0;
    for (unsigned i = 0; i < pci_count(); i++)
        bridges += pci_at(i)->class_code == CLASS_BRIDGE;
    KTEST_EXPECT(bridges > 0);
    KTEST_EXPECT(find(VENDOR_VIRTIO) != NULL);
}

KTEST(pci, finds_no_function_twice)
{
    for (unsigned i = 0; i < pci_count(); i++) {
        for (unsigned j = 0; j < i; j++) {
            const struct pci_device *a = pci_at(i), *b = pci_at(j);
            KTEST_EXPECT(a->bus != b->bus || a->slot != b->slot || a->function != b->function);
        }
    }
}

KTEST(pci, reads_words_of_every_size_alike)
{
    const struct pci_device *device = find(VENDOR_VIRTIO);
    if (device == NULL)
        return;
    uint32_t word = pci_read32(device, 0);
    KTEST_EXPECT((word & 0xffff) == device->vendor && word >> 16 == device->device);
    KTEST_EXPECT(pci_read16(device, 2) == word >> 16 && pci_read8(device, 3) == word >> 24);
}

KTEST(pci, walks_capabilities)
{
    struct pci_device *device = find(VENDOR_VIRTIO);
    if (device == NULL)
        return;
    unsigned vendor_capabilities = 0;
    for (unsigned at = 0; (at = pci_find_capability(device, PCI_CAPABILITY_VENDOR, at)) != 0;)
        vendor_capabilities++;
    KTEST_EXPECT(vendor_capabilities >= 4);
    KTEST_EXPECT(pci_find_capability(device, PCI_CAPABILITY_MSIX, 0) != 0);
    KTEST_EXPECT(device->msix_count > 0 && device->msix_table != NULL);
}

KTEST(pci, sizes_registers_without_moving_them)
{
    struct pci_device *device = find(VENDOR_VIRTIO);
    if (device == NULL)
        return;
    unsigned found = 0;
    for (unsigned bar = 0; bar < 6; bar++) {
        uint64_t length = 0, again = 0;
        paddr_t address = pci_bar(device, bar, &length);
        if (address == 0)
            continue;
        found++;
        KTEST_EXPECT(length >= 16 && (length & (length - 1)) == 0 && is_aligned(address, length));
        KTEST_EXPECT(pci_bar(device, bar, &again) == address && again == length);
    }
    KTEST_EXPECT(found > 0);
}

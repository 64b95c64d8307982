/*
 * Which disk controllers the kernel drives, by their PCI numbers. The loader asks, too: what lies on any other disk has to be
 * brought into memory while the firmware is still there to read it (boot/root.c).
 */
#ifndef KERNEL_DEV_DISK_CONTROLLERS_H
#define KERNEL_DEV_DISK_CONTROLLERS_H

#include <stdbool.h>
#include <stdint.h>

enum {
    PCI_VENDOR_VIRTIO = 0x1af4,
    PCI_DEVICE_VIRTIO_BLOCK_TRANSITIONAL = 0x1001,
    PCI_DEVICE_VIRTIO_BLOCK = 0x1042,
};

static inline bool controller_is_virtio_blk(uint16_t vendor, uint16_t device)
{
    return vendor == PCI_VENDOR_VIRTIO &&
           (device == PCI_DEVICE_VIRTIO_BLOCK || device == PCI_DEVICE_VIRTIO_BLOCK_TRANSITIONAL);
}

static inline bool controller_has_driver(uint16_t vendor, uint16_t device)
{
    return controller_is_virtio_blk(vendor, device);
}

#endif

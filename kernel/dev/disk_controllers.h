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

/* Class: mass storage, non-volatile memory, NVM Express. */
static inline bool controller_is_nvme(uint8_t class_code, uint8_t subclass, uint8_t interface)
{
    return class_code == 1 && subclass == 8 && interface == 2;
}

/* By two words of a function's configuration space, at 0 and at 8. */
static inline bool controller_has_driver(uint32_t id, uint32_t class_word)
{
    return controller_is_virtio_blk((uint16_t)id, (uint16_t)(id >> 16)) ||
           controller_is_nvme((uint8_t)(class_word >> 24), (uint8_t)(class_word >> 16), (uint8_t)(class_word >> 8));
}

#endif

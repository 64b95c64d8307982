/*
 * Character devices by number. Registration (chardev_register) is in vfs.h.
 */
#ifndef KERNEL_FS_CHARDEV_H
#define KERNEL_FS_CHARDEV_H

#include "kernel/fs/vfs.h"

/* The operations and private data of a device number: 0, or -ENXIO. */
int chardev_find(uint64_t device, const struct file_ops **ops, void **data) must_check;

/* Visits all, in order of registration. */
void chardevs_for_each(void (*visit)(const char *name, uint64_t device, uint32_t mode, void *context), void *context);

/* null zero full random urandom kmsg. */
void memory_devices_register(void);

#endif

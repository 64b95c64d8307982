/*
 * /dev: a tmpfs that is filled with the nodes of all registered devices, and gets those of later ones.
 */
#ifndef KERNEL_FS_DEVFS_H
#define KERNEL_FS_DEVFS_H

#include "kernel/types.h"

/* A node in /dev, if that is mounted; `mode` with its type. */
void devfs_add(const char *name, uint32_t mode, uint64_t device);

void devfs_init(void);

#endif

/* All devices, started in the order of what needs what. */
#ifndef KERNEL_DEV_DEVICES_H
#define KERNEL_DEV_DEVICES_H

struct bootinfo;

/* Finds and starts the devices: terminals first, so that what follows can be seen, then disks. In thread context, after vfs_init(). Sleeps. */
void devices_start(const struct bootinfo *info);

#endif

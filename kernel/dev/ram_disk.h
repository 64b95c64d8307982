/* A disk in memory: ram0, the root file system where the loader had to bring it along. */
#ifndef KERNEL_DEV_RAM_DISK_H
#define KERNEL_DEV_RAM_DISK_H

struct bootinfo;

/* Registers it, if the loader gave one. After the other disks, in thread context. Sleeps. */
void ram_disk_init(const struct bootinfo *info);

#endif

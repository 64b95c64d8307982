/*
 * Files that live in memory and on swap only: /tmp, /dev/shm, and the nodes of /dev.
 */
#ifndef KERNEL_FS_TMPFS_H
#define KERNEL_FS_TMPFS_H

#include "kernel/fs/vfs.h"

/* filesystem_type.mount of tmpfs; devfs uses it, too. */
int tmpfs_mount(struct filesystem *filesystem, struct block_device *device, const char *options,
                struct inode **root) must_check;
void tmpfs_unmount(struct filesystem *filesystem);
int tmpfs_statfs(struct filesystem *filesystem, struct linux_statfs *result);
void tmpfs_evict(struct inode *inode);
void tmpfs_free_inode(struct inode *inode);

void tmpfs_init(void);

#endif

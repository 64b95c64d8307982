/*
 * Disks as files: a page cache over each block device.
 *
 * The cache of a device holds what is read through /dev/vda and, for a mounted file system, its metadata. A file's data
 * are not in it but in the file's own object. Opened with O_EXCL, a device is the file's alone until that is closed, among those who ask: block_hold().
 */
#ifndef KERNEL_FS_BLOCKDEV_H
#define KERNEL_FS_BLOCKDEV_H

#include "kernel/dev/block.h"
#include "kernel/fs/vfs.h"

extern const struct file_ops blockdev_file_ops;

/*
 * The object of a device's cached pages, made when first asked for; it lives as long as the device. Null without
 * memory. Sleeps.
 */
struct object *blockdev_object(struct block_device *device) must_check;

#endif

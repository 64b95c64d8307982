/*
 * Mounted file systems.
 *
 * Lock: mount_lock (mutex, RANK_MOUNT) guards the list; where a file system is mounted is part of the dentry tree and
 * under its lock.
 */
#ifndef KERNEL_FS_MOUNT_H
#define KERNEL_FS_MOUNT_H

#include "kernel/fs/vfs.h"

/* The root of everything; set once by vfs_mount_root(). */
extern struct dentry *vfs_root;

/* Visits all mounts, in order, with mount_lock held: `visit` may sleep. */
void mounts_for_each(void (*visit)(struct filesystem *filesystem, void *context), void *context);

/* Visits all registered types. */
void filesystem_types_for_each(void (*visit)(const struct filesystem_type *type, void *context), void *context);

/* The directory a file system is mounted on, as an absolute path in `buffer`. */
char *mount_point_path(struct filesystem *filesystem, char *buffer, size_t size);

/* Changes the flags of a mounted file system (MS_REMOUNT). */
int mount_change(struct dentry *dentry, uint64_t flags) must_check;

#endif

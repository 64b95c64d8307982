/*
 * O_DIRECT: transfers that leave nothing in the cache.
 *
 * They go through pages of the cache for as long as they last, so that they agree with every mapping and every other reader and writer; then these pages
 * are given up, and what was written is on the disk when the call returns. Offset, length and memory are multiples of a sector.
 */
#ifndef KERNEL_FS_DIRECT_IO_H
#define KERNEL_FS_DIRECT_IO_H

#include "kernel/fs/vfs.h"

/* Whether the file may be used so at all: 0, or -EINVAL (tmpfs). */
int direct_check_file(const struct file *file) must_check;

/* Whether a transfer is aligned: 0 or -EINVAL. */
int direct_check(const struct uio *uio, uint64_t offset) must_check;

/* After `count` bytes from `offset` on were moved: what was written goes to the disk, the pages go. 0 or -Exxx. Sleeps. */
int direct_end(struct file *file, uint64_t offset, uint64_t count, bool written) must_check;

#endif

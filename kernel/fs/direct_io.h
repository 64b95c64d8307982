/*
 * O_DIRECT: transfers between the disk and the program's memory that leave nothing in the cache.
 *
 *     read:   pin the memory -> inode lock -> write back what is dirty -> the device moves the bytes -> unlock
 *     write:  the same, and then the cached pages of the range go, from every mapping too: who looks reads the disk
 *
 * The inode's lock keeps the blocks the file's meanwhile. What has no block yet (a hole, bytes behind the end), the bytes of a last, incomplete sector, the
 * kernel's own memory, and writes to disks, whose pages a file system may hold, go through pages of the cache, which are given up at once. Offset,
 * length and memory are multiples of a sector.
 */
#ifndef KERNEL_FS_DIRECT_IO_H
#define KERNEL_FS_DIRECT_IO_H

#include "kernel/fs/vfs.h"

/* Whether the file may be used so at all: 0, or -EINVAL (tmpfs). */
int direct_check_file(const struct file *file) must_check;

/* Whether a transfer is aligned: 0 or -EINVAL. */
int direct_check(const struct uio *uio, uint64_t offset) must_check;

/*
 * Moves bytes from `offset` on without the cache, as far as that can be. Returns the count, which is 0 where the cache is needed, or -Exxx if there is an
 * error before the first byte. Sleeps.
 */
ssize_t direct_transfer(struct file *file, struct uio *uio, uint64_t offset) must_check;

/* After `count` bytes from `offset` on were moved through the cache: what was written goes to the disk, the pages go. 0 or -Exxx. Sleeps. */
int direct_end(struct file *file, uint64_t offset, uint64_t count, bool written) must_check;

#endif

/*
 * Help for readers of directories.
 */
#ifndef KERNEL_FS_DIRECTORY_H
#define KERNEL_FS_DIRECTORY_H

#include "kernel/fs/vfs.h"

/*
 * Emits "." at offset 0 and ".." at offset 1 if *offset is not behind them yet; *offset is then at least 2. False when
 * the reader's buffer is full.
 */
bool directory_emit_dots(struct file *file, uint64_t *offset, directory_emit *emit, void *context);

/* The inode number of the directory above, across mounts. */
uint64_t directory_parent_number(const struct file *file);

/* Calls the file's readdir with the directory's lock held: 0 or -Exxx; -ENOTDIR for other files. */
int directory_read(struct file *file, uint64_t *offset, directory_emit *emit, void *context) must_check;

#endif

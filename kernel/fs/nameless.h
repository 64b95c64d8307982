/*
 * Files without a name and without a file system: eventfd, signalfd, timerfd, epoll.
 */
#ifndef KERNEL_FS_NAMELESS_H
#define KERNEL_FS_NAMELESS_H

#include "kernel/fs/vfs.h"

/*
 * A file of `ops` whose data is `data`, from kmalloc(), which ops->close() frees from now on; `flags` as for open(). Null
 * without memory: then `data` has been freed here.
 */
struct file *nameless_create(const struct file_ops *ops, void *data, uint32_t flags) must_check;

/* Gives the file (null: -ENOMEM) to the running process: its descriptor, or -EMFILE, -ENOMEM and the file is closed. */
int nameless_install(struct file *file, bool close_on_exec) must_check;

#endif

/*
 * Pipes and fifos: up to 64 KB between those who write and those who read.
 */
#ifndef KERNEL_FS_PIPE_H
#define KERNEL_FS_PIPE_H

#include "kernel/fs/vfs.h"

enum { PIPE_CAPACITY = 65536, PIPE_BUF = 4096 };

extern const struct file_ops fifo_file_ops;

/* A pipe's two ends. 0 or -ENOMEM. `flags`: O_NONBLOCK. */
int pipe_create(struct file **read_end, struct file **write_end, uint32_t flags) must_check;

void pipe_init(void);

#endif

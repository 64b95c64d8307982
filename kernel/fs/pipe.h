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

/* --- for splices, which move bytes between pipes and files inside the kernel ------------------------------------------ */

struct pipe;

/* The file's pipe, as long as the file is open; null if it is none. */
struct pipe *pipe_of_file(const struct file *file);

/* Reads and writes as read(2) and write(2) do, but moves only what is there, or fits, once there is something. The count, or -Exxx. */
ssize_t pipe_get(struct pipe *pipe, struct uio *uio, bool nonblocking) must_check;
ssize_t pipe_put(struct pipe *pipe, struct uio *uio, bool nonblocking) must_check;

/* Waits until there is something to read: 1, or 0 at the end, or -EAGAIN, -EINTR. */
int pipe_wait_filled(struct pipe *pipe, bool nonblocking) must_check;
/* Waits until `needed` bytes fit or nobody reads. 0, -EAGAIN, -EINTR, or -EPIPE with the signal sent. */
int pipe_wait_room(struct pipe *pipe, uint32_t needed, bool nonblocking) must_check;
/* How many bytes fit now: a hint. */
uint32_t pipe_room(const struct pipe *pipe);

/*
 * Reserves up to `most` bytes of room and the memory for them, once there is some: how many, or what pipe_wait_room() says, or -ENOMEM. Who writes has
 * only what is left until pipe_put_reserved(), which fills in the uio's bytes, kernel memory and not more than was reserved, behind what came meanwhile,
 * without waiting, and gives back the rest. The count: all of them.
 */
int pipe_reserve(struct pipe *pipe, uint32_t most, bool nonblocking) must_check;
ssize_t pipe_put_reserved(struct pipe *pipe, struct uio *uio, uint32_t reserved) must_check;

/*
 * Lends all bytes that are in the pipe to the caller, once there are some: how many, or 0 at the end, or -EAGAIN, -EINTR. Who reads waits
 * until pipe_return() says how many of them, from the first on, have been used up; the others are still in the pipe then.
 */
int pipe_lend(struct pipe *pipe, bool nonblocking) must_check;
/* Where byte `at` of those lent is; *length is cut to how many follow it there. */
void *pipe_lent_bytes(struct pipe *pipe, uint32_t at, uint32_t *length);
void pipe_return(struct pipe *pipe, uint32_t used);
/* Waits until nothing is lent. 0, or, if something is, -EAGAIN at once, -EINTR. */
int pipe_wait_return(struct pipe *pipe, bool nonblocking) must_check;

void pipe_init(void);

#endif

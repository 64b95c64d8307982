/*
 * epoll: a set of files to be watched, kept in the kernel, that knows on which of them something has happened.
 *
 *      epoll A ---- items ----+----------+                     file->watched: the items that watch the file
 *        |                    |          |
 *        | ready: item <------|--> item  item ---> epoll B ---- items ---> ...
 *        |                    v                      (an epoll may watch epolls: no circle, 5 in a row at most)
 *        wait               file (pipe, terminal, eventfd ...): its wait queues call item_woken()
 *
 * An item listens on the wait queues of its file. A wake-up there puts it on its epoll's ready list, in whatever context,
 * and wakes who waits for the epoll and, through the epolls that watch it, for those. Harvesting takes each item off the list
 * and asks the file what holds now; what holds is reported and, if the item is level-triggered, stays listed. So an
 * edge-triggered item comes back only with the next wake-up; a EPOLLONESHOT one not before EPOLL_CTL_MOD. Of a file with two queues, for
 * those who read and those who write, a wake-up of one makes no edge for the other.
 *
 * The events go to the program's memory under the mutex, but only where that is mapped and writable: else the harvest ends, the memory is
 * brought in without the lock, and the next one begins.
 *
 * An item refers to its file without a reference: the file's end removes it (epoll_file_ends()), not the closing of one of
 * several descriptors of it, as in Linux (epoll(7)).
 *
 * Locks: one mutex (RANK_EPOLL) guards all sets, and is held while files are asked; one spin lock (RANK_EPOLL_READY) the
 * ready lists, the items' events, and file->watched, of which the last two are written under both. They are for all epolls
 * together, as a wake-up may go through several.
 *
 * Source: epoll(7), epoll_ctl(2), epoll_wait(2).
 */
#ifndef KERNEL_FS_EPOLL_H
#define KERNEL_FS_EPOLL_H

#include "kernel/abi/epoll.h"
#include "kernel/types.h"

struct file;
struct epoll;

/* A new, empty epoll as a file; null without memory. */
struct file *epoll_create(void) must_check;

/* The epoll that `file` is, or null. */
struct epoll *epoll_of(const struct file *file);

/*
 * EPOLL_CTL_ADD, MOD and DEL of `file` as descriptor `fd`; `event` null for DEL. 0, -EEXIST, -ENOENT, -ENOMEM, -EINVAL (one
 * added with EPOLLEXCLUSIVE is not modified), -ELOOP. The caller holds references to both files. Sleeps.
 */
int epoll_add(struct epoll *epoll, struct file *file, int fd, const struct linux_epoll_event *event) must_check;
int epoll_modify(struct epoll *epoll, struct file *file, int fd, const struct linux_epoll_event *event) must_check;
int epoll_remove(struct epoll *epoll, struct file *file, int fd) must_check;

/*
 * Writes up to `most` events to the program's array `to`, and waits for the first until `deadline` (as wait_sleep(); 0: for
 * ever), or, with `immediately`, not at all. Their count, -EINTR, or -EFAULT: then none is lost. Sleeps.
 */
long epoll_wait(struct epoll *epoll, vaddr_t to, int most, uint64_t deadline, bool immediately) must_check;

/* The last reference to a watched file has gone: no epoll watches it any more. Sleeps. */
void epoll_file_ends(struct file *file);

void epoll_init(void);

#endif

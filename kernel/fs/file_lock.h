/*
 * Advisory locks: POSIX's byte ranges (fcntl) and BSD's whole files (flock).
 *
 * Lock: the inode's, for its list.
 */
#ifndef KERNEL_FS_FILE_LOCK_H
#define KERNEL_FS_FILE_LOCK_H

#include "kernel/fs/vfs.h"

struct file_locks;

enum file_lock_kind { FILE_LOCK_RANGE, FILE_LOCK_WHOLE }; /* they do not see each other */

/* A lock wanted or held. [start, end], end included. */
struct file_lock {
    struct list link;
    enum file_lock_kind kind;
    int type; /* F_RDLCK, F_WRLCK, F_UNLCK */
    uint64_t start, end;
    const void *owner; /* a descriptor table, or an open file */
    pid_t pid;
};

/*
 * Takes, changes or (F_UNLCK) gives up locks of wanted->owner. With `wait`, sleeps until there is no conflict. 0,
 * -EAGAIN, -EINTR, -ENOLCK.
 */
int file_lock_set(struct inode *inode, const struct file_lock *wanted, bool wait) must_check;

/* The first lock that conflicts with *wanted, copied over it; else its type becomes F_UNLCK. */
void file_lock_test(struct inode *inode, struct file_lock *wanted);

/* Gives up every lock of `owner`. */
void file_locks_release_owner(struct inode *inode, const void *owner);

/* The inode ends. */
void file_locks_destroy(struct file_locks *locks);

#endif

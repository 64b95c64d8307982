/*
 * A descriptor table: small integers to open files, with the close-on-exec bit of each.
 *
 * Lock: `lock` (spin, RANK_FILES). files_get() takes a reference to the file, so a close in another thread does no
 * harm.
 */
#ifndef KERNEL_FS_FILES_H
#define KERNEL_FS_FILES_H

#include <stdatomic.h>

#include "kernel/fs/vfs.h"
#include "kernel/lock.h"
#include "kernel/types.h"

struct file;

enum { FILES_INLINE = 32 }; /* descriptors without an allocation */

struct files {
    _Atomic uint32_t references;
    struct spinlock lock;
    struct file **slots;     /* inline_slots, or from kmalloc */
    uint64_t *close_on_exec; /* bit per descriptor */
    unsigned capacity;       /* a multiple of 32 */
    unsigned first_free;     /* no free slot below */
    uint64_t inline_close_on_exec;
    struct file *inline_slots[FILES_INLINE];
};

struct files *files_create(void) must_check;
struct files *files_copy(struct files *from) must_check; /* fork */
void files_put(struct files *files);                     /* closes all with the last reference; sleeps */
void files_close_on_exec(struct files *files);

/* The running process's file behind `fd`, referenced, or null. */
struct file *files_get(int fd);
/* The same for what a descriptor of O_PATH does not allow: null for that, too. */
struct file *files_get_opened(int fd);
/* The first of any table. */
struct file *files_get_from(struct files *files, int fd);

/*
 * The file for the length of one system call; null: none. Nobody but the running thread can close a descriptor of a
 * table that is not shared, so then no reference is taken. files_return() ends the use.
 */
struct file *files_borrow(int fd, bool *referenced);
static inline void files_return(struct file *file, bool referenced)
{
    if (referenced)
        file_put(file);
}

/*
 * Puts `file` (its reference is taken over) into the lowest free descriptor >= minimum: the number, -EMFILE or -ENOMEM
 * (then the reference stays the caller's).
 */
int files_install(struct file *file, int minimum, bool close_on_exec) must_check;
/* dup2: replaces what is there. The number, -EBADF if `fd` is over the limit, -ENOMEM. */
int files_install_at(struct file *file, int fd, bool close_on_exec) must_check;
int files_close(int fd) must_check;

/* The close-on-exec bit: 0 or 1, or -EBADF. */
int files_get_close_on_exec(int fd) must_check;
int files_set_close_on_exec(int fd, bool on) must_check;

/* Closes, or marks close-on-exec, all of the running process's descriptors in [first, last]. */
void files_close_range(unsigned first, unsigned last, bool mark_only);

/* Whether a descriptor >= *fd is in use; the lowest such one in *fd. For /proc/PID/fd. */
bool files_next(struct files *files, unsigned *fd);

#endif

/*
 * A descriptor table: small integers to open files, with the close-on-exec bit of each.
 *
 * Lock: `lock` (spin, RANK_FILES). files_get() takes a reference to the file, so a close in another thread does no harm.
 */
#ifndef KERNEL_FS_FILES_H
#define KERNEL_FS_FILES_H

#include <stdatomic.h>

#include "kernel/lock.h"
#include "kernel/types.h"

struct file;

struct files {
    _Atomic uint32_t references;
    struct spinlock lock;
    struct file **slots;
    uint64_t *close_on_exec; /* bit per descriptor */
    unsigned capacity;
    unsigned first_free;     /* no free slot below */
};

struct files *files_create(void) must_check;
struct files *files_copy(struct files *from) must_check; /* fork */
void files_put(struct files *files);                     /* closes all with the last reference; sleeps */
void files_close_on_exec(struct files *files);

/* The running process's file behind `fd`, referenced, or null. */
struct file *files_get(int fd);
/* Puts `file` (its reference is taken over) into the lowest free descriptor >= minimum: the number, -EMFILE or -ENOMEM (then the reference stays the caller's). */
int files_install(struct file *file, int minimum, bool close_on_exec) must_check;
/* dup2: replaces what is there. */
int files_install_at(struct file *file, int fd, bool close_on_exec) must_check;
int files_close(int fd) must_check;

#endif

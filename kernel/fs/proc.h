/*
 * /proc: files whose contents are produced when they are read.
 *
 * Whoever has something to show registers a producer at start-up: for the whole machine under a path below /proc
 * ("meminfo", "sys/vm/check"; directories on the way come into being by themselves), or for each process under a name
 * below /proc/PID ("maps").
 *
 * Producers run in the reader's thread and may sleep; they get text to append to. A file that can be written has a
 * `store` function that is given what one write() call wrote, NUL-terminated without its last newline. Registration
 * happens before the first program runs, so the tables need no lock.
 */
#ifndef KERNEL_FS_PROC_H
#define KERNEL_FS_PROC_H

#include "kernel/fs/text.h"
#include "kernel/types.h"

struct file_ops;
struct aspace;
struct process;
struct uio;

typedef void proc_show(struct text *text);
typedef int proc_store(const char *value, size_t length); /* 0 or -Exxx */
typedef void proc_show_process(struct process *process, struct text *text);
typedef int proc_store_process(struct process *process, const char *value, size_t length);
/*
 * For large binary files about memory (pagemap): bytes from `offset` on; the count, 0 at the end, or -Exxx. The address space, which is referenced,
 * is the one the process had when the file was opened, emptied perhaps since. `privileged`: root has opened the file, whoever reads it now.
 */
typedef ssize_t proc_read_process(struct aspace *aspace, struct uio *uio, uint64_t offset, bool privileged);

/* `path` is kept. Either function may be null: the file is then write-only or read-only. */
void proc_register(const char *path, proc_show *show, proc_store *store);

/*
 * A number that programs may set: shown and written in decimal. `which` tells an owner's numbers apart; set() is given values within the bounds only,
 * and may refuse what does not fit the owner's other numbers.
 */
struct proc_number {
    const char *path;
    uint64_t (*get)(unsigned which);
    int (*set)(unsigned which, uint64_t value); /* 0 or -Exxx */
    unsigned which;
    uint64_t least, most;
};

/* `number` is kept. A write of anything but one number within the bounds, without leading zeros, is -EINVAL. */
void proc_register_number(const struct proc_number *number);

/* A file of the machine that is more than text: read only, by these operations. Both are kept. */
void proc_register_file(const char *path, const struct file_ops *ops);

/*
 * `name` is kept. The process is referenced while the producer runs; its aspace is null when it is a zombie or a kernel
 * thread.
 */
void proc_register_process(const char *name, proc_show_process *show);
/* One that the process's user may write. */
void proc_register_process_settable(const char *name, proc_show_process *show, proc_store_process *store);
/* Only who may look into the process (process_may_look()) can open it. */
void proc_register_process_binary(const char *name, proc_read_process *read);

/* Registers what kernel/fs itself shows, and the file system type. */
void proc_init(void);

#endif

/* Files of /proc for tests: their producers, called as a reader's open and read would have them called. */
#ifndef TESTS_KERNEL_PROC_TEXT_H
#define TESTS_KERNEL_PROC_TEXT_H

#include "kernel/fs/proc.h"
#include "kernel/fs/proc_inode.h"

/* What the file of that path below /proc shows, ended by NUL; expects that there is one. For text_release(). */
struct text proc_text(const char *path);

/* The same for the file `name` of a process, which may be one that only has an address space. */
struct text proc_text_of(struct process *process, const char *name);

/* What a write to the file comes to: 0 or -Exxx. */
int proc_text_store(const char *path, const char *value);

/* The entries behind it. */
const struct proc_entry *proc_entry_find(const char *path);
const struct proc_process_entry *proc_process_entry_find(const char *name);

/* The number behind the first line that begins with `name`, decimal; UINT64_MAX if there is no such line. */
uint64_t text_number(const struct text *text, const char *name);

/* The same of a file of the machine. */
uint64_t proc_text_number(const char *path, const char *name);

/* How often `part` is in it. */
unsigned text_count(const struct text *text, const char *part);

#endif

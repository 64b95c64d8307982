/*
 * The tables of registered files of /proc: filled at start-up, then only read.
 */
#ifndef KERNEL_FS_PROC_TABLE_H
#define KERNEL_FS_PROC_TABLE_H

#include "kernel/fs/proc_inode.h"

enum { PROC_ENTRIES_MAX = 96, PROC_PROCESS_ENTRIES_MAX = 32 };

extern struct proc_entry proc_entries[PROC_ENTRIES_MAX];
extern unsigned proc_entry_count;
extern struct proc_process_entry proc_process_entries[PROC_PROCESS_ENTRIES_MAX];
extern unsigned proc_process_entry_count;

#endif

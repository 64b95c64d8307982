/*
 * Pseudo-terminals: a terminal (the slave, /dev/pts/N) whose device is a program that has /dev/ptmx open (the master). What the program writes to the
 * master is typed on the slave; what is written to the slave, the program reads.
 */
#ifndef KERNEL_DEV_PTY_H
#define KERNEL_DEV_PTY_H

#include "kernel/types.h"

enum { PTYS_MAX = 32, PTY_SLAVE_MAJOR = 136, PTY_MASTER_MINOR = 2 };

/* Makes /dev/ptmx. After vfs_init(). */
void pty_init(void);

/* Whether the master of pair `index` is open; then *uid and *gid are those of who opened it. For /dev/pts. */
bool pty_exists(unsigned index, uint32_t *uid, uint32_t *gid);

#endif

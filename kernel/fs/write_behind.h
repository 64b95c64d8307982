/*
 * Write-behind (L29): when modified pages leave by themselves.
 *
 *     by age       what has been dirty for dirty_expire_centisecs; looked at every dirty_writeback_centisecs
 *     by amount    every dirty page, as soon as dirty_background_ratio percent of memory are dirty; without a commit or a flush
 *     throttled    from dirty_ratio percent on, those that are being written among them, who writes waits for the disk
 *
 * The four are settable in /proc/sys/vm, under Linux's names. With dirty_writeback_centisecs 0 nobody looks at ages but beside a look by amount: what was
 * written by amount is committed by the next such look that finds it old, by who fills the journal, or by who asks for it (sync, fsync, umount).
 */
#ifndef KERNEL_FS_WRITE_BEHIND_H
#define KERNEL_FS_WRITE_BEHIND_H

#include "mm/object.h"

/*
 * `object` was written to: has the thread write if much is dirty, and writes the object if too much is. 0 or its error.
 * Sleeps.
 */
int write_behind_throttle(struct object *object) must_check;

/*
 * Writes everything; from now on nothing is written, or read for that, by age (dirty_writeback_centisecs is 0). Sleeps.
 */
void write_behind_rest(void);

/* Registers the settings; starts the thread. */
void write_behind_register(void);
void write_behind_start(void);

#endif

/*
 * process_vm_readv and process_vm_writev: copies between the caller's memory and another process's, by way of a page of the kernel's.
 */
#ifndef MM_PROCESS_VM_H
#define MM_PROCESS_VM_H

#include "kernel/uio.h"

struct aspace;

/*
 * Moves bytes between `local` and the segments of `target`, in the direction local->into says, until one side ends or a page cannot be had. Returns how
 * many, whole pages of a segment before the bad one included; -EFAULT if the first could not be had, -ENOMEM. Sleeps.
 */
ssize_t process_vm_copy(struct aspace *target, struct uio *local, const struct uio_segment *remote,
                        unsigned count) must_check;

#endif

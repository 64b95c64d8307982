/*
 * The vDSO: a small ELF shared object that exec maps into every program, so that asking for the time or the CPU needs no system
 * call. C libraries find it by the auxiliary vector (AT_SYSINFO_EHDR) and its functions by name, as in Linux (vdso(7)).
 *
 *     area      [ image: ELF header, symbols, code (kernel/vdso/) | struct vdso_data ]      read, execute; shared by all
 *     address   vdso_map()'s result                                 + VDSO_DATA
 *
 * Both are pages of one shared-memory object, pinned for good. Only the kernel writes, through the direct map.
 */
#ifndef KERNEL_VDSO_H
#define KERNEL_VDSO_H

#include "kernel/types.h"

struct aspace;

enum { VDSO_DATA = 4096, VDSO_SIZE = 8192 };

/* What the functions compute with. `realtime_offset` alone changes, in one piece; so readers need no sequence number. */
struct vdso_data {
    uint64_t tsc_start, tsc_to_ns; /* monotonic ns = (TSC - tsc_start) * tsc_to_ns >> 32 */
    uint64_t realtime_offset;      /* realtime = monotonic + this, modulo 2^64 */
};

/* Maps it somewhere below `aspace->mmap_top`: *at its address. 0 or -ENOMEM. */
int vdso_map(struct aspace *aspace, vaddr_t *at) must_check;

/* The time of day has been set. */
void vdso_update(void);

/* Once, after the first processes' memory can be made. Without memory there is none, and programs use system calls. */
void vdso_init(void);

#endif

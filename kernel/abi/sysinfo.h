/* sysinfo(2), in Linux's system-call interface. */
#ifndef KERNEL_ABI_SYSINFO_H
#define KERNEL_ABI_SYSINFO_H

#include "kernel/types.h"

struct linux_sysinfo {
    int64_t uptime;                                               /* seconds */
    uint64_t loads[3];                                            /* 16 fraction bits */
    uint64_t total, free, shared, buffers, swap_total, swap_free; /* in units of `unit` bytes */
    uint16_t processes;
    uint16_t padding;
    uint64_t high_total, high_free;
    uint32_t unit;
};
_Static_assert(sizeof(struct linux_sysinfo) == 112, "ABI");

#endif

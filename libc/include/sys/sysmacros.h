/* Device numbers, in Linux's encoding. */
#ifndef CLOCKHAND_SYS_SYSMACROS_H
#define CLOCKHAND_SYS_SYSMACROS_H

#include <sys/types.h>

static inline unsigned major(dev_t device)
{
    return (unsigned)((device >> 8 & 0xfff) | (device >> 32 & ~0xfffUL));
}

static inline unsigned minor(dev_t device)
{
    return (unsigned)((device & 0xff) | (device >> 12 & ~0xffUL));
}

static inline dev_t makedev(unsigned major_number, unsigned minor_number)
{
    return (dev_t)(minor_number & 0xff) | (dev_t)(major_number & 0xfff) << 8 | (dev_t)(minor_number & ~0xffU) << 12 |
           (dev_t)(major_number & ~0xfffU) << 32;
}

#endif

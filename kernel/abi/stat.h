/*
 * File modes and the structures in which attributes are handed out: Linux's x86-64 system-call interface.
 */
#ifndef KERNEL_ABI_STAT_H
#define KERNEL_ABI_STAT_H

#include "kernel/abi/time.h"
#include "kernel/types.h"

enum file_mode {
    S_IFMT = 0170000,
    S_IFSOCK = 0140000,
    S_IFLNK = 0120000,
    S_IFREG = 0100000,
    S_IFBLK = 0060000,
    S_IFDIR = 0040000,
    S_IFCHR = 0020000,
    S_IFIFO = 0010000,
    S_ISUID = 04000,
    S_ISGID = 02000,
    S_ISVTX = 01000,
    S_PERMISSIONS = 07777,
};

static inline bool mode_is(uint32_t mode, uint32_t type)
{
    return (mode & S_IFMT) == type;
}

enum { UTIME_NOW = 0x3fffffff, UTIME_OMIT = 0x3ffffffe };

struct linux_stat {
    uint64_t device;
    uint64_t inode;
    uint64_t links;
    uint32_t mode;
    uint32_t uid;
    uint32_t gid;
    uint32_t padding;
    uint64_t special_device;
    int64_t size;
    int64_t block_size;
    int64_t blocks; /* of 512 bytes */
    struct linux_timespec accessed, modified, changed;
    int64_t reserved[3];
};
_Static_assert(sizeof(struct linux_stat) == 144, "ABI");

struct linux_statx_time {
    int64_t seconds;
    uint32_t nanoseconds;
    int32_t reserved;
};

struct linux_statx {
    uint32_t mask;
    uint32_t block_size;
    uint64_t attributes;
    uint32_t links;
    uint32_t uid, gid;
    uint16_t mode, padding;
    uint64_t inode;
    uint64_t size;
    uint64_t blocks;
    uint64_t attributes_mask;
    struct linux_statx_time accessed, born, changed, modified;
    uint32_t special_major, special_minor;
    uint32_t device_major, device_minor;
    uint64_t mount_id;
    uint64_t reserved[13];
};
_Static_assert(sizeof(struct linux_statx) == 256, "ABI");

enum { STATX_BASIC_STATS = 0x7ff };

/* Device numbers in the 64-bit form stat uses. */
static inline uint64_t device_make(uint32_t major, uint32_t minor)
{
    return (uint64_t)(minor & 0xff) | (uint64_t)(major & 0xfff) << 8 | (uint64_t)(minor & ~0xffu) << 12 |
           (uint64_t)(major & ~0xfffu) << 32;
}

static inline uint32_t device_major(uint64_t device)
{
    return (uint32_t)(device >> 8 & 0xfff) | (uint32_t)(device >> 32 & ~0xfffULL);
}

static inline uint32_t device_minor(uint64_t device)
{
    return (uint32_t)(device & 0xff) | (uint32_t)(device >> 12 & ~0xffULL);
}

#endif

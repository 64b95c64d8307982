/*
 * Mounts and what statfs tells of them: Linux's x86-64 system-call interface.
 */
#ifndef KERNEL_ABI_STATFS_H
#define KERNEL_ABI_STATFS_H

#include "kernel/types.h"

struct linux_statfs {
    int64_t type;
    int64_t block_size;
    uint64_t blocks, blocks_free, blocks_available;
    uint64_t files, files_free;
    int32_t id[2];
    int64_t name_max;
    int64_t fragment_size;
    int64_t flags;
    int64_t spare[4];
};
_Static_assert(sizeof(struct linux_statfs) == 120, "ABI");

enum statfs_type {
    STATFS_EXT2 = 0xef53,
    STATFS_TMPFS = 0x01021994,
    STATFS_PROC = 0x9fa0,
    STATFS_PIPE = 0x50495045,
    STATFS_DEVPTS = 0x1cd1,
};

enum mount_flags {
    MS_RDONLY = 1,
    MS_NOSUID = 2,
    MS_NODEV = 4,
    MS_NOEXEC = 8,
    MS_SYNCHRONOUS = 16,
    MS_REMOUNT = 32,
    MS_NOATIME = 1024,
    MS_NODIRATIME = 2048,
    MS_BIND = 4096,
    MS_MOVE = 8192,
    MS_SILENT = 32768,
    MS_RELATIME = 1 << 21,
    MS_STRICTATIME = 1 << 24,
};

enum { MNT_FORCE = 1, MNT_DETACH = 2, UMOUNT_NOFOLLOW = 8 };

#endif

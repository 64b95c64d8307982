/* Free space of file systems, as Linux reports it. */
#ifndef CLOCKHAND_SYS_STATFS_H
#define CLOCKHAND_SYS_STATFS_H

#include <sys/types.h>

struct statfs {
    long f_type;
    long f_bsize;
    fsblkcnt_t f_blocks;
    fsblkcnt_t f_bfree;
    fsblkcnt_t f_bavail;
    fsfilcnt_t f_files;
    fsfilcnt_t f_ffree;
    int f_fsid[2];
    long f_namelen;
    long f_frsize;
    long f_flags;
    long f_spare[4];
};

int statfs(const char *path, struct statfs *status);
int fstatfs(int descriptor, struct statfs *status);

#endif

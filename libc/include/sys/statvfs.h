/* Free space of file systems, as POSIX has it. */
#ifndef CLOCKHAND_SYS_STATVFS_H
#define CLOCKHAND_SYS_STATVFS_H

#include <sys/types.h>

struct statvfs {
    unsigned long f_bsize;
    unsigned long f_frsize;
    fsblkcnt_t f_blocks;
    fsblkcnt_t f_bfree;
    fsblkcnt_t f_bavail;
    fsfilcnt_t f_files;
    fsfilcnt_t f_ffree;
    fsfilcnt_t f_favail;
    unsigned long f_fsid;
    unsigned long f_flag;
    unsigned long f_namemax;
    int reserved[6];
};

_Static_assert(sizeof(struct statvfs) == 112, "what a packaged statvfs() writes");

#define ST_RDONLY 1
#define ST_NOSUID 2

int statvfs(const char *restrict path, struct statvfs *restrict status);
int fstatvfs(int descriptor, struct statvfs *status);

#endif

/* Walking over a tree of files. From musl's package, see libc/packaged.sh. */
#ifndef CLOCKHAND_FTW_H
#define CLOCKHAND_FTW_H

#include <sys/stat.h>

/* What is called for each: a file, a folder, one that cannot be read, without a status, a link, a folder after what is in it. */
#define FTW_F 1
#define FTW_D 2
#define FTW_DNR 3
#define FTW_NS 4
#define FTW_SL 5
#define FTW_DP 6
#define FTW_SLN 7

#define FTW_PHYS 1
#define FTW_MOUNT 2
#define FTW_CHDIR 4
#define FTW_DEPTH 8

struct FTW {
    int base; /* where the name begins in the path */
    int level;
};

int ftw(const char *path, int (*visit)(const char *, const struct stat *, int), int descriptors);
int nftw(const char *path, int (*visit)(const char *, const struct stat *, int, struct FTW *), int descriptors,
         int flags);

#endif

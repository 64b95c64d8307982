/* A file's times, in seconds. */
#ifndef CLOCKHAND_UTIME_H
#define CLOCKHAND_UTIME_H

#include <sys/types.h>

struct utimbuf {
    time_t actime;
    time_t modtime;
};

int utime(const char *path, const struct utimbuf *times);

#endif

/* The paths that match a pattern. From musl's package, see libc/packaged.sh. */
#ifndef CLOCKHAND_GLOB_H
#define CLOCKHAND_GLOB_H

#include <stddef.h>

typedef struct {
    size_t gl_pathc;
    char **gl_pathv;
    size_t gl_offs; /* empty places in front, with GLOB_DOOFFS */
    int unused;
    void *more[5];
} glob_t;

#define GLOB_ERR 0x01
#define GLOB_MARK 0x02
#define GLOB_NOSORT 0x04
#define GLOB_DOOFFS 0x08
#define GLOB_NOCHECK 0x10
#define GLOB_APPEND 0x20
#define GLOB_NOESCAPE 0x40
#define GLOB_PERIOD 0x80
#define GLOB_TILDE 0x1000
#define GLOB_TILDE_CHECK 0x4000

#define GLOB_NOSPACE 1
#define GLOB_ABORTED 2
#define GLOB_NOMATCH 3

int glob(const char *restrict pattern, int flags, int (*failed)(const char *path, int error), glob_t *restrict found);
void globfree(glob_t *found);

#endif

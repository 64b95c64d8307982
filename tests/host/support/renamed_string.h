/*
 * libc/string.c under other names: ck_* as programs get it, kernel_* (the functions that use chunks) as the kernel does.
 * The header libc/include/string.h is read once, before the renaming, so that its declarations stay the host's.
 */
#ifndef TESTS_HOST_RENAMED_STRING_H
#define TESTS_HOST_RENAMED_STRING_H

#include <stddef.h>
#include <stdint.h>

#include "libc/include/string.h"

#define NAME_LIST(prefix)                                                                                              \
    void *prefix##memcpy(void *restrict, const void *restrict, size_t);                                                \
    void *prefix##memmove(void *, const void *, size_t);                                                               \
    void *prefix##memset(void *, int, size_t);                                                                         \
    int prefix##memcmp(const void *, const void *, size_t);                                                            \
    void *prefix##memchr(const void *, int, size_t);                                                                   \
    size_t prefix##strlen(const char *);                                                                               \
    size_t prefix##strnlen(const char *, size_t);                                                                      \
    int prefix##strcmp(const char *, const char *);                                                                    \
    int prefix##strncmp(const char *, const char *, size_t);                                                           \
    char *prefix##strchr(const char *, int);                                                                           \
    char *prefix##strrchr(const char *, int);                                                                          \
    char *prefix##strstr(const char *, const char *);                                                                  \
    char *prefix##strcpy(char *restrict, const char *restrict);                                                        \
    char *prefix##strncpy(char *restrict, const char *restrict, size_t);                                               \
    size_t prefix##strlcpy(char *restrict, const char *restrict, size_t);                                              \
    size_t prefix##strlcat(char *restrict, const char *restrict, size_t);                                              \
    char *prefix##strcat(char *restrict, const char *restrict)

NAME_LIST(ck_);
NAME_LIST(kernel_);

#endif

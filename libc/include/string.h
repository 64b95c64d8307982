/*
 * Memory and character strings.  This is the one declaration of these functions for everybody: programs write
 * `#include <string.h>`, the kernel writes `#include "libc/string.h"`, which leads here.  The first group is compiled into the
 * kernel as well (libc/string.c); the second belongs to programs only.
 */
#ifndef CLOCKHAND_STRING_H
#define CLOCKHAND_STRING_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t length);
void *memmove(void *to, const void *from, size_t length);
void *memset(void *to, int byte, size_t length);
int memcmp(const void *left, const void *right, size_t length);
void *memchr(const void *memory, int byte, size_t length);
size_t strlen(const char *text);
size_t strnlen(const char *text, size_t limit);
int strcmp(const char *left, const char *right);
int strncmp(const char *left, const char *right, size_t limit);
char *strchr(const char *text, int character);
char *strrchr(const char *text, int character);
char *strstr(const char *text, const char *wanted);
char *strcpy(char *restrict to, const char *restrict from);
char *strncpy(char *restrict to, const char *restrict from, size_t size);
/* Copies what fits and always terminates; returns the length of `from`, so that a result >= size means "cut". */
size_t strlcpy(char *restrict to, const char *restrict from, size_t size);
size_t strlcat(char *restrict to, const char *restrict from, size_t size);
char *strcat(char *restrict to, const char *restrict from);

#ifndef CLOCKHAND_KERNEL
char *strncat(char *restrict to, const char *restrict from, size_t limit);
char *stpcpy(char *restrict to, const char *restrict from);
char *stpncpy(char *restrict to, const char *restrict from, size_t size);
void *mempcpy(void *restrict to, const void *restrict from, size_t length);
void *memccpy(void *restrict to, const void *restrict from, int byte, size_t length);
void *memrchr(const void *memory, int byte, size_t length);
void *memmem(const void *memory, size_t length, const void *wanted, size_t wanted_length);
char *strchrnul(const char *text, int character);
size_t strspn(const char *text, const char *accepted);
size_t strcspn(const char *text, const char *rejected);
char *strpbrk(const char *text, const char *accepted);
char *strtok(char *restrict text, const char *restrict separators);
char *strtok_r(char *restrict text, const char *restrict separators, char **restrict rest);
char *strsep(char **text, const char *separators);
char *strdup(const char *text);
char *strndup(const char *text, size_t limit);
char *strcasestr(const char *text, const char *wanted);
int strcoll(const char *left, const char *right);
size_t strxfrm(char *restrict to, const char *restrict from, size_t size);
char *strerror(int error);
int strerror_r(int error, char *buffer, size_t size);
char *strsignal(int number);
#include <strings.h>
#endif

/* As the ones without a locale: there is one. Host headers may have the same type. */
typedef struct __locale_struct *locale_t;
int strcoll_l(const char *a, const char *b, locale_t locale);
size_t strxfrm_l(char *restrict to, const char *restrict from, size_t size, locale_t locale);
char *strerror_l(int error, locale_t locale);

#endif

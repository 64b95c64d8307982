/* Strings without regard to case, and the old Berkeley names. */
#ifndef CLOCKHAND_STRINGS_H
#define CLOCKHAND_STRINGS_H

#include <stddef.h>

int strcasecmp(const char *left, const char *right);
int strncasecmp(const char *left, const char *right, size_t limit);
int ffs(int word);
int ffsl(long word);
int ffsll(long long word);
int bcmp(const void *left, const void *right, size_t length);
void bcopy(const void *from, void *to, size_t length);
void bzero(void *to, size_t length);
char *index(const char *text, int character);
char *rindex(const char *text, int character);

/* As the ones without a locale: there is one. Host headers may have the same type. */
typedef struct __locale_struct *locale_t;
int strcasecmp_l(const char *a, const char *b, locale_t locale);
int strncasecmp_l(const char *a, const char *b, size_t length, locale_t locale);

#endif

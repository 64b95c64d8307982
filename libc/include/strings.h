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

#endif

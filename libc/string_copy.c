/* Copying strings, with and without new memory; the parts of <string.h> only programs use. */
#include <stdlib.h>
#include <string.h>

char *strncat(char *restrict to, const char *restrict from, size_t limit)
{
    size_t used = strlen(to), length = strnlen(from, limit);

    memcpy(to + used, from, length);
    to[used + length] = 0;
    return to;
}

char *stpcpy(char *restrict to, const char *restrict from)
{
    size_t length = strlen(from);

    memcpy(to, from, length + 1);
    return to + length;
}

char *stpncpy(char *restrict to, const char *restrict from, size_t size)
{
    size_t length = strnlen(from, size);

    memcpy(to, from, length);
    memset(to + length, 0, size - length);
    return to + length;
}

void *mempcpy(void *restrict to, const void *restrict from, size_t length)
{
    return (char *)memcpy(to, from, length) + length;
}

void *memccpy(void *restrict to, const void *restrict from, int byte, size_t length)
{
    const char *end = memchr(from, byte, length);
    size_t copied = end ? (size_t)(end - (const char *)from) + 1 : length;

    memcpy(to, from, copied);
    return end ? (char *)to + copied : NULL;
}

char *strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);

    return copy ? memcpy(copy, text, size) : NULL;
}

char *strndup(const char *text, size_t limit)
{
    size_t length = strnlen(text, limit);
    char *copy = malloc(length + 1);

    if (!copy)
        return NULL;
    memcpy(copy, text, length);
    copy[length] = 0;
    return copy;
}

int strcoll(const char *left, const char *right)
{
    return strcmp(left, right);
}

size_t strxfrm(char *restrict to, const char *restrict from, size_t size)
{
    return strlcpy(to, from, size);
}

int bcmp(const void *left, const void *right, size_t length)
{
    return memcmp(left, right, length);
}

void bcopy(const void *from, void *to, size_t length)
{
    memmove(to, from, length);
}

void bzero(void *to, size_t length)
{
    memset(to, 0, length);
}

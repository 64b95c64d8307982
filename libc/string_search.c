/* Searching and splitting strings; the parts of <string.h> only programs use. */
#include <ctype.h>
#include <stdint.h>
#include <string.h>

/* One bit for each possible byte. */
struct byte_set {
    uint64_t bits[4];
};

static struct byte_set set_of(const char *bytes)
{
    struct byte_set set = {{0}};

    for (; *bytes; bytes++)
        set.bits[(unsigned char)*bytes / 64] |= (uint64_t)1 << (unsigned char)*bytes % 64;
    return set;
}

static inline int set_has(const struct byte_set *set, char byte)
{
    return (int)(set->bits[(unsigned char)byte / 64] >> (unsigned char)byte % 64 & 1);
}

size_t strspn(const char *text, const char *accepted)
{
    struct byte_set set = set_of(accepted);
    size_t length = 0;

    while (text[length] && set_has(&set, text[length]))
        length++;
    return length;
}

size_t strcspn(const char *text, const char *rejected)
{
    struct byte_set set = set_of(rejected);
    size_t length = 0;

    while (text[length] && !set_has(&set, text[length]))
        length++;
    return length;
}

char *strpbrk(const char *text, const char *accepted)
{
    text += strcspn(text, accepted);
    return *text ? (char *)text : NULL;
}

char *strchrnul(const char *text, int character)
{
    while (*text && *text != (char)character)
        text++;
    return (char *)text;
}

char *strtok_r(char *restrict text, const char *restrict separators, char **restrict rest)
{
    if (!text)
        text = *rest;
    if (!text)
        return NULL;
    text += strspn(text, separators);
    if (!*text) {
        *rest = NULL;
        return NULL;
    }
    char *end = text + strcspn(text, separators);
    *rest = *end ? end + 1 : NULL;
    *end = 0;
    return text;
}

char *strtok(char *restrict text, const char *restrict separators)
{
    static char *rest;

    return strtok_r(text, separators, &rest);
}

char *strsep(char **text, const char *separators)
{
    char *start = *text;

    if (!start)
        return NULL;
    char *end = start + strcspn(start, separators);
    *text = *end ? end + 1 : NULL;
    *end = 0;
    return start;
}

void *memrchr(const void *memory, int byte, size_t length)
{
    const unsigned char *start = memory;

    while (length--)
        if (start[length] == (unsigned char)byte)
            return (void *)(start + length);
    return NULL;
}

void *memmem(const void *memory, size_t length, const void *wanted, size_t wanted_length)
{
    const unsigned char *at = memory, *first = wanted;

    if (!wanted_length)
        return (void *)memory;
    for (; length >= wanted_length; at++, length--) {
        const unsigned char *found = memchr(at, *first, length - wanted_length + 1);
        if (!found)
            return NULL;
        length -= (size_t)(found - at);
        at = found;
        if (!memcmp(at, wanted, wanted_length))
            return (void *)at;
    }
    return NULL;
}

int strcasecmp(const char *left, const char *right)
{
    for (; *left && tolower((unsigned char)*left) == tolower((unsigned char)*right); left++)
        right++;
    return tolower((unsigned char)*left) - tolower((unsigned char)*right);
}

int strncasecmp(const char *left, const char *right, size_t limit)
{
    for (; limit && *left && tolower((unsigned char)*left) == tolower((unsigned char)*right); limit--, left++)
        right++;
    return limit ? tolower((unsigned char)*left) - tolower((unsigned char)*right) : 0;
}

char *strcasestr(const char *text, const char *wanted)
{
    size_t length = strlen(wanted);

    for (;; text++) {
        if (!strncasecmp(text, wanted, length))
            return (char *)text;
        if (!*text)
            return NULL;
    }
}

char *index(const char *text, int character)
{
    return strchr(text, character);
}

char *rindex(const char *text, int character)
{
    return strrchr(text, character);
}

int ffs(int word)
{
    return __builtin_ffs(word);
}

int ffsl(long word)
{
    return __builtin_ffsl(word);
}

int ffsll(long long word)
{
    return __builtin_ffsll(word);
}

/*
 * Memory and strings, shared by kernel and programs (declared in libc/include/string.h).
 *
 * Copying and filling work on chunks: 8 bytes in the kernel, which has no vector registers of its own, 16 bytes (SSE2) in
 * programs.  The bulk goes eight chunks to the round, what is left of it in four, two and one; the last chunk overlaps what is
 * already done, so that no length ends in a loop.  x86-64 allows every access here to be unaligned.  `rep movsq` would be no better where instructions are
 * what is counted: an emulator counts every repetition.
 *
 * The compiler must not recognise one of these loops as the very function it is in; loop_opaque() hides them from it.
 */
#include <stdint.h>

#include "libc/include/string.h"

#define UNALIGNED __attribute__((may_alias, aligned(1)))

typedef uint16_t half_t UNALIGNED;
typedef uint32_t single_t UNALIGNED;
typedef uint64_t word_t UNALIGNED;
typedef uint64_t aligned_word_t __attribute__((may_alias));
#ifdef CLOCKHAND_KERNEL
typedef word_t chunk_t;
#else
typedef long long chunk_t __attribute__((vector_size(16), may_alias, aligned(1)));
#endif

enum {
    CHUNK = sizeof(chunk_t),
    ROUND = 8 * CHUNK,
};

static const uint64_t ONES = 0x0101010101010101;
static const uint64_t TOPS = 0x8080808080808080;

static inline void loop_opaque(void)
{
    __asm__ volatile("");
}

static inline chunk_t chunk_load(const unsigned char *from)
{
    return *(const chunk_t *)from;
}

static inline void chunk_store(unsigned char *to, chunk_t chunk)
{
    *(chunk_t *)to = chunk;
}

static inline uint64_t word_load(const unsigned char *from)
{
    return *(const word_t *)from;
}

static inline void word_store(unsigned char *to, uint64_t word)
{
    *(word_t *)to = word;
}

/* Nonzero when one of the eight bytes is zero; the lowest set bit marks the first such byte. */
static inline uint64_t word_zero_bytes(uint64_t word)
{
    return (word - ONES) & ~word & TOPS;
}

/* Both ends are loaded before either is stored: right for any overlap.  length <= 16. */
static inline void copy_short(unsigned char *to, const unsigned char *from, size_t length)
{
    if (length >= 8) {
        uint64_t first = word_load(from), last = word_load(from + length - 8);
        word_store(to, first);
        word_store(to + length - 8, last);
    } else if (length >= 4) {
        uint32_t first = *(const single_t *)from, last = *(const single_t *)(from + length - 4);
        *(single_t *)to = first;
        *(single_t *)(to + length - 4) = last;
    } else if (length >= 2) {
        uint16_t first = *(const half_t *)from, last = *(const half_t *)(from + length - 2);
        *(half_t *)to = first;
        *(half_t *)(to + length - 2) = last;
    } else if (length) {
        *to = *from;
    }
}

/* All eight chunks are loaded before the first is stored, so the two rounds may overlap in any way. */
static inline void copy_round(unsigned char *to, const unsigned char *from)
{
    chunk_t a = chunk_load(from), b = chunk_load(from + CHUNK);
    chunk_t c = chunk_load(from + 2 * CHUNK), d = chunk_load(from + 3 * CHUNK);
    chunk_t e = chunk_load(from + 4 * CHUNK), f = chunk_load(from + 5 * CHUNK);
    chunk_t g = chunk_load(from + 6 * CHUNK), h = chunk_load(from + 7 * CHUNK);
    chunk_store(to, a);
    chunk_store(to + CHUNK, b);
    chunk_store(to + 2 * CHUNK, c);
    chunk_store(to + 3 * CHUNK, d);
    chunk_store(to + 4 * CHUNK, e);
    chunk_store(to + 5 * CHUNK, f);
    chunk_store(to + 6 * CHUNK, g);
    chunk_store(to + 7 * CHUNK, h);
}

/* The same with four and with two. */
static inline void copy_half(unsigned char *to, const unsigned char *from)
{
    chunk_t a = chunk_load(from), b = chunk_load(from + CHUNK);
    chunk_t c = chunk_load(from + 2 * CHUNK), d = chunk_load(from + 3 * CHUNK);
    chunk_store(to, a);
    chunk_store(to + CHUNK, b);
    chunk_store(to + 2 * CHUNK, c);
    chunk_store(to + 3 * CHUNK, d);
}

static inline void copy_pair(unsigned char *to, const unsigned char *from)
{
    chunk_t a = chunk_load(from), b = chunk_load(from + CHUNK);
    chunk_store(to, a);
    chunk_store(to + CHUNK, b);
}

/* Low addresses first: right when the areas are apart or `to` is the lower one.  length > 16. */
static inline void copy_upward(unsigned char *to, const unsigned char *from, size_t length)
{
    unsigned char *tail = to + length - CHUNK;
    chunk_t last = chunk_load(from + length - CHUNK);

    for (; length > ROUND; length -= ROUND, to += ROUND, from += ROUND) {
        copy_round(to, from);
        loop_opaque();
    }
    if (length > 4 * CHUNK) {
        copy_half(to, from);
        length -= 4 * CHUNK, to += 4 * CHUNK, from += 4 * CHUNK;
    }
    if (length > 2 * CHUNK) {
        copy_pair(to, from);
        length -= 2 * CHUNK, to += 2 * CHUNK, from += 2 * CHUNK;
    }
    if (length > CHUNK)
        chunk_store(to, chunk_load(from));
    chunk_store(tail, last);
}

/* High addresses first: right when `to` is the higher one.  length > 16. */
static void copy_downward(unsigned char *to, const unsigned char *from, size_t length)
{
    chunk_t first = chunk_load(from);

    for (; length > ROUND; length -= ROUND) {
        copy_round(to + length - ROUND, from + length - ROUND);
        loop_opaque();
    }
    if (length > 4 * CHUNK) {
        length -= 4 * CHUNK;
        copy_half(to + length, from + length);
    }
    if (length > 2 * CHUNK) {
        length -= 2 * CHUNK;
        copy_pair(to + length, from + length);
    }
    if (length > CHUNK)
        chunk_store(to + length - CHUNK, chunk_load(from + length - CHUNK));
    chunk_store(to, first);
}

void *memcpy(void *restrict to, const void *restrict from, size_t length)
{
    if (length <= 16)
        copy_short(to, from, length);
    else
        copy_upward(to, from, length);
    return to;
}

void *memmove(void *to, const void *from, size_t length)
{
    if (length <= 16)
        copy_short(to, from, length);
    else if ((uintptr_t)to - (uintptr_t)from >= length)
        copy_upward(to, from, length);
    else
        copy_downward(to, from, length);
    return to;
}

static inline chunk_t chunk_fill(uint64_t pattern)
{
    union {
        uint64_t words[CHUNK / 8];
        chunk_t chunk;
    } fill;

    fill.words[0] = pattern;
    fill.words[CHUNK / 8 - 1] = pattern;
    return fill.chunk;
}

static inline void fill_short(unsigned char *to, uint64_t pattern, size_t length)
{
    if (length >= 8) {
        word_store(to, pattern);
        word_store(to + length - 8, pattern);
    } else if (length >= 4) {
        *(single_t *)to = (uint32_t)pattern;
        *(single_t *)(to + length - 4) = (uint32_t)pattern;
    } else if (length >= 2) {
        *(half_t *)to = (uint16_t)pattern;
        *(half_t *)(to + length - 2) = (uint16_t)pattern;
    } else if (length) {
        *to = (unsigned char)pattern;
    }
}

static inline void fill_long(unsigned char *to, chunk_t chunk, size_t length)
{
    unsigned char *tail = to + length - CHUNK;

    for (; length > ROUND; length -= ROUND, to += ROUND) {
        chunk_store(to, chunk); /* written out: gcc -O2 would leave a loop */
        chunk_store(to + CHUNK, chunk);
        chunk_store(to + 2 * CHUNK, chunk);
        chunk_store(to + 3 * CHUNK, chunk);
        chunk_store(to + 4 * CHUNK, chunk);
        chunk_store(to + 5 * CHUNK, chunk);
        chunk_store(to + 6 * CHUNK, chunk);
        chunk_store(to + 7 * CHUNK, chunk);
        loop_opaque();
    }
    if (length > 4 * CHUNK) {
        chunk_store(to, chunk);
        chunk_store(to + CHUNK, chunk);
        chunk_store(to + 2 * CHUNK, chunk);
        chunk_store(to + 3 * CHUNK, chunk);
        length -= 4 * CHUNK, to += 4 * CHUNK;
    }
    if (length > 2 * CHUNK) {
        chunk_store(to, chunk);
        chunk_store(to + CHUNK, chunk);
        length -= 2 * CHUNK, to += 2 * CHUNK;
    }
    if (length > CHUNK)
        chunk_store(to, chunk);
    chunk_store(tail, chunk);
}

void *memset(void *to, int byte, size_t length)
{
    uint64_t pattern = (unsigned char)byte * ONES;

    if (length <= 16)
        fill_short(to, pattern, length);
    else
        fill_long(to, chunk_fill(pattern), length);
    return to;
}

int memcmp(const void *left, const void *right, size_t length)
{
    const unsigned char *a = left, *b = right;

    for (; length >= 8; length -= 8, a += 8, b += 8) {
        uint64_t x = word_load(a), y = word_load(b);
        if (x != y) {
            /* The first byte in memory decides, and it is the lowest of the word. */
            x = __builtin_bswap64(x);
            y = __builtin_bswap64(y);
            return x < y ? -1 : 1;
        }
    }
    for (; length; length--, a++, b++)
        if (*a != *b)
            return *a - *b;
    return 0;
}

void *memchr(const void *memory, int byte, size_t length)
{
    const unsigned char *at = memory;
    uint64_t pattern = (unsigned char)byte * ONES;

    for (; length >= 8; length -= 8, at += 8)
        if (word_zero_bytes(word_load(at) ^ pattern))
            break;
    for (; length; length--, at++)
        if (*at == (unsigned char)byte)
            return (void *)at;
    return NULL;
}

/*
 * Reads whole aligned words, and so up to seven bytes past the end: these lie in the same page as the terminator, which is why
 * it is allowed, and why the address sanitizer is told to look away.
 */
__attribute__((no_sanitize("address"))) size_t strlen(const char *text)
{
    const char *at = text;

    for (; (uintptr_t)at % 8; at++)
        if (!*at)
            return (size_t)(at - text);
    for (;; at += 8) {
        uint64_t zeros = word_zero_bytes(*(const aligned_word_t *)at);
        if (zeros)
            return (size_t)(at - text) + (size_t)__builtin_ctzll(zeros) / 8;
    }
}

size_t strnlen(const char *text, size_t limit)
{
    const char *end = memchr(text, 0, limit);

    return end ? (size_t)(end - text) : limit;
}

int strcmp(const char *left, const char *right)
{
    for (; *left && *left == *right; left++)
        right++;
    return (unsigned char)*left - (unsigned char)*right;
}

int strncmp(const char *left, const char *right, size_t limit)
{
    for (; limit && *left && *left == *right; limit--, left++)
        right++;
    return limit ? (unsigned char)*left - (unsigned char)*right : 0;
}

char *strchr(const char *text, int character)
{
    for (; *text != (char)character; text++)
        if (!*text)
            return NULL;
    return (char *)text;
}

char *strrchr(const char *text, int character)
{
    const char *found = NULL;

    do
        if (*text == (char)character)
            found = text;
    while (*text++);
    return (char *)found;
}

char *strstr(const char *text, const char *wanted)
{
    size_t length = strlen(wanted);

    if (!length)
        return (char *)text;
    for (; (text = strchr(text, *wanted)); text++)
        if (!strncmp(text, wanted, length))
            return (char *)text;
    return NULL;
}

char *strcpy(char *restrict to, const char *restrict from)
{
    return memcpy(to, from, strlen(from) + 1);
}

char *strncpy(char *restrict to, const char *restrict from, size_t size)
{
    size_t length = strnlen(from, size);

    memcpy(to, from, length);
    memset(to + length, 0, size - length);
    return to;
}

size_t strlcpy(char *restrict to, const char *restrict from, size_t size)
{
    size_t length = strlen(from);

    if (size) {
        size_t kept = length < size ? length : size - 1;
        memcpy(to, from, kept);
        to[kept] = 0;
    }
    return length;
}

size_t strlcat(char *restrict to, const char *restrict from, size_t size)
{
    size_t used = strnlen(to, size);

    return used + strlcpy(to + used, from, size - used);
}

char *strcat(char *restrict to, const char *restrict from)
{
    strcpy(to + strlen(to), from);
    return to;
}

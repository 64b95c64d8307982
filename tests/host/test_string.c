/*
 * The string functions of libc against the host's: random contents, lengths, alignments and overlaps.  The functions are
 * compiled in twice under other names, with 16-byte chunks as for programs and with 8-byte chunks as for the kernel.
 *
 * Links: tests/host/support/string_programs.c tests/host/support/string_kernel.c
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/host/support/renamed_string.h"
#include "tests/host/support/tap.h"

enum { SIZE = 400, ROUNDS = 60000 };

static int sign(int number)
{
    return (number > 0) - (number < 0);
}

/* Few different bytes, so that comparisons and searches find something. */
static void bytes_randomize(char *to, size_t length)
{
    for (size_t i = 0; i < length; i++)
        to[i] = (char)("ab\0c\xff"[random_below(random_below(8) ? 2 : 5)]);
}

struct copier {
    const char *name;
    void *(*copy)(void *, const void *, size_t);
    void *(*move)(void *, const void *, size_t);
    void *(*fill)(void *, int, size_t);
    int (*compare)(const void *, const void *, size_t);
    void *(*find)(const void *, int, size_t);
    size_t (*length)(const char *);
};

static bool copying_round(const struct copier *functions)
{
    char *ours = malloc(SIZE), *theirs = malloc(SIZE);
    size_t length = random_below(random_below(3) ? 40 : SIZE);
    size_t from = random_below((unsigned)(SIZE - length)), to = random_below((unsigned)(SIZE - length));
    bool same;

    bytes_randomize(ours, SIZE);
    memcpy(theirs, ours, SIZE);
    memmove(theirs + to, theirs + from, length);
    same = functions->move(ours + to, ours + from, length) == ours + to && !memcmp(ours, theirs, SIZE);
    memset(theirs + from, 'x', length);
    same &= functions->fill(ours + from, 'x' + 256, length) == ours + from && !memcmp(ours, theirs, SIZE);
    char *apart = malloc(length + 1);
    same &= functions->copy(apart, ours + to, length) == apart && !memcmp(apart, ours + to, length);
    free(apart);
    free(ours);
    free(theirs);
    return same;
}

/* The memory ends where the data ends, so that reading too far is noticed. */
static bool looking_round(const struct copier *functions)
{
    size_t length = random_below(60);
    char *left = malloc(length + 1), *right = malloc(length + 1);
    int byte = "abc\xff"[random_below(4)];
    bool same;

    bytes_randomize(left, length);
    memcpy(right, left, length);
    if (length && random_below(2))
        right[random_below((unsigned)length)] ^= (char)random_below(256);
    left[length] = right[length] = 0;
    same = sign(functions->compare(left, right, length)) == sign(memcmp(left, right, length));
    same &= functions->find(left, byte, length) == memchr(left, byte, length);
    same &= functions->length(left) == strlen(left);
    free(left);
    free(right);
    return same;
}

static bool strings_round(void)
{
    char left[64], right[64], a[200], b[200];
    size_t limit = random_below(64);
    int byte = "abc\0\xff"[random_below(5)];
    bool same;

    bytes_randomize(left, 63);
    bytes_randomize(right, 63);
    left[63] = right[random_below(64)] = right[63] = 0;
    if (random_below(2))
        memcpy(right, left, random_below(64));
    same = sign(ck_strcmp(left, right)) == sign(strcmp(left, right));
    same &= sign(ck_strncmp(left, right, limit)) == sign(strncmp(left, right, limit));
    same &= ck_strchr(left, byte) == strchr(left, byte) && ck_strrchr(left, byte) == strrchr(left, byte);
    same &= ck_strnlen(left, limit) == strnlen(left, limit);
    right[random_below(4)] = 0;
    same &= ck_strstr(left, right) == strstr(left, right);
    memset(a, 'z', sizeof a);
    memset(b, 'z', sizeof b);
    same &= ck_strncpy(a, left, limit) == a && strncpy(b, left, limit) == b && !memcmp(a, b, sizeof a);
    ck_strcpy(a, left);
    strcpy(b, left);
    ck_strcat(a, right);
    strcat(b, right);
    same &= !memcmp(a, b, sizeof a);
    size_t needed = ck_strlcpy(a, left, limit);
    same &= needed == strlen(left) && (!limit || strlen(a) == (needed < limit ? needed : limit - 1));
    return same;
}

int main(void)
{
    static const struct copier kinds[] = {
        {"programs", ck_memcpy, ck_memmove, ck_memset, ck_memcmp, ck_memchr, ck_strlen},
        {"kernel", kernel_memcpy, kernel_memmove, kernel_memset, kernel_memcmp, kernel_memchr, kernel_strlen},
    };
    char name[80];

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        bool copying = true, looking = true;
        for (int round = 0; round < ROUNDS; round++) {
            copying &= copying_round(&kinds[i]);
            looking &= looking_round(&kinds[i]);
        }
        snprintf(name, sizeof name, "memcpy, memmove, memset of the %s", kinds[i].name);
        check(copying, name);
        snprintf(name, sizeof name, "memcmp, memchr, strlen of the %s", kinds[i].name);
        check(looking, name);
    }
    bool strings = true;
    for (int round = 0; round < ROUNDS; round++)
        strings &= strings_round();
    check(strings, "the functions on strings");
    printf("1..%u\n", checks);
    return failures != 0;
}

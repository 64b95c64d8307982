/*
 * sscanf of libc against the host's: random formats and texts. What is read goes to memory of exactly the size that the format allows, so
 * that the sanitizer sees a byte too many; the text is as long as its own memory, too.
 *
 * Links: tests/host/support/scan.c
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "tests/host/support/tap.h"

enum { ROUNDS = 30000, WIDTH_MOST = 6, DIRECTIVES_MOST = 3 };

#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"

int ck_sscanf(const char *text, const char *format, ...);

/* The places of one call: memory, and what it is for. */
struct place {
    void *memory;
    size_t size;
    bool allocated; /* memory has the address of what %m gave */
};

static char *random_text(const char *letters)
{
    size_t length = random_below(24), kinds = strlen(letters);
    char *text = malloc(length + 1);

    for (size_t i = 0; i < length; i++)
        text[i] = letters[random_below((unsigned)kinds)];
    text[length] = 0;
    return text;
}

/* A number, of 1, 2, 4 or 8 bytes, or 16 for a long double. */
static int number_append(char *format, size_t *size)
{
    static const struct {
        const char *conversion;
        size_t size;
    } numbers[] = {{"hhd", 1}, {"hu", 2}, {"d", 4}, {"i", 4}, {"lo", 8}, {"llx", 8}, {"jd", 8},
                   {"zu", 8},  {"td", 8}, {"X", 4}, {"f", 4}, {"lf", 8}, {"Lg", 16}, {"le", 8}};
    unsigned which = random_below(sizeof numbers / sizeof numbers[0]);

    *size = numbers[which].size;
    return sprintf(format, "%s", numbers[which].conversion);
}

/*
 * Characters: `width` of them, and an end unless it is %c. That is not allocated, as the sanitizer mistakes %mc of the host's, and has no
 * width, as glibc takes fewer characters for as many, against C17.
 */
static int text_append(char *format, size_t *size, unsigned width, bool allocated)
{
    static const char *const conversions[] = {"s", "[a-c ]", "[^a-c]", "[]x]", "[^]1-3]", "c"};
    bool wide = random_below(4) == 0;
    unsigned which = random_below(allocated || width > 1 ? 5 : 6);

    *size = (width + (which < 5)) * (wide ? sizeof(wchar_t) : 1);
    return sprintf(format, "%s%s", wide ? "l" : "", conversions[which]);
}

/* One directive at `format`; returns its length. place->size stays 0 if it stores nothing. */
static int directive_append(char *format, struct place *place)
{
    static const char *const plain[] = {" ", "a", ",", "%%", "1"};
    unsigned width = 1 + random_below(WIDTH_MOST);
    int used = 1;

    *place = (struct place){0};
    if (random_below(5) == 0)
        return sprintf(format, "%s", plain[random_below(5)]);
    *format = '%';
    bool suppressed = random_below(6) == 0;
    if (suppressed)
        format[used++] = '*';
    if (random_below(8) == 0) {
        place->size = suppressed ? 0 : sizeof(int);
        return used + sprintf(format + used, suppressed ? "d" : "n");
    }
    bool number = random_below(2);
    place->allocated = !number && !suppressed && random_below(4) == 0;
    used += sprintf(format + used, "%u%s", width, place->allocated ? "m" : "");
    used += number ? number_append(format + used, &place->size)
                   : text_append(format + used, &place->size, width, place->allocated);
    if (suppressed)
        place->size = 0;
    return used;
}

static void places_fill(struct place places[DIRECTIVES_MOST], const struct place *like)
{
    for (int i = 0; i < DIRECTIVES_MOST; i++) {
        places[i] = like[i];
        places[i].memory = calloc(1, like[i].allocated ? sizeof(void *) : like[i].size + (like[i].size == 0));
    }
}

static bool places_agree(const struct place *ours, const struct place *theirs)
{
    for (int i = 0; i < DIRECTIVES_MOST; i++) {
        const void *left = ours[i].memory, *right = theirs[i].memory;
        if (ours[i].allocated) {
            left = *(void *const *)left;
            right = *(void *const *)right;
            if (!left != !right)
                return false;
        }
        bool text = ours[i].allocated && left;
        if (text ? memcmp(left, right, strnlen(left, ours[i].size))
                 : !ours[i].allocated && memcmp(left, right, ours[i].size == 16 ? 10 : ours[i].size))
            return false;
    }
    return true;
}

static void places_free(struct place places[DIRECTIVES_MOST])
{
    for (int i = 0; i < DIRECTIVES_MOST; i++) {
        if (places[i].allocated)
            free(*(void **)places[i].memory);
        free(places[i].memory);
    }
}

/* No text has 0x or an exponent's letter, which glibc takes for part of a number also if no digit follows, against C17. */
static bool scan_round(void)
{
    static const char *const letters[] = {"0123456789+- ,", "abc123 ]x,", "0123456789.- ", "aaabbb, 1"};
    struct place like[DIRECTIVES_MOST], ours[DIRECTIVES_MOST], theirs[DIRECTIVES_MOST], stored[DIRECTIVES_MOST] = {0};
    char format[128];
    int used = 0, count = 0;
    char *text = random_text(letters[random_below(4)]);

    for (int i = 0; i < DIRECTIVES_MOST; i++) {
        used += directive_append(format + used, &like[i]);
        if (like[i].size)
            stored[count++] = like[i];
    }
    places_fill(ours, stored);
    places_fill(theirs, stored);
    int our_count = ck_sscanf(text, format, ours[0].memory, ours[1].memory, ours[2].memory);
    int their_count = sscanf(text, format, theirs[0].memory, theirs[1].memory, theirs[2].memory);
    bool same = our_count == their_count && places_agree(ours, theirs);
    if (!same)
        printf("# '%s' of '%s': %d, expected %d\n", format, text, our_count, their_count);
    places_free(ours);
    places_free(theirs);
    free(text);
    return same;
}

int main(void)
{
    bool good = true;

    for (int i = 0; i < ROUNDS && good; i++)
        good = scan_round();
    check(good, "random formats read random texts like the host's");
    printf("1..%u\n", checks);
    return failures != 0;
}

/* Numbers and dates from and to wide text: by way of a copy in bytes, in which each character has the same place. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>

/* What can belong to a number, up to the first character that cannot; NULL without memory, with errno and *end at the start. */
static char *copy_begin(const wchar_t *text, wchar_t **end)
{
    size_t length = 0;

    if (end)
        *end = (wchar_t *)text;
    while (text[length] > 0 && text[length] < 128)
        length++;
    char *copy = malloc(length + 1);
    if (!copy)
        return NULL;
    for (size_t i = 0; i < length; i++)
        copy[i] = (char)text[i];
    copy[length] = 0;
    return copy;
}

static void copy_end(char *copy, const char *at, wchar_t **end)
{
    if (end && at)
        *end += at - copy;
    free(copy);
}

intmax_t wcstoimax(const wchar_t *restrict text, wchar_t **restrict end, int base)
{
    char *copy = copy_begin(text, end), *at = NULL;
    intmax_t value = copy ? strtoimax(copy, &at, base) : 0;

    copy_end(copy, at, end);
    return value;
}

uintmax_t wcstoumax(const wchar_t *restrict text, wchar_t **restrict end, int base)
{
    char *copy = copy_begin(text, end), *at = NULL;
    uintmax_t value = copy ? strtoumax(copy, &at, base) : 0;

    copy_end(copy, at, end);
    return value;
}

long wcstol(const wchar_t *restrict text, wchar_t **restrict end, int base)
{
    return wcstoimax(text, end, base);
}

long long wcstoll(const wchar_t *restrict text, wchar_t **restrict end, int base)
{
    return wcstoimax(text, end, base);
}

unsigned long wcstoul(const wchar_t *restrict text, wchar_t **restrict end, int base)
{
    return wcstoumax(text, end, base);
}

unsigned long long wcstoull(const wchar_t *restrict text, wchar_t **restrict end, int base)
{
    return wcstoumax(text, end, base);
}

long double wcstold(const wchar_t *restrict text, wchar_t **restrict end)
{
    char *copy = copy_begin(text, end), *at = NULL;
    long double value = copy ? strtold(copy, &at) : 0;

    copy_end(copy, at, end);
    return value;
}

double wcstod(const wchar_t *restrict text, wchar_t **restrict end)
{
    char *copy = copy_begin(text, end), *at = NULL;
    double value = copy ? strtod(copy, &at) : 0;

    copy_end(copy, at, end);
    return value;
}

float wcstof(const wchar_t *restrict text, wchar_t **restrict end)
{
    char *copy = copy_begin(text, end), *at = NULL;
    float value = copy ? strtof(copy, &at) : 0;

    copy_end(copy, at, end);
    return value;
}

/* As strftime: 0 if it does not fit. No conversion becomes longer than FIELD_MOST, so a greater `size` needs no greater copy. */
size_t wcsftime(wchar_t *restrict to, size_t size, const wchar_t *restrict format, const struct tm *restrict date)
{
    enum { FIELD_MOST = 128 };
    size_t format_size = wcslen(format) + 1, length = 0;
    size_t room = size < format_size * FIELD_MOST ? size : format_size * FIELD_MOST;
    char *narrow = malloc(format_size + room);

    if (narrow && wcstombs(narrow, format, format_size) != (size_t)-1)
        length = strftime(narrow + format_size, room, narrow, date);
    if (length)
        mbstowcs(to, narrow + format_size, size);
    free(narrow);
    return length;
}

/* There is one order, that of the characters. */
int wcscoll(const wchar_t *left, const wchar_t *right)
{
    return wcscmp(left, right);
}

size_t wcsxfrm(wchar_t *restrict to, const wchar_t *restrict from, size_t count)
{
    size_t length = wcslen(from);

    if (length < count)
        wmemcpy(to, from, length + 1);
    return length;
}

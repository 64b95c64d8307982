/* The one locale, "C": characters are bytes. */
#include <locale.h>
#include <stdlib.h>
#include <string.h>

char *setlocale(int category, const char *locale)
{
    (void)category;
    if (!locale || !*locale || !strcmp(locale, "C") || !strcmp(locale, "POSIX"))
        return "C";
    return NULL;
}

struct lconv *localeconv(void)
{
    static struct lconv conventions = {".", "", ""};

    return &conventions;
}

int mbtowc(wchar_t *restrict wide, const char *restrict text, size_t limit)
{
    if (!text)
        return 0;
    if (!limit)
        return -1;
    if (wide)
        *wide = (unsigned char)*text;
    return *text != 0;
}

int mblen(const char *text, size_t limit)
{
    return mbtowc(NULL, text, limit);
}

int wctomb(char *text, wchar_t wide)
{
    if (!text)
        return 0;
    if ((unsigned)wide > 255)
        return -1;
    *text = (char)wide;
    return 1;
}

size_t mbstowcs(wchar_t *restrict wide, const char *restrict text, size_t limit)
{
    size_t count = 0;

    for (; (!wide || count < limit) && text[count]; count++)
        if (wide)
            wide[count] = (unsigned char)text[count];
    if (wide && count < limit)
        wide[count] = 0;
    return count;
}

size_t wcstombs(char *restrict text, const wchar_t *restrict wide, size_t limit)
{
    size_t count = 0;

    for (; (!text || count < limit) && wide[count]; count++) {
        if ((unsigned)wide[count] > 255)
            return (size_t)-1;
        if (text)
            text[count] = (char)wide[count];
    }
    if (text && count < limit)
        text[count] = 0;
    return count;
}

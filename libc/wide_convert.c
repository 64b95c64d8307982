/*
 * Between bytes and wide characters. The one character set has a byte for each of its 256 characters (POSIX.1-2024, 6.2: the
 * POSIX locale's characters are single bytes), so that no conversion has a state, and every byte has a wide character.
 */
#include <errno.h>
#include <stdlib.h>
#include <uchar.h>
#include <wchar.h>

wint_t btowc(int byte)
{
    return byte == EOF ? WEOF : (wint_t)(unsigned char)byte;
}

int wctob(wint_t character)
{
    return character < 256 ? (int)character : EOF;
}

int mbsinit(const mbstate_t *state)
{
    (void)state;
    return 1;
}

size_t mbrtowc(wchar_t *restrict wide, const char *restrict text, size_t limit, mbstate_t *restrict state)
{
    (void)state;
    if (!text)
        return 0;
    if (!limit)
        return (size_t)-2;
    if (wide)
        *wide = (unsigned char)*text;
    return *text != 0;
}

size_t mbrlen(const char *restrict text, size_t limit, mbstate_t *restrict state)
{
    return mbrtowc(NULL, text, limit, state);
}

size_t wcrtomb(char *restrict text, wchar_t wide, mbstate_t *restrict state)
{
    (void)state;
    if (!text)
        return 1;
    if (wctob((wint_t)wide) == EOF) {
        errno = EILSEQ;
        return (size_t)-1;
    }
    *text = (char)wide;
    return 1;
}

/* The source moves behind what was converted, and becomes NULL at its end, unless nothing is stored. */
size_t mbsnrtowcs(wchar_t *restrict wide, const char **restrict text, size_t most, size_t count,
                  mbstate_t *restrict state)
{
    const char *at = *text;
    size_t done = 0;

    (void)state;
    for (; done < most && (!wide || done < count); done++, at++) {
        if (wide)
            wide[done] = (unsigned char)*at;
        if (!*at) {
            at = NULL;
            break;
        }
    }
    if (wide)
        *text = at;
    return done;
}

size_t mbsrtowcs(wchar_t *restrict wide, const char **restrict text, size_t count, mbstate_t *restrict state)
{
    return mbsnrtowcs(wide, text, SIZE_MAX, count, state);
}

size_t wcsnrtombs(char *restrict text, const wchar_t **restrict wide, size_t most, size_t count,
                  mbstate_t *restrict state)
{
    const wchar_t *at = *wide;
    size_t done = 0;
    char byte;

    for (; done < most && (!text || done < count); done++, at++) {
        if (wcrtomb(text ? text + done : &byte, *at, state) == (size_t)-1)
            return (size_t)-1;
        if (!*at) {
            at = NULL;
            break;
        }
    }
    if (text)
        *wide = at;
    return done;
}

size_t wcsrtombs(char *restrict text, const wchar_t **restrict wide, size_t count, mbstate_t *restrict state)
{
    return wcsnrtombs(text, wide, SIZE_MAX, count, state);
}

int mbtowc(wchar_t *restrict wide, const char *restrict text, size_t limit)
{
    return text && !limit ? -1 : (int)mbrtowc(wide, text, limit, NULL);
}

int mblen(const char *text, size_t limit)
{
    return mbtowc(NULL, text, limit);
}

int wctomb(char *text, wchar_t wide)
{
    return text ? (int)wcrtomb(text, wide, NULL) : 0;
}

size_t mbstowcs(wchar_t *restrict wide, const char *restrict text, size_t limit)
{
    const char *at = text;

    return mbsrtowcs(wide, &at, limit, NULL);
}

size_t wcstombs(char *restrict text, const wchar_t *restrict wide, size_t limit)
{
    const wchar_t *at = wide;

    return wcsrtombs(text, &at, limit, NULL);
}

/* 16 or 32 bits: the same characters. */
size_t mbrtoc32(char32_t *restrict wide, const char *restrict text, size_t limit, mbstate_t *restrict state)
{
    wchar_t character;
    size_t used = text ? mbrtowc(&character, text, limit, state) : 0;

    if (wide && text && used <= 1)
        *wide = (char32_t)character;
    return used;
}

size_t mbrtoc16(char16_t *restrict wide, const char *restrict text, size_t limit, mbstate_t *restrict state)
{
    char32_t character;
    size_t used = mbrtoc32(&character, text, limit, state);

    if (wide && text && used <= 1)
        *wide = (char16_t)character;
    return used;
}

size_t c32rtomb(char *restrict text, char32_t wide, mbstate_t *restrict state)
{
    return wcrtomb(text, (wchar_t)wide, state);
}

size_t c16rtomb(char *restrict text, char16_t wide, mbstate_t *restrict state)
{
    return wcrtomb(text, wide, state);
}

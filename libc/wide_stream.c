/*
 * Wide characters on streams: each is a byte there (libc/wide_convert.c), so all of this is the byte streams' work. Only a stream's
 * orientation is new, which its first use decides and nothing but freopen changes. (C17 7.21.2, 7.29.3)
 */
#include <errno.h>
#include <wchar.h>

#include "libc/stdio_file.h"

int fwide(FILE *file, int mode)
{
    stdio_lock(file);
    if (!file->orientation)
        file->orientation = (signed char)((mode > 0) - (mode < 0));
    int orientation = file->orientation;
    stdio_unlock(file);
    return orientation;
}

wint_t fgetwc(FILE *file)
{
    fwide(file, 1);
    return btowc(fgetc(file));
}

wint_t getwc(FILE *file)
{
    return fgetwc(file);
}

wint_t getwchar(void)
{
    return fgetwc(stdin);
}

wint_t ungetwc(wint_t character, FILE *file)
{
    fwide(file, 1);
    if (character != WEOF && wctob(character) == EOF) {
        errno = EILSEQ;
        return WEOF;
    }
    return btowc(ungetc(wctob(character), file));
}

wchar_t *fgetws(wchar_t *restrict to, int size, FILE *restrict file)
{
    wchar_t *at = to;
    wint_t character = 0;

    stdio_lock(file);
    while (at - to < size - 1 && character != '\n' && (character = fgetwc(file)) != WEOF)
        *at++ = (wchar_t)character;
    bool failed = size < 1 || (at == to && size > 1) || (character == WEOF && ferror(file));
    stdio_unlock(file);
    if (failed)
        return NULL;
    *at = 0;
    return to;
}

wint_t fputwc(wchar_t character, FILE *file)
{
    fwide(file, 1);
    if (wctob((wint_t)character) == EOF) {
        errno = EILSEQ;
        file->failed = true;
        return WEOF;
    }
    return btowc(fputc((int)character, file));
}

wint_t putwc(wchar_t character, FILE *file)
{
    return fputwc(character, file);
}

wint_t putwchar(wchar_t character)
{
    return fputwc(character, stdout);
}

int fputws(const wchar_t *restrict text, FILE *restrict file)
{
    int result = 0;

    stdio_lock(file);
    for (; *text && !result; text++)
        result = fputwc(*text, file) == WEOF ? EOF : 0;
    stdio_unlock(file);
    return result;
}

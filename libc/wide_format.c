/*
 * wprintf and wscanf: as every character is a byte (libc/wide_convert.c), the wide format, and the wide text where there is one, are
 * turned into bytes, and printf and scanf do the rest. A character above 255 has no byte: EILSEQ.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <wchar.h>

#include "libc/stdio_file.h"

/* The text in bytes, of malloc; NULL with errno. */
static char *narrow(const wchar_t *text)
{
    size_t size = wcslen(text) + 1;
    char *bytes = malloc(size);

    if (bytes && wcstombs(bytes, text, size) == (size_t)-1) {
        free(bytes);
        return NULL;
    }
    return bytes;
}

int vfwprintf(FILE *restrict file, const wchar_t *restrict format, va_list args)
{
    char *bytes = narrow(format);

    fwide(file, 1);
    int length = bytes ? vfprintf(file, bytes, args) : -1;
    free(bytes);
    return length;
}

int vwprintf(const wchar_t *restrict format, va_list args)
{
    return vfwprintf(stdout, format, args);
}

/* Unlike vsnprintf an error if it does not fit; what fits is there, and ended. */
int vswprintf(wchar_t *restrict to, size_t size, const wchar_t *restrict format, va_list args)
{
    char *bytes = narrow(format), *text = NULL;
    int length = bytes ? vasprintf(&text, bytes, args) : -1;

    size_t fit = length < 0 ? 0 : (size_t)length < size ? (size_t)length : size ? size - 1 : 0;
    for (size_t i = 0; i < fit; i++)
        to[i] = (unsigned char)text[i];
    if (size)
        to[fit] = 0;
    free(text);
    free(bytes);
    if (length >= 0 && (size_t)length >= size) {
        errno = EOVERFLOW;
        return -1;
    }
    return length;
}

int wprintf(const wchar_t *restrict format, ...)
{
    va_list args;

    va_start(args, format);
    int length = vfwprintf(stdout, format, args);
    va_end(args);
    return length;
}

int fwprintf(FILE *restrict file, const wchar_t *restrict format, ...)
{
    va_list args;

    va_start(args, format);
    int length = vfwprintf(file, format, args);
    va_end(args);
    return length;
}

int swprintf(wchar_t *restrict to, size_t size, const wchar_t *restrict format, ...)
{
    va_list args;

    va_start(args, format);
    int length = vswprintf(to, size, format, args);
    va_end(args);
    return length;
}

int vfwscanf(FILE *restrict file, const wchar_t *restrict format, va_list args)
{
    char *bytes = narrow(format);

    fwide(file, 1);
    int count = bytes ? vfscanf(file, bytes, args) : EOF;
    free(bytes);
    return count;
}

int vwscanf(const wchar_t *restrict format, va_list args)
{
    return vfwscanf(stdin, format, args);
}

int vswscanf(const wchar_t *restrict text, const wchar_t *restrict format, va_list args)
{
    char *bytes = narrow(format), *source = narrow(text);
    int count = bytes && source ? vsscanf(source, bytes, args) : EOF;

    free(source);
    free(bytes);
    return count;
}

int wscanf(const wchar_t *restrict format, ...)
{
    va_list args;

    va_start(args, format);
    int count = vfwscanf(stdin, format, args);
    va_end(args);
    return count;
}

int fwscanf(FILE *restrict file, const wchar_t *restrict format, ...)
{
    va_list args;

    va_start(args, format);
    int count = vfwscanf(file, format, args);
    va_end(args);
    return count;
}

int swscanf(const wchar_t *restrict text, const wchar_t *restrict format, ...)
{
    va_list args;

    va_start(args, format);
    int count = vswscanf(text, format, args);
    va_end(args);
    return count;
}

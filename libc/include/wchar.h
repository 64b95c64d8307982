/*
 * Wide characters. There is one character set, of bytes, which are the wide characters 0 to 255 (libc/wide_convert.c). What is
 * about strings alone comes from musl's package, see libc/packaged.sh.
 */
#ifndef CLOCKHAND_WCHAR_H
#define CLOCKHAND_WCHAR_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <wctype.h>

/* There is nothing to remember between two bytes. */
typedef struct {
    unsigned unused[2];
} mbstate_t;

struct tm;

wchar_t *wcscpy(wchar_t *restrict to, const wchar_t *restrict from);
wchar_t *wcsncpy(wchar_t *restrict to, const wchar_t *restrict from, size_t count);
wchar_t *wcpcpy(wchar_t *restrict to, const wchar_t *restrict from);
wchar_t *wcpncpy(wchar_t *restrict to, const wchar_t *restrict from, size_t count);
wchar_t *wcscat(wchar_t *restrict to, const wchar_t *restrict from);
wchar_t *wcsncat(wchar_t *restrict to, const wchar_t *restrict from, size_t count);
wchar_t *wcsdup(const wchar_t *text);
size_t wcslen(const wchar_t *text);
size_t wcsnlen(const wchar_t *text, size_t limit);
int wcscmp(const wchar_t *left, const wchar_t *right);
int wcsncmp(const wchar_t *left, const wchar_t *right, size_t count);
int wcscasecmp(const wchar_t *left, const wchar_t *right);
int wcsncasecmp(const wchar_t *left, const wchar_t *right, size_t count);
int wcscoll(const wchar_t *left, const wchar_t *right);
size_t wcsxfrm(wchar_t *restrict to, const wchar_t *restrict from, size_t count);
wchar_t *wcschr(const wchar_t *text, wchar_t character);
wchar_t *wcsrchr(const wchar_t *text, wchar_t character);
wchar_t *wcsstr(const wchar_t *restrict text, const wchar_t *restrict part);
wchar_t *wcspbrk(const wchar_t *text, const wchar_t *set);
size_t wcsspn(const wchar_t *text, const wchar_t *set);
size_t wcscspn(const wchar_t *text, const wchar_t *set);
wchar_t *wcstok(wchar_t *restrict text, const wchar_t *restrict set, wchar_t **restrict state);
wchar_t *wmemcpy(wchar_t *restrict to, const wchar_t *restrict from, size_t count);
wchar_t *wmemmove(wchar_t *to, const wchar_t *from, size_t count);
wchar_t *wmemset(wchar_t *to, wchar_t character, size_t count);
wchar_t *wmemchr(const wchar_t *from, wchar_t character, size_t count);
int wmemcmp(const wchar_t *left, const wchar_t *right, size_t count);
int wcwidth(wchar_t character);
int wcswidth(const wchar_t *text, size_t count);

wint_t btowc(int byte);
int wctob(wint_t character);
int mbsinit(const mbstate_t *state);
size_t mbrlen(const char *restrict text, size_t limit, mbstate_t *restrict state);
size_t mbrtowc(wchar_t *restrict wide, const char *restrict text, size_t limit, mbstate_t *restrict state);
size_t wcrtomb(char *restrict text, wchar_t wide, mbstate_t *restrict state);
size_t mbsrtowcs(wchar_t *restrict wide, const char **restrict text, size_t count, mbstate_t *restrict state);
size_t wcsrtombs(char *restrict text, const wchar_t **restrict wide, size_t count, mbstate_t *restrict state);
size_t mbsnrtowcs(wchar_t *restrict wide, const char **restrict text, size_t most, size_t count,
                  mbstate_t *restrict state);
size_t wcsnrtombs(char *restrict text, const wchar_t **restrict wide, size_t most, size_t count,
                  mbstate_t *restrict state);

long wcstol(const wchar_t *restrict text, wchar_t **restrict end, int base);
unsigned long wcstoul(const wchar_t *restrict text, wchar_t **restrict end, int base);
long long wcstoll(const wchar_t *restrict text, wchar_t **restrict end, int base);
unsigned long long wcstoull(const wchar_t *restrict text, wchar_t **restrict end, int base);
float wcstof(const wchar_t *restrict text, wchar_t **restrict end);
double wcstod(const wchar_t *restrict text, wchar_t **restrict end);
long double wcstold(const wchar_t *restrict text, wchar_t **restrict end);
size_t wcsftime(wchar_t *restrict to, size_t size, const wchar_t *restrict format, const struct tm *restrict date);

int fwide(FILE *file, int mode);
wint_t fgetwc(FILE *file);
wint_t getwc(FILE *file);
wint_t getwchar(void);
wint_t ungetwc(wint_t character, FILE *file);
wchar_t *fgetws(wchar_t *restrict to, int size, FILE *restrict file);
wint_t fputwc(wchar_t character, FILE *file);
wint_t putwc(wchar_t character, FILE *file);
wint_t putwchar(wchar_t character);
int fputws(const wchar_t *restrict text, FILE *restrict file);

int wprintf(const wchar_t *restrict format, ...);
int fwprintf(FILE *restrict file, const wchar_t *restrict format, ...);
int swprintf(wchar_t *restrict to, size_t size, const wchar_t *restrict format, ...);
int vwprintf(const wchar_t *restrict format, va_list args);
int vfwprintf(FILE *restrict file, const wchar_t *restrict format, va_list args);
int vswprintf(wchar_t *restrict to, size_t size, const wchar_t *restrict format, va_list args);
int wscanf(const wchar_t *restrict format, ...);
int fwscanf(FILE *restrict file, const wchar_t *restrict format, ...);
int swscanf(const wchar_t *restrict text, const wchar_t *restrict format, ...);
int vwscanf(const wchar_t *restrict format, va_list args);
int vfwscanf(FILE *restrict file, const wchar_t *restrict format, va_list args);
int vswscanf(const wchar_t *restrict text, const wchar_t *restrict format, va_list args);

/* As the ones without a locale: there is one. Host headers may have the same type. */
typedef struct __locale_struct *locale_t;
int wcscoll_l(const wchar_t *a, const wchar_t *b, locale_t locale);
size_t wcsxfrm_l(wchar_t *restrict to, const wchar_t *restrict from, size_t size, locale_t locale);
int wcscasecmp_l(const wchar_t *a, const wchar_t *b, locale_t locale);
int wcsncasecmp_l(const wchar_t *a, const wchar_t *b, size_t length, locale_t locale);

#endif

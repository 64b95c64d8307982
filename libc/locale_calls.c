/*
 * The calls that take a locale (POSIX.1-2017, locale.h and what it names).  There is one, "C", so that they are the ones without; a locale
 * is a number that says so.
 */
#include <ctype.h>
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <wchar.h>
#include <wctype.h>

static char the_locale;

/* A category without a name counts, too: every one in the mask must be "C". */
locale_t newlocale(int mask, const char *name, locale_t base)
{
    (void)base;
    if (mask & ~LC_ALL_MASK || !name) {
        errno = EINVAL;
        return NULL;
    }
    if (*name && strcmp(name, "C") && strcmp(name, "POSIX")) {
        errno = ENOENT;
        return NULL;
    }
    return (locale_t)&the_locale;
}

locale_t duplocale(locale_t locale)
{
    (void)locale;
    return (locale_t)&the_locale;
}

void freelocale(locale_t locale)
{
    (void)locale;
}

/* The thread's locale until now; it never had another one than the program's. */
locale_t uselocale(locale_t locale)
{
    static _Thread_local locale_t used;
    locale_t before = used ? used : LC_GLOBAL_LOCALE;

    if (locale)
        used = locale;
    return before;
}

int isalnum_l(int character, locale_t locale)
{
    (void)locale;
    return isalnum(character);
}

int isalpha_l(int character, locale_t locale)
{
    (void)locale;
    return isalpha(character);
}

int isblank_l(int character, locale_t locale)
{
    (void)locale;
    return isblank(character);
}

int iscntrl_l(int character, locale_t locale)
{
    (void)locale;
    return iscntrl(character);
}

int isdigit_l(int character, locale_t locale)
{
    (void)locale;
    return isdigit(character);
}

int isgraph_l(int character, locale_t locale)
{
    (void)locale;
    return isgraph(character);
}

int islower_l(int character, locale_t locale)
{
    (void)locale;
    return islower(character);
}

int isprint_l(int character, locale_t locale)
{
    (void)locale;
    return isprint(character);
}

int ispunct_l(int character, locale_t locale)
{
    (void)locale;
    return ispunct(character);
}

int isspace_l(int character, locale_t locale)
{
    (void)locale;
    return isspace(character);
}

int isupper_l(int character, locale_t locale)
{
    (void)locale;
    return isupper(character);
}

int isxdigit_l(int character, locale_t locale)
{
    (void)locale;
    return isxdigit(character);
}

int tolower_l(int character, locale_t locale)
{
    (void)locale;
    return tolower(character);
}

int toupper_l(int character, locale_t locale)
{
    (void)locale;
    return toupper(character);
}

int iswalnum_l(wint_t character, locale_t locale)
{
    (void)locale;
    return iswalnum(character);
}

int iswalpha_l(wint_t character, locale_t locale)
{
    (void)locale;
    return iswalpha(character);
}

int iswblank_l(wint_t character, locale_t locale)
{
    (void)locale;
    return iswblank(character);
}

int iswcntrl_l(wint_t character, locale_t locale)
{
    (void)locale;
    return iswcntrl(character);
}

int iswdigit_l(wint_t character, locale_t locale)
{
    (void)locale;
    return iswdigit(character);
}

int iswgraph_l(wint_t character, locale_t locale)
{
    (void)locale;
    return iswgraph(character);
}

int iswlower_l(wint_t character, locale_t locale)
{
    (void)locale;
    return iswlower(character);
}

int iswprint_l(wint_t character, locale_t locale)
{
    (void)locale;
    return iswprint(character);
}

int iswpunct_l(wint_t character, locale_t locale)
{
    (void)locale;
    return iswpunct(character);
}

int iswspace_l(wint_t character, locale_t locale)
{
    (void)locale;
    return iswspace(character);
}

int iswupper_l(wint_t character, locale_t locale)
{
    (void)locale;
    return iswupper(character);
}

int iswxdigit_l(wint_t character, locale_t locale)
{
    (void)locale;
    return iswxdigit(character);
}

wint_t towlower_l(wint_t character, locale_t locale)
{
    (void)locale;
    return towlower(character);
}

wint_t towupper_l(wint_t character, locale_t locale)
{
    (void)locale;
    return towupper(character);
}

wctype_t wctype_l(const char *name, locale_t locale)
{
    (void)locale;
    return wctype(name);
}

int iswctype_l(wint_t character, wctype_t kind, locale_t locale)
{
    (void)locale;
    return iswctype(character, kind);
}

wctrans_t wctrans_l(const char *name, locale_t locale)
{
    (void)locale;
    return wctrans(name);
}

wint_t towctrans_l(wint_t character, wctrans_t kind, locale_t locale)
{
    (void)locale;
    return towctrans(character, kind);
}

int strcoll_l(const char *a, const char *b, locale_t locale)
{
    (void)locale;
    return strcoll(a, b);
}

size_t strxfrm_l(char *restrict to, const char *restrict from, size_t size, locale_t locale)
{
    (void)locale;
    return strxfrm(to, from, size);
}

char *strerror_l(int error, locale_t locale)
{
    (void)locale;
    return strerror(error);
}

int strcasecmp_l(const char *a, const char *b, locale_t locale)
{
    (void)locale;
    return strcasecmp(a, b);
}

int strncasecmp_l(const char *a, const char *b, size_t length, locale_t locale)
{
    (void)locale;
    return strncasecmp(a, b, length);
}

int wcscoll_l(const wchar_t *a, const wchar_t *b, locale_t locale)
{
    (void)locale;
    return wcscoll(a, b);
}

size_t wcsxfrm_l(wchar_t *restrict to, const wchar_t *restrict from, size_t size, locale_t locale)
{
    (void)locale;
    return wcsxfrm(to, from, size);
}

int wcscasecmp_l(const wchar_t *a, const wchar_t *b, locale_t locale)
{
    (void)locale;
    return wcscasecmp(a, b);
}

int wcsncasecmp_l(const wchar_t *a, const wchar_t *b, size_t length, locale_t locale)
{
    (void)locale;
    return wcsncasecmp(a, b, length);
}

char *nl_langinfo_l(nl_item item, locale_t locale)
{
    (void)locale;
    return nl_langinfo(item);
}

size_t strftime_l(char *restrict to, size_t size, const char *restrict format, const struct tm *restrict date,
                  locale_t locale)
{
    (void)locale;
    return strftime(to, size, format, date);
}

/* Kinds of wide characters: those of <ctype.h>. */
#ifndef CLOCKHAND_WCTYPE_H
#define CLOCKHAND_WCTYPE_H

typedef unsigned wint_t;
typedef unsigned long wctype_t;

#define WEOF 0xffffffffu

int iswalnum(wint_t character);
int iswalpha(wint_t character);
int iswblank(wint_t character);
int iswcntrl(wint_t character);
int iswdigit(wint_t character);
int iswgraph(wint_t character);
int iswlower(wint_t character);
int iswprint(wint_t character);
int iswpunct(wint_t character);
int iswspace(wint_t character);
int iswupper(wint_t character);
int iswxdigit(wint_t character);
wint_t towlower(wint_t character);
wint_t towupper(wint_t character);
/* The kind's number, from its name ("alpha"); 0 if there is none. */
wctype_t wctype(const char *name);
int iswctype(wint_t character, wctype_t kind);

/* Below: from musl's package, see libc/packaged.sh. */
typedef const int *wctrans_t;
wctrans_t wctrans(const char *name);
wint_t towctrans(wint_t character, wctrans_t kind);

#endif

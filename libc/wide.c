/* Kinds of wide characters. As characters are bytes (libc/wide_convert.c), whatever is not ASCII is of no kind. */
#include <ctype.h>
#include <string.h>
#include <wctype.h>

/* Every kind with its name; a kind's number is its place here, from 1. */
static const struct {
    const char *name;
    int (*test)(int character);
} kinds[] = {
    {"alnum", isalnum}, {"alpha", isalpha}, {"blank", isblank}, {"cntrl", iscntrl},
    {"digit", isdigit}, {"graph", isgraph}, {"lower", islower}, {"print", isprint},
    {"punct", ispunct}, {"space", isspace}, {"upper", isupper}, {"xdigit", isxdigit},
};

static int is_kind(wint_t character, int (*test)(int))
{
    return character < 128 && test((int)character);
}

wctype_t wctype(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (!strcmp(kinds[i].name, name))
            return i + 1;
    return 0;
}

int iswctype(wint_t character, wctype_t kind)
{
    return kind && kind <= sizeof kinds / sizeof kinds[0] && is_kind(character, kinds[kind - 1].test);
}

wint_t towlower(wint_t character)
{
    return character < 128 ? (wint_t)tolower((int)character) : character;
}

wint_t towupper(wint_t character)
{
    return character < 128 ? (wint_t)toupper((int)character) : character;
}

int iswalnum(wint_t character)
{
    return is_kind(character, isalnum);
}

int iswalpha(wint_t character)
{
    return is_kind(character, isalpha);
}

int iswblank(wint_t character)
{
    return is_kind(character, isblank);
}

int iswcntrl(wint_t character)
{
    return is_kind(character, iscntrl);
}

int iswdigit(wint_t character)
{
    return is_kind(character, isdigit);
}

int iswgraph(wint_t character)
{
    return is_kind(character, isgraph);
}

int iswlower(wint_t character)
{
    return is_kind(character, islower);
}

int iswprint(wint_t character)
{
    return is_kind(character, isprint);
}

int iswpunct(wint_t character)
{
    return is_kind(character, ispunct);
}

int iswspace(wint_t character)
{
    return is_kind(character, isspace);
}

int iswupper(wint_t character)
{
    return is_kind(character, isupper);
}

int iswxdigit(wint_t character)
{
    return is_kind(character, isxdigit);
}

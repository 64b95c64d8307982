/* Kinds of characters (ASCII).  Each is one comparison: a range below it wraps round to a large number. */
#include <ctype.h>

static inline int in_range(int character, int first, int last)
{
    return (unsigned)character - (unsigned)first <= (unsigned)(last - first);
}

int isdigit(int character)
{
    return in_range(character, '0', '9');
}

int isupper(int character)
{
    return in_range(character, 'A', 'Z');
}

int islower(int character)
{
    return in_range(character, 'a', 'z');
}

int isalpha(int character)
{
    return in_range(character | 32, 'a', 'z');
}

int isalnum(int character)
{
    return isalpha(character) || isdigit(character);
}

int isascii(int character)
{
    return in_range(character, 0, 127);
}

int isblank(int character)
{
    return character == ' ' || character == '\t';
}

int iscntrl(int character)
{
    return in_range(character, 0, 31) || character == 127;
}

int isgraph(int character)
{
    return in_range(character, '!', '~');
}

int isprint(int character)
{
    return in_range(character, ' ', '~');
}

int ispunct(int character)
{
    return isgraph(character) && !isalnum(character);
}

int isspace(int character)
{
    return character == ' ' || in_range(character, '\t', '\r');
}

int isxdigit(int character)
{
    return isdigit(character) || in_range(character | 32, 'a', 'f');
}

int tolower(int character)
{
    return isupper(character) ? character | 32 : character;
}

int toupper(int character)
{
    return islower(character) ? character & ~32 : character;
}

int toascii(int character)
{
    return character & 127;
}

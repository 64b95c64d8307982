/* Matching names against patterns: * ? [set] [!set] [[:class:]] and \ .  (POSIX XCU 2.13) */
#include <ctype.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static bool class_has(const char *name, size_t length, int character)
{
    static const struct {
        const char *name;
        int (*has)(int);
    } classes[] = {
        {"alpha", isalpha}, {"digit", isdigit}, {"alnum", isalnum}, {"upper", isupper},
        {"lower", islower}, {"space", isspace}, {"blank", isblank}, {"punct", ispunct},
        {"print", isprint}, {"graph", isgraph}, {"cntrl", iscntrl}, {"xdigit", isxdigit},
    };

    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        if (strlen(classes[i].name) == length && !memcmp(classes[i].name, name, length))
            return classes[i].has(character);
    return false;
}

/* The end of a set that begins behind '[', or NULL if it is never closed and the bracket is an ordinary character. */
static const char *set_end(const char *set)
{
    if (*set == '!' || *set == '^')
        set++;
    if (*set == ']')
        set++;
    for (; *set && *set != ']'; set++) {
        if (*set == '\\' && set[1])
            set++;
        const char *close = *set == '[' && set[1] == ':' ? strstr(set + 2, ":]") : NULL;
        if (close)
            set = close + 1;
    }
    return *set ? set : NULL;
}

/* Does the set between `at` and `end` have the character? */
static bool set_has(const char *at, const char *end, unsigned char character)
{
    bool inverted = *at == '!' || *at == '^', found = false;

    for (at += inverted; at < end; at++) {
        const char *close = *at == '[' && at[1] == ':' ? strstr(at + 2, ":]") : NULL;
        if (close && close < end) {
            found |= class_has(at + 2, (size_t)(close - at - 2), character);
            at = close + 1;
            continue;
        }
        if (*at == '\\' && at + 1 < end)
            at++;
        unsigned char first = (unsigned char)*at, last = first;
        if (at[1] == '-' && at + 2 < end) {
            at += 2;
            if (*at == '\\' && at + 1 < end)
                at++;
            last = (unsigned char)*at;
        }
        found |= character >= first && character <= last;
    }
    return found != inverted;
}

/* Matches one element of the pattern other than '*'; returns what follows it, NULL for no match. */
static const char *element_match(const char *pattern, char character, int flags)
{
    const char *end;

    if (character == '/' && flags & FNM_PATHNAME)
        return *pattern == '/' ? pattern + 1 : NULL;
    if (*pattern == '?')
        return pattern + 1;
    if (*pattern == '[' && (end = set_end(pattern + 1)))
        return set_has(pattern + 1, end, (unsigned char)character) ? end + 1 : NULL;
    if (*pattern == '\\' && pattern[1] && !(flags & FNM_NOESCAPE))
        pattern++;
    return *pattern == character ? pattern + 1 : NULL;
}

/* A leading dot is matched by a dot only, never by a wildcard. */
static bool dot_hidden(const char *pattern, const char *text, const char *start, int flags)
{
    bool leading = text == start || (flags & FNM_PATHNAME && text[-1] == '/');

    return flags & FNM_PERIOD && *text == '.' && leading && strchr("*?[", *pattern) && *pattern;
}

/* After a mismatch the last '*' takes one character more. */
int fnmatch(const char *pattern, const char *text, int flags)
{
    const char *start = text, *star = NULL, *star_text = NULL;

    for (;;) {
        if (dot_hidden(pattern, text, start, flags))
            return FNM_NOMATCH;
        if (*pattern == '*') {
            star = ++pattern;
            star_text = text;
            continue;
        }
        if (!*text && !*pattern)
            return 0;
        const char *next = *text && *pattern ? element_match(pattern, *text, flags) : NULL;
        if (next) {
            pattern = next;
            text++;
            continue;
        }
        if (!star || !*star_text || (*star_text == '/' && flags & FNM_PATHNAME))
            return FNM_NOMATCH;
        pattern = star;
        text = ++star_text;
    }
}

/* Regular expressions: the matches of many random ones, of chosen ones with their groups, errors. */
#include <regex.h>
#include <stdio.h>
#include <string.h>

#include "tests/user/random.h"

enum { PATTERNS = 600, TEXTS = 8, GROUPS = 4, PLAIN_REPEATS = 7 };

/*
 * Appends a random extended expression to `pattern`, which has room. Groups are not in one another and not counted, and counts have no range:
 * there the oracle finds matches that are too short, and TRE some that are too late.
 */
static void expression_append(char *pattern, int depth)
{
    static const char *const atoms[] = {"a", "b", "c", ".", "[ab]", "[^a]", "[a-c]", "[[:alpha:]]"};
    static const char *const repeats[] = {"", "", "", "", "*", "+", "?", "{2}", "{3}"};
    unsigned parts = 1 + random_below(3);
    for (unsigned part = 0; part < parts; part++) {
        if (depth > 0 && random_below(3) == 0) {
            strcat(pattern, "(");
            expression_append(pattern, depth - 1);
            strcat(pattern, ")");
            strcat(pattern, repeats[random_below(PLAIN_REPEATS)]);
        } else {
            strcat(pattern, atoms[random_below(sizeof atoms / sizeof atoms[0])]);
            strcat(pattern, repeats[random_below(sizeof repeats / sizeof repeats[0])]);
        }
    }
    if (depth > 0 && random_below(4) == 0) {
        strcat(pattern, "|");
        expression_append(pattern, depth - 1);
    }
}

static void pattern_random(char pattern[256])
{
    pattern[0] = 0;
    if (random_below(6) == 0)
        strcat(pattern, "^");
    expression_append(pattern, 1);
    if (random_below(6) == 0)
        strcat(pattern, "$");
}

static void random_check(void)
{
    char pattern[256], text[24];
    for (int i = 0; i < PATTERNS; i++) {
        regex_t regex;
        pattern_random(pattern);
        int error = regcomp(&regex, pattern, REG_EXTENDED);
        printf("%s:", pattern);
        if (error) {
            printf(" error %d\n", error);
            continue;
        }
        for (int j = 0; j < TEXTS; j++) {
            regmatch_t match;
            unsigned length = random_below(12);
            for (unsigned k = 0; k < length; k++)
                text[k] = "abcd"[random_below(4)];
            text[length] = 0;
            if (regexec(&regex, text, 1, &match, 0))
                printf(" -");
            else
                printf(" %d,%d", (int)match.rm_so, (int)match.rm_eo);
        }
        putchar('\n');
        regfree(&regex);
    }
}

static void show(const char *pattern, const char *text, int flags, int match_flags)
{
    regex_t regex;
    regmatch_t matches[GROUPS];
    int error = regcomp(&regex, pattern, flags);
    printf("%s: %s:", pattern, text);
    if (error) {
        printf(" error %d\n", error);
        return;
    }
    error = regexec(&regex, text, GROUPS, matches, match_flags);
    printf(" %d", error);
    for (int i = 0; !error && i < GROUPS && !(flags & REG_NOSUB); i++)
        printf(" %d,%d", (int)matches[i].rm_so, (int)matches[i].rm_eo);
    printf(" groups %zu\n", regex.re_nsub);
    regfree(&regex);
}

int main(void)
{
    char message[64];
    random_check();
    show("([a-z]+)=([0-9]*)", "  width=120;", REG_EXTENDED, 0);
    show("\\(a*\\)\\(b*\\)c", "xaabbc", 0, 0);
    show("\\(.\\)\\1", "abccd", 0, 0);
    show("a|ab|abc", "abcd", REG_EXTENDED, 0);
    show("(a|ab)(c|bcd)", "abcd", REG_EXTENDED, 0);
    show("HELLO", "say hello", REG_ICASE, 0);
    show("^b", "a\nb", REG_NEWLINE, 0);
    show("a$", "a\nb", REG_NEWLINE, 0);
    show("^a", "a", 0, REG_NOTBOL);
    show("a$", "a", 0, REG_NOTEOL);
    show("x*", "aaa", REG_NOSUB, 0);
    show("[[:digit:][:upper:]]+", "abC12d", REG_EXTENDED, 0);
    show("[]a]+", "x]a]", REG_EXTENDED, 0);
    show("a\\{2,3\\}", "caaaa", 0, 0);
    show("a.b", "a\nb", REG_EXTENDED, 0);
    show("(", "", REG_EXTENDED, 0);
    show("[a", "", REG_EXTENDED, 0);
    show("a{2,1}", "", REG_EXTENDED, 0);
    show("[[:nothing:]]", "", REG_EXTENDED, 0);
    show("\\(", "", 0, 0);
    show("[b-a]", "", 0, 0);
    printf("a message: %d\n", regerror(REG_EPAREN, NULL, message, sizeof message) > 4);
    return 0;
}

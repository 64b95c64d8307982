/*
 * Regular expressions, basic and extended. From musl's package, see libc/packaged.sh: the engine is TRE, which with a range of repetitions,
 * a{1,3}, now and then finds a longer match further on instead of the first one.
 */
#ifndef CLOCKHAND_REGEX_H
#define CLOCKHAND_REGEX_H

#include <stddef.h>

typedef long regoff_t;

typedef struct {
    size_t re_nsub; /* groups */
    void *engine[6];
    char more;
} regex_t;

typedef struct {
    regoff_t rm_so, rm_eo;
} regmatch_t;

#define REG_EXTENDED 1
#define REG_ICASE 2
#define REG_NEWLINE 4
#define REG_NOSUB 8
#define REG_NOTBOL 1
#define REG_NOTEOL 2

#define REG_OK 0
#define REG_NOMATCH 1
#define REG_BADPAT 2
#define REG_ECOLLATE 3
#define REG_ECTYPE 4
#define REG_EESCAPE 5
#define REG_ESUBREG 6
#define REG_EBRACK 7
#define REG_EPAREN 8
#define REG_EBRACE 9
#define REG_BADBR 10
#define REG_ERANGE 11
#define REG_ESPACE 12
#define REG_BADRPT 13
#define REG_ENOSYS (-1)

int regcomp(regex_t *restrict regex, const char *restrict pattern, int flags);
int regexec(const regex_t *restrict regex, const char *restrict text, size_t count, regmatch_t *restrict matches,
            int flags);
void regfree(regex_t *regex);
size_t regerror(int error, const regex_t *restrict regex, char *restrict text, size_t size);

#endif

/* The inside of scanf: where characters come from, and one conversion. See stdio_scan.c. */
#ifndef CLOCKHAND_LIBC_STDIO_SCAN_H
#define CLOCKHAND_LIBC_STDIO_SCAN_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include "libc/stdio_file.h"

enum { SCAN_POSITIONS_MOST = 64 };

struct scanner {
    FILE *file;
    long consumed;
    va_list args;
    void *places[SCAN_POSITIONS_MOST + 1]; /* of numbered arguments, %1$d */
};

struct conversion {
    bool suppress, allocate;
    size_t width;    /* 0: none given */
    int position;    /* the number of the argument, from 1; 0: the next one */
    char length;     /* 0 h l j z t L, 'H' for hh, 'q' for ll */
    char kind;       /* C and S are read as lc and ls */
    const char *set; /* of %[ */
    const char *set_end;
};

enum outcome { MATCHED, MISMATCH, INPUT_ENDED };

/* The next character, which stays; EOF. */
static inline int scan_peek(struct scanner *scanner)
{
    FILE *file = scanner->file;

    if (file->read_at == file->read_end) {
        if (getc(file) == EOF)
            return EOF;
        file->read_at--; /* unlike ungetc this never writes, and sscanf's buffer is the caller's string */
    }
    return *file->read_at;
}

static inline void scan_advance(struct scanner *scanner)
{
    getc(scanner->file);
    scanner->consumed++;
}

/* Where the conversion's result goes. */
static inline void *scan_destination(struct scanner *scanner, const struct conversion *conversion)
{
    return conversion->position ? scanner->places[conversion->position] : va_arg(scanner->args, void *);
}

/* Stores an integer of the conversion's length. */
void scan_store(struct scanner *scanner, const struct conversion *conversion, uintmax_t value);
/* d i u o x X p, and a e f g; behind white space. */
enum outcome scan_integer(struct scanner *scanner, const struct conversion *conversion);
enum outcome scan_float(struct scanner *scanner, const struct conversion *conversion);

#endif

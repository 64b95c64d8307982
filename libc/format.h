/*
 * Formatted output to anything: the printf language over a sink.  Shared by the kernel, which writes `#include "libc/format.h"`,
 * and stdio.  Programs get vsnprintf and snprintf from <stdio.h>.
 */
#ifndef CLOCKHAND_FORMAT_H
#define CLOCKHAND_FORMAT_H

#include <stdarg.h>
#include <stddef.h>

/* Where formatted text goes.  `write` is called with pieces of any length > 0; it cannot fail (a sink keeps its own error). */
struct format_sink {
    void (*write)(struct format_sink *sink, const char *text, size_t length);
    size_t total; /* bytes written so far, kept by format.c */
};

enum format_flag {
    FORMAT_LEFT = 1,  /* '-' */
    FORMAT_PLUS = 2,  /* '+' */
    FORMAT_SPACE = 4, /* ' ' */
    FORMAT_ALT = 8,   /* '#' */
    FORMAT_ZERO = 16, /* '0' */
};

/* One conversion specification, as read from the format string. */
struct format_spec {
    unsigned flags;
    int width;
    int precision;   /* -1: none given */
    char length;     /* 0 h l j z t L, 'H' for hh, 'q' for ll */
    char conversion; /* d i u o x X c s p n a e f g A E F G % */
};

/* A va_list in a struct, so that it can be passed on by address. */
struct format_args {
    va_list list;
};

/*
 * Writes `format` with its arguments to the sink.  Returns the number of bytes written, or -1 if they exceed INT_MAX.  All of
 * C17's conversions, but floating point only in programs (format_float.c); %ls and %lc take ASCII.
 */
int format_print(struct format_sink *sink, const char *format, va_list args);

/* As in C17: at most `size` bytes with the terminator; returns the length the whole text has. */
int vsnprintf(char *buffer, size_t size, const char *format, va_list args);
int snprintf(char *buffer, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* For format_float.c: raw output, counted; `count` times the same character; text padded to the specification's width. */
void format_put(struct format_sink *sink, const char *text, size_t length);
void format_fill(struct format_sink *sink, char character, int count);
void format_padded(struct format_sink *sink, const struct format_spec *spec, const char *prefix, int zeros,
                   const char *text, size_t length);

/* Takes a double or long double from args and writes it as spec (a e f g) says.  Not in the kernel. */
void format_float(struct format_sink *sink, const struct format_spec *spec, struct format_args *args);

#endif

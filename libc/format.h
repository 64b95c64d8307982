/*
 * Formatted output to anything: the printf language over a sink.  Shared by the kernel, which writes `#include "libc/format.h"`,
 * and stdio.  Programs get vsnprintf and snprintf from <stdio.h>.
 */
#ifndef CLOCKHAND_FORMAT_H
#define CLOCKHAND_FORMAT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where formatted text goes.  `write` is called with pieces of any length > 0; it cannot fail (a sink keeps its own error). */
struct format_sink {
    void (*write)(struct format_sink *sink, const char *text, size_t length);
    size_t total; /* bytes written so far, kept by format.c */
    bool failed;  /* a wide character had no bytes; nothing more is written */
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
    int width;       /* below 0 only for INT_MIN, which has no positive counterpart: format_run refuses it */
    int precision;   /* -1: none given */
    char length;     /* 0 h l j z t L, 'H' for hh, 'q' for ll */
    char conversion; /* d i u o x X c s p n a e f g A E F G %; C and S are read as lc and ls */

    /* The numbers of the arguments, from 1, where they are named as in %1$*2$d; 0: the next one. */
    int position, width_position, precision_position;
};

/* A va_list in a struct, so that it can be passed on by address; slots has all arguments if they are taken by number. */
struct format_args {
    va_list list;
    const struct format_slots *slots;
};

/*
 * Writes `format` with its arguments to the sink.  Returns the number of bytes written, or -1 if they exceed INT_MAX.  All of
 * C17's conversions and POSIX's numbered arguments; the kernel has no floating point, wide characters and numbers.
 */
int format_print(struct format_sink *sink, const char *format, va_list args);

/* As in C17: at most `size` bytes with the terminator; returns the length the whole text has. */
int vsnprintf(char *buffer, size_t size, const char *format, va_list args);
int snprintf(char *buffer, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* For format_float.c and format_wide.c: raw output, counted; `count` times the same character; text padded to the specification's width. */
void format_put(struct format_sink *sink, const char *text, size_t length);
void format_fill(struct format_sink *sink, char character, int count);
void format_padded(struct format_sink *sink, const struct format_spec *spec, const char *prefix, int zeros,
                   const char *text, size_t length);

/* Counts a conversion that would be longer than INT_MAX, instead of writing it. */
static inline void format_exceed(struct format_sink *sink)
{
    sink->total += (size_t)INT32_MAX + 1;
}

/* A string, cut at the precision; "(null)" if there is none. */
void format_text(struct format_sink *sink, struct format_spec *spec, const char *text);

/* Reads one specification; `at` stands behind the '%'.  Returns what follows it, or NULL if the string ends within. */
const char *format_parse(struct format_spec *spec, const char *at, struct format_args *args);
/* The n of "n$" at *at, which is moved behind that; 0, and *at where it was, if that is not what stands there. */
int format_position(const char **at);
/* Writes all of format; the rest of format_print. */
void format_run(struct format_sink *sink, const char *format, struct format_args *args);

/*
 * What programs have and the kernel has not.  format_float takes a double or long double from args and writes it as spec
 * (a e f g) says; format_wide a wide character or string (lc ls).  format_positional is format_run for numbered arguments, and
 * format_place makes argument `position` the next one.  format_failed returns -1, with errno.
 */
void format_float(struct format_sink *sink, const struct format_spec *spec, struct format_args *args);
void format_wide(struct format_sink *sink, struct format_spec *spec, struct format_args *args);
void format_positional(struct format_sink *sink, const char *format, struct format_args *args);
void format_place(struct format_args *args, int position);
int format_failed(const struct format_sink *sink);

#endif

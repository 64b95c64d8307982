/*
 * Text that grows: what the files of /proc are written into before a program reads them.
 *
 * A producer is a function `void NAME(struct text *text)` (or with a process or an address space before it) that calls
 * text_printf() as often as it likes; running out of memory is remembered and reported to the reader, so producers
 * check nothing.
 *
 * No lock: a text belongs to one thread. Growing sleeps; under a spin lock set room aside first (text_reserve), what
 * does not fit is dropped then.
 */
#ifndef KERNEL_FS_TEXT_H
#define KERNEL_FS_TEXT_H

#include "kernel/types.h"

struct text {
    char *data;
    size_t length; /* bytes in use */
    size_t capacity;
    bool failed; /* something was lost for want of memory */
};

static inline void text_init(struct text *text)
{
    *text = (struct text){0};
}

/* Frees the buffer; the text is empty again. */
void text_release(struct text *text);

/* Makes room for `extra` more bytes. False (and text->failed) without memory. Sleeps. */
bool text_reserve(struct text *text, size_t extra);

/* Appends bytes; formatted bytes (libc/format.c). Sleep only if the text must grow. */
void text_put(struct text *text, const char *bytes, size_t length);
void text_printf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Appends blanks until `column` bytes follow the last newline. */
void text_pad(struct text *text, size_t column);

#endif

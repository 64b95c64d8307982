/*
 * Growing text: a buffer that doubles, and the printf language into it.
 */
#include "kernel/fs/text.h"

#include <stdarg.h>

#include "libc/format.h"
#include "libc/string.h"
#include "mm/slab.h"

enum { TEXT_FIRST_CAPACITY = 512 };

void text_release(struct text *text)
{
    kfree(text->data);
    text_init(text);
}

bool text_reserve(struct text *text, size_t extra)
{
    if (extra <= text->capacity - text->length)
        return true;
    size_t capacity = text->capacity == 0 ? TEXT_FIRST_CAPACITY : 2 * text->capacity;
    while (capacity - text->length < extra)
        capacity *= 2;
    char *data = kmalloc(capacity);
    if (data == NULL) {
        text->failed = true;
        return false;
    }
    if (text->length > 0)
        memcpy(data, text->data, text->length);
    kfree(text->data);
    text->data = data;
    text->capacity = capacity;
    return true;
}

void text_put(struct text *text, const char *bytes, size_t length)
{
    if (length == 0 || !text_reserve(text, length))
        return;
    memcpy(text->data + text->length, bytes, length);
    text->length += length;
}

struct text_sink {
    struct format_sink sink;
    struct text *text;
};

static void text_sink_write(struct format_sink *sink, const char *bytes, size_t length)
{
    text_put(container_of(sink, struct text_sink, sink)->text, bytes, length);
}

void text_printf(struct text *text, const char *format, ...)
{
    struct text_sink sink = {.sink = {.write = text_sink_write}, .text = text};
    va_list args;
    va_start(args, format);
    (void)format_print(&sink.sink, format, args);
    va_end(args);
}

void text_pad(struct text *text, size_t column)
{
    size_t line = 0;
    while (line < text->length && text->data[text->length - 1 - line] != '\n')
        line++;
    for (; line < column; line++)
        text_put(text, " ", 1);
}

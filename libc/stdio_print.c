/* The printf family over format.c: a stream, a descriptor, a string, a string of its own. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "libc/format.h"
#include "libc/stdio_file.h"

struct stream_sink {
    struct format_sink sink;
    FILE *file;
};

static void stream_write(struct format_sink *sink, const char *text, size_t length)
{
    fwrite(text, 1, length, ((struct stream_sink *)sink)->file);
}

/* One write for the whole text of an unbuffered stream: a buffer is lent to it meanwhile. */
static int unbuffered_print(FILE *file, const char *format, va_list args)
{
    struct stream_sink sink = {.sink.write = stream_write, .file = file};
    unsigned char lent[512], *own = file->buffer;
    size_t size = file->size;

    if (stdio_begin_writing(file))
        return -1;
    file->buffer = file->write_at = lent;
    file->write_end = lent + sizeof lent;
    file->size = sizeof lent;
    file->buffering = _IOFBF;
    int length = format_print(&sink.sink, format, args);
    if (stdio_flush(file))
        length = -1;
    file->buffer = own;
    file->size = size;
    file->buffering = _IONBF;
    file->write_at = file->write_end = NULL;
    return length;
}

static int vfprintf_locked(FILE *restrict file, const char *restrict format, va_list args)
{
    struct stream_sink sink = {.sink.write = stream_write, .file = file};
    bool failed = file->failed;

    file->failed = false;
    int length = file->buffering == _IONBF ? unbuffered_print(file, format, args)
                                           : format_print(&sink.sink, format, args);
    if (file->failed)
        length = -1;
    file->failed |= failed;
    return length;
}

int vfprintf(FILE *restrict file, const char *restrict format, va_list args)
{
    stdio_lock(file);
    int result = vfprintf_locked(file, format, args);
    stdio_unlock(file);
    return result;
}

int vprintf(const char *restrict format, va_list args)
{
    return vfprintf(stdout, format, args);
}

int printf(const char *restrict format, ...)
{
    va_list args;

    va_start(args, format);
    int length = vfprintf(stdout, format, args);
    va_end(args);
    return length;
}

int fprintf(FILE *restrict file, const char *restrict format, ...)
{
    va_list args;

    va_start(args, format);
    int length = vfprintf(file, format, args);
    va_end(args);
    return length;
}

int vdprintf(int descriptor, const char *restrict format, va_list args)
{
    FILE file = {
        .ops = &stdio_descriptor_ops,
        .descriptor = descriptor,
        .buffering = _IONBF,
        .writable = true,
    };

    return vfprintf(&file, format, args);
}

int dprintf(int descriptor, const char *restrict format, ...)
{
    va_list args;

    va_start(args, format);
    int length = vdprintf(descriptor, format, args);
    va_end(args);
    return length;
}

int vsprintf(char *restrict buffer, const char *restrict format, va_list args)
{
    return vsnprintf(buffer, INT_MAX, format, args);
}

int sprintf(char *restrict buffer, const char *restrict format, ...)
{
    va_list args;

    va_start(args, format);
    int length = vsnprintf(buffer, INT_MAX, format, args);
    va_end(args);
    return length;
}

int vasprintf(char **result, const char *format, va_list args)
{
    va_list copy;

    va_copy(copy, args);
    int length = vsnprintf(NULL, 0, format, copy);
    va_end(copy);
    *result = length < 0 ? NULL : malloc((size_t)length + 1);
    return *result ? vsnprintf(*result, (size_t)length + 1, format, args) : -1;
}

int asprintf(char **result, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int length = vasprintf(result, format, args);
    va_end(args);
    return length;
}

/* A stream's buffer: turning it between reading and writing, filling and flushing it.  The picture is in stdio_file.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libc/stdio_file.h"
#include "libc/stdio_list.h"

/* The first use decides whether a stream is a terminal's, and then ends every line with a flush. */
static void buffering_decide(FILE *file)
{
    int saved = errno;

    file->line_undecided = false;
    if (file->buffering == _IOFBF && file->descriptor >= 0 && isatty(file->descriptor))
        file->buffering = _IOLBF;
    errno = saved;
}

int stdio_begin_reading(FILE *file)
{
    if (!file->readable) {
        errno = EBADF;
        file->failed = true;
        return EOF;
    }
    if (file->write_at && stdio_flush(file))
        return EOF;
    file->write_at = file->write_end = NULL;
    if (!file->read_at)
        file->read_at = file->read_end = file->buffer;
    if (!file->orientation)
        file->orientation = -1;
    return 0;
}

int stdio_begin_writing(FILE *file)
{
    if (!file->writable) {
        errno = EBADF;
        file->failed = true;
        return EOF;
    }
    if (file->read_at)
        stdio_flush(file);
    if (file->line_undecided)
        buffering_decide(file);
    file->read_at = file->read_end = NULL;
    if (!file->write_at) {
        file->write_at = file->buffer;
        file->write_end = file->buffering == _IONBF ? file->buffer : file->buffer + file->size;
    }
    file->at_end = false;
    if (!file->orientation)
        file->orientation = -1;
    return 0;
}

/* A prompt without a newline must be seen before its answer is waited for. */
static void lines_show(void)
{
    for (FILE *file = stdio_list; file; file = file->next)
        if (file->write_at && file->buffering == _IOLBF)
            stdio_flush(file);
}

int stdio_refill(FILE *file)
{
    unsigned char byte;

    if (file->line_undecided)
        buffering_decide(file);
    if (file->buffering != _IOFBF || file == stdin)
        lines_show();
    bool single = file->buffering == _IONBF;
    ssize_t length = file->ops->read(file, single ? &byte : file->buffer, single ? 1 : file->size);
    file->read_at = file->read_end = file->buffer;
    if (length <= 0) {
        *(length ? &file->failed : &file->at_end) = true;
        return EOF;
    }
    if (single)
        *--file->read_at = byte; /* into the bytes kept for ungetc: an unbuffered stream may have no others */
    else
        file->read_end += length;
    return 0;
}

static int bytes_write(FILE *file, const unsigned char *from, size_t length)
{
    while (length) {
        ssize_t done = file->ops->write(file, from, length);
        if (done < 0) {
            file->failed = true;
            return EOF;
        }
        from += done;
        length -= (size_t)done;
    }
    return 0;
}

/* What was read ahead is given back to a descriptor that can seek, so that others find the right place. */
static void reading_undo(FILE *file)
{
    int saved = errno;

    if (file->read_end > file->read_at)
        file->ops->seek(file, file->read_at - file->read_end, SEEK_CUR);
    file->read_at = file->read_end = NULL;
    errno = saved;
}

int stdio_flush(FILE *file)
{
    if (file->read_at)
        reading_undo(file);
    if (!file->write_at)
        return 0;
    size_t length = (size_t)(file->write_at - file->buffer);
    file->write_at = file->buffer;
    return bytes_write(file, file->buffer, length);
}

void stdio_flush_all(void)
{
    for (FILE *file = stdio_list; file; file = file->next)
        stdio_flush(file);
}

int fflush(FILE *file)
{
    int result = 0;

    if (file) {
        stdio_lock(file);
        result = stdio_flush(file);
        stdio_unlock(file);
        return result;
    }
    lock_take(&stdio_list_lock);
    for (file = stdio_list; file; file = file->next)
        if (file->write_at && fflush(file))
            result = EOF;
    lock_give(&stdio_list_lock);
    return result;
}

int stdio_overflow(FILE *file, unsigned char byte)
{
    if (!file->write_at && stdio_begin_writing(file))
        return EOF;
    if (file->buffering == _IONBF)
        return bytes_write(file, &byte, 1) ? EOF : byte;
    if (file->write_at == file->write_end && stdio_flush(file))
        return EOF;
    *file->write_at++ = byte;
    if (byte == '\n' && file->buffering == _IOLBF && stdio_flush(file))
        return EOF;
    return byte;
}

/* Copies what fits into the buffer; whole buffers go out directly. */
static int block_write(FILE *file, const unsigned char *from, size_t length)
{
    size_t room = (size_t)(file->write_end - file->write_at);

    if (length > room) {
        if (stdio_flush(file))
            return EOF;
        if (length >= file->size || file->buffering == _IONBF)
            return bytes_write(file, from, length);
    }
    memcpy(file->write_at, from, length);
    file->write_at += length;
    return 0;
}

static size_t fwrite_locked(const void *restrict from, size_t size, size_t count, FILE *restrict file)
{
    size_t length = size * count;

    if (!length || (!file->write_at && stdio_begin_writing(file)))
        return 0;
    if (block_write(file, from, length))
        return 0;
    if (file->buffering == _IOLBF && memrchr(from, '\n', length) && stdio_flush(file))
        return 0;
    return count;
}

size_t fwrite(const void *restrict from, size_t size, size_t count, FILE *restrict file)
{
    stdio_lock(file);
    size_t result = fwrite_locked(from, size, count, file);
    stdio_unlock(file);
    return result;
}

static int setvbuf_locked(FILE *restrict file, char *restrict buffer, int mode, size_t size)
{
    if (mode < _IOFBF || mode > _IONBF) {
        errno = EINVAL;
        return -1;
    }
    stdio_flush(file);
    file->write_at = file->write_end = NULL;
    file->buffering = mode;
    file->line_undecided = false;
    if (mode == _IONBF || !buffer || size <= STDIO_UNGET || file->read_at)
        return 0;
    if (file->buffer_owned)
        free(file->buffer - STDIO_UNGET);
    file->buffer_owned = false;
    file->buffer = (unsigned char *)buffer + STDIO_UNGET;
    file->size = size - STDIO_UNGET;
    return 0;
}

int setvbuf(FILE *restrict file, char *restrict buffer, int mode, size_t size)
{
    stdio_lock(file);
    int result = setvbuf_locked(file, buffer, mode, size);
    stdio_unlock(file);
    return result;
}

void setbuf(FILE *restrict file, char *restrict buffer)
{
    setvbuf(file, buffer, buffer ? _IOFBF : _IONBF, BUFSIZ);
}

void setlinebuf(FILE *file)
{
    setvbuf(file, NULL, _IOLBF, 0);
}

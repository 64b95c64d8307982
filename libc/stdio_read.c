/* Reading from streams. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "libc/stdio_file.h"

static int byte_refill(FILE *file)
{
    if (!file->read_at && stdio_begin_reading(file))
        return EOF;
    if (file->read_at == file->read_end && (file->at_end || stdio_refill(file)))
        return EOF;
    return *file->read_at++;
}

static inline int byte_get(FILE *file)
{
    return file->read_at != file->read_end ? *file->read_at++ : byte_refill(file);
}

int fgetc(FILE *file)
{
    stdio_lock(file);
    int byte = byte_get(file);
    stdio_unlock(file);
    return byte;
}

int getc(FILE *file)
{
    return fgetc(file);
}

int getc_unlocked(FILE *file)
{
    return byte_get(file);
}

int getchar(void)
{
    return fgetc(stdin);
}

int getchar_unlocked(void)
{
    return byte_get(stdin);
}

static int ungetc_locked(int character, FILE *file)
{
    if (character == EOF || (!file->read_at && stdio_begin_reading(file)))
        return EOF;
    if (file->read_at <= file->buffer - STDIO_UNGET)
        return EOF;
    *--file->read_at = (unsigned char)character;
    file->at_end = false;
    return (unsigned char)character;
}

int ungetc(int character, FILE *file)
{
    stdio_lock(file);
    int result = ungetc_locked(character, file);
    stdio_unlock(file);
    return result;
}

/* Makes at least one byte ready; the number that are, 0 at the end. */
static size_t bytes_ready(FILE *file)
{
    if (!file->read_at && stdio_begin_reading(file))
        return 0;
    if (file->read_at == file->read_end && (file->at_end || stdio_refill(file)))
        return 0;
    return (size_t)(file->read_end - file->read_at);
}

static char *fgets_locked(char *restrict buffer, int size, FILE *restrict file)
{
    char *to = buffer;
    size_t room = size > 0 ? (size_t)size - 1 : 0;
    bool ended = false;

    while (room && !ended) {
        size_t length = bytes_ready(file);
        if (!length)
            break;
        if (length > room)
            length = room;
        const unsigned char *newline = memchr(file->read_at, '\n', length);
        if (newline) {
            length = (size_t)(newline - file->read_at) + 1;
            ended = true;
        }
        memcpy(to, file->read_at, length);
        file->read_at += length;
        to += length;
        room -= length;
    }
    if (to == buffer || size <= 0)
        return NULL;
    *to = 0;
    return buffer;
}

char *fgets(char *restrict buffer, int size, FILE *restrict file)
{
    stdio_lock(file);
    char *result = fgets_locked(buffer, size, file);
    stdio_unlock(file);
    return result;
}

/* Makes room for `needed` bytes in a buffer that getdelim was given. */
static int line_grow(char **line, size_t *size, size_t needed)
{
    if (*line && *size >= needed)
        return 0;
    size_t wanted = needed < 120 ? 120 : needed + needed / 2;
    char *grown = realloc(*line, wanted);
    if (!grown)
        return -1;
    *line = grown;
    *size = wanted;
    return 0;
}

static ssize_t getdelim_locked(char **restrict line, size_t *restrict size, int delimiter, FILE *restrict file)
{
    size_t used = 0, length;
    const unsigned char *end = NULL;

    if (!line || !size) {
        errno = EINVAL;
        return -1;
    }
    while (!end && (length = bytes_ready(file))) {
        end = memchr(file->read_at, delimiter, length);
        if (end)
            length = (size_t)(end - file->read_at) + 1;
        if (line_grow(line, size, used + length + 1))
            return -1;
        memcpy(*line + used, file->read_at, length);
        file->read_at += length;
        used += length;
    }
    if (!used)
        return -1;
    (*line)[used] = 0;
    return (ssize_t)used;
}

ssize_t getdelim(char **restrict line, size_t *restrict size, int delimiter, FILE *restrict file)
{
    stdio_lock(file);
    ssize_t result = getdelim_locked(line, size, delimiter, file);
    stdio_unlock(file);
    return result;
}

ssize_t getline(char **restrict line, size_t *restrict size, FILE *restrict file)
{
    return getdelim(line, size, '\n', file);
}

/* A large request goes straight to the caller's memory once the buffer is empty. */
static size_t bytes_read(FILE *file, unsigned char *to, size_t length)
{
    size_t done = 0;

    while (done < length) {
        size_t ready = (size_t)(file->read_end - file->read_at), wanted = length - done;
        if (!ready && wanted >= file->size && file->buffering != _IONBF && file->read_at && !file->at_end) {
            ssize_t direct = file->ops->read(file, to + done, wanted);
            if (direct <= 0) {
                *(direct ? &file->failed : &file->at_end) = true;
                break;
            }
            done += (size_t)direct;
            continue;
        }
        ready = bytes_ready(file);
        if (!ready)
            break;
        if (ready > wanted)
            ready = wanted;
        memcpy(to + done, file->read_at, ready);
        file->read_at += ready;
        done += ready;
    }
    return done;
}

static size_t fread_locked(void *restrict to, size_t size, size_t count, FILE *restrict file)
{
    if (!size || !count)
        return 0;
    return bytes_read(file, to, size * count) / size;
}

size_t fread(void *restrict to, size_t size, size_t count, FILE *restrict file)
{
    stdio_lock(file);
    size_t result = fread_locked(to, size, count, file);
    stdio_unlock(file);
    return result;
}

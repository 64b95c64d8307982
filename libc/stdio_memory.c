/* Streams over memory: a given piece (fmemopen) and a string that grows (open_memstream). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "libc/stdio_file.h"

struct memory {
    char *data;
    size_t size;   /* of the piece or the allocation */
    size_t length; /* of the contents */
    size_t position;
    bool owned, appending;
    char **result; /* open_memstream: where to report */
    size_t *result_length;
};

static ssize_t memory_read(FILE *file, void *buffer, size_t length)
{
    struct memory *memory = file->cookie;
    size_t ready = memory->position < memory->length ? memory->length - memory->position : 0;

    if (length > ready)
        length = ready;
    memcpy(buffer, memory->data + memory->position, length);
    memory->position += length;
    return (ssize_t)length;
}

static off_t memory_seek(FILE *file, off_t offset, int whence)
{
    struct memory *memory = file->cookie;
    size_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? memory->position : memory->length;
    off_t wanted = (off_t)base + offset;

    if (wanted < 0 || (!memory->result && (size_t)wanted > memory->size)) {
        errno = EINVAL;
        return -1;
    }
    return (off_t)(memory->position = (size_t)wanted);
}

static ssize_t memory_write(FILE *file, const void *buffer, size_t length)
{
    struct memory *memory = file->cookie;

    if (memory->appending)
        memory->position = memory->length;
    size_t room = memory->size - memory->position;
    if (length > room)
        length = room;
    if (!length) {
        errno = ENOSPC;
        return -1;
    }
    memcpy(memory->data + memory->position, buffer, length);
    memory->position += length;
    if (memory->position > memory->length) {
        memory->length = memory->position;
        if (memory->length < memory->size)
            memory->data[memory->length] = 0;
    }
    return (ssize_t)length;
}

static int memory_close(FILE *file)
{
    struct memory *memory = file->cookie;

    if (memory->owned)
        free(memory->data);
    free(memory);
    return 0;
}

static const struct stdio_ops memory_ops = {memory_read, memory_write, memory_seek, memory_close};

static FILE *memory_open(const struct stdio_ops *ops, const char *mode)
{
    struct memory *memory = calloc(1, sizeof *memory);
    FILE *file = memory ? stdio_file_new(ops, mode) : NULL;

    if (!file) {
        free(memory);
        return NULL;
    }
    file->cookie = memory;
    return file;
}

FILE *fmemopen(void *restrict data, size_t size, const char *restrict mode)
{
    if (stdio_mode_flags(mode) < 0)
        return NULL;
    void *own = data ? NULL : calloc(1, size ? size : 1);
    FILE *file = data || own ? memory_open(&memory_ops, mode) : NULL;
    if (!file) {
        free(own);
        return NULL;
    }
    struct memory *memory = file->cookie;
    memory->data = data ? data : own;
    memory->size = size;
    memory->owned = own;
    memory->appending = *mode == 'a';
    memory->length = *mode == 'r' ? size : *mode == 'a' ? strnlen(memory->data, size) : 0;
    memory->position = *mode == 'a' ? memory->length : 0;
    if (*mode == 'w' && size)
        *memory->data = 0;
    return file;
}

static ssize_t growing_write(FILE *file, const void *buffer, size_t length)
{
    struct memory *memory = file->cookie;
    size_t needed = memory->position + length;

    if (needed + 1 > memory->size) {
        size_t size = needed + 1 + memory->size;
        char *grown = realloc(memory->data, size);
        if (!grown)
            return -1;
        memset(grown + memory->size, 0, size - memory->size);
        memory->data = grown;
        memory->size = size;
    }
    memcpy(memory->data + memory->position, buffer, length);
    memory->position = needed;
    if (needed > memory->length)
        memory->length = needed;
    *memory->result = memory->data;
    *memory->result_length = memory->length;
    return (ssize_t)length;
}

/* The string belongs to the caller. */
static int growing_close(FILE *file)
{
    free(file->cookie);
    return 0;
}

static const struct stdio_ops growing_ops = {memory_read, growing_write, memory_seek, growing_close};

FILE *open_memstream(char **text, size_t *length)
{
    FILE *file = memory_open(&growing_ops, "w");
    char *empty = calloc(1, 1);

    if (!file || !empty) {
        free(empty);
        if (file)
            fclose(file);
        return NULL;
    }
    struct memory *memory = file->cookie;
    memory->data = *text = empty;
    memory->size = 1;
    memory->result = text;
    memory->result_length = length;
    *length = 0;
    return file;
}

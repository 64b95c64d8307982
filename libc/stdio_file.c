/* Streams: making, opening and closing them; the ones over descriptors; the three every program has. */
#include "libc/stdio_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libc/stdio_list.h"
#include "libc/syscall.h"

/* No cancellation points: the stream's lock is held. */
static ssize_t descriptor_read(FILE *file, void *buffer, size_t length)
{
    return call_result(call_raw3(SYS_read, file->descriptor, (long)buffer, (long)length));
}

static ssize_t descriptor_write(FILE *file, const void *buffer, size_t length)
{
    return call_result(call_raw3(SYS_write, file->descriptor, (long)buffer, (long)length));
}

static off_t descriptor_seek(FILE *file, off_t offset, int whence)
{
    return lseek(file->descriptor, offset, whence);
}

static int descriptor_close(FILE *file)
{
    return (int)call_result(call_raw1(SYS_close, file->descriptor));
}

const struct stdio_ops stdio_descriptor_ops = {descriptor_read, descriptor_write, descriptor_seek, descriptor_close};

static unsigned char input_buffer[STDIO_UNGET + BUFSIZ];
static unsigned char output_buffer[STDIO_UNGET + BUFSIZ];
static unsigned char error_buffer[STDIO_UNGET];
static FILE input_file, output_file, error_file;

static FILE input_file = {
    .ops = &stdio_descriptor_ops,
    .descriptor = STDIN_FILENO,
    .buffer = input_buffer + STDIO_UNGET,
    .size = BUFSIZ,
    .readable = true,
    .next = &output_file,
};

static FILE output_file = {
    .ops = &stdio_descriptor_ops,
    .descriptor = STDOUT_FILENO,
    .buffer = output_buffer + STDIO_UNGET,
    .size = BUFSIZ,
    .writable = true,
    .line_undecided = true,
    .next = &error_file,
    .previous = &input_file,
};

static FILE error_file = {
    .ops = &stdio_descriptor_ops,
    .descriptor = STDERR_FILENO,
    .buffer = error_buffer + STDIO_UNGET,
    .buffering = _IONBF,
    .writable = true,
    .previous = &output_file,
};

#undef stdin
#undef stdout
#undef stderr
FILE *const stdin = &input_file;
FILE *const stdout = &output_file;
FILE *const stderr = &error_file;

FILE *stdio_list = &input_file;
struct lock stdio_list_lock;

static void list_remove(FILE *file)
{
    lock_take(&stdio_list_lock);
    if (file->next)
        file->next->previous = file->previous;
    if (file->previous)
        file->previous->next = file->next;
    else
        stdio_list = file->next;
    lock_give(&stdio_list_lock);
}

static void list_insert(FILE *file)
{
    lock_take(&stdio_list_lock);
    file->previous = NULL;
    file->next = stdio_list;
    if (stdio_list)
        stdio_list->previous = file;
    stdio_list = file;
    lock_give(&stdio_list_lock);
}

int stdio_mode_flags(const char *mode)
{
    int flags = strchr(mode, '+') ? O_RDWR : *mode == 'r' ? O_RDONLY : O_WRONLY;

    if (*mode == 'w')
        flags |= O_CREAT | O_TRUNC;
    else if (*mode == 'a')
        flags |= O_CREAT | O_APPEND;
    else if (*mode != 'r') {
        errno = EINVAL;
        return -1;
    }
    if (strchr(mode, 'x'))
        flags |= O_EXCL;
    if (strchr(mode, 'e'))
        flags |= O_CLOEXEC;
    return flags;
}

static void mode_set(FILE *file, const char *mode)
{
    file->readable = *mode == 'r' || strchr(mode, '+');
    file->writable = *mode != 'r' || strchr(mode, '+');
    file->appending = *mode == 'a';
}

FILE *stdio_file_new(const struct stdio_ops *ops, const char *mode)
{
    FILE *file = calloc(1, sizeof *file + STDIO_UNGET + BUFSIZ);

    if (!file)
        return NULL;
    file->ops = ops;
    file->descriptor = -1;
    file->buffer = (unsigned char *)(file + 1) + STDIO_UNGET;
    file->size = BUFSIZ;
    file->file_owned = true;
    file->line_undecided = true;
    mode_set(file, mode);
    list_insert(file);
    return file;
}

FILE *fdopen(int descriptor, const char *mode)
{
    int flags = stdio_mode_flags(mode);

    if (flags < 0 || fcntl(descriptor, F_GETFD) < 0)
        return NULL;
    FILE *file = stdio_file_new(&stdio_descriptor_ops, mode);
    if (!file)
        return NULL;
    file->descriptor = descriptor;
    if (flags & O_CLOEXEC)
        fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    if (flags & O_APPEND)
        fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_APPEND);
    return file;
}

FILE *fopen(const char *restrict path, const char *restrict mode)
{
    int flags = stdio_mode_flags(mode);
    int descriptor = flags < 0 ? -1 : open(path, flags, 0666);

    if (descriptor < 0)
        return NULL;
    FILE *file = fdopen(descriptor, mode);
    if (!file)
        close(descriptor);
    return file;
}

int fclose(FILE *file)
{
    int result = fflush(file);

    if (file->ops->close(file))
        result = EOF;
    list_remove(file);
    if (file->buffer_owned)
        free(file->buffer - STDIO_UNGET);
    if (file->file_owned)
        free(file);
    return result;
}

/* Keeps the descriptor's number, as programs that redirect their standard streams expect. */
FILE *freopen(const char *restrict path, const char *restrict mode, FILE *restrict file)
{
    int flags = stdio_mode_flags(mode);
    int descriptor = flags < 0 || !path ? -1 : open(path, flags, 0666);

    stdio_flush(file);
    if (descriptor < 0) {
        fclose(file);
        return NULL;
    }
    if (file->descriptor >= 0 && descriptor != file->descriptor) {
        dup3(descriptor, file->descriptor, flags & O_CLOEXEC);
        close(descriptor);
    } else {
        file->descriptor = descriptor;
    }
    file->read_at = file->read_end = file->write_at = file->write_end = NULL;
    file->at_end = file->failed = false;
    file->orientation = 0;
    mode_set(file, mode);
    return file;
}

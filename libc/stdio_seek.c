/* Positions in streams. */
#include <errno.h>

#include "libc/stdio_file.h"

static int fseeko_locked(FILE *file, off_t offset, int whence)
{
    if (whence < SEEK_SET || whence > SEEK_END) {
        errno = EINVAL;
        return -1;
    }
    /* Flushing gives what was read ahead back, so SEEK_CUR needs no correction. */
    if (stdio_flush(file))
        return -1;
    if (file->ops->seek(file, offset, whence) < 0)
        return -1;
    file->read_at = file->read_end = file->write_at = file->write_end = NULL;
    file->at_end = false;
    return 0;
}

int fseeko(FILE *file, off_t offset, int whence)
{
    stdio_lock(file);
    int result = fseeko_locked(file, offset, whence);
    stdio_unlock(file);
    return result;
}

int fseek(FILE *file, long offset, int whence)
{
    return fseeko(file, offset, whence);
}

static off_t ftello_locked(FILE *file)
{
    off_t position = file->ops->seek(file, 0, file->appending && file->write_at ? SEEK_END : SEEK_CUR);

    if (position < 0)
        return position;
    if (file->read_at)
        return position - (file->read_end - file->read_at);
    return file->write_at ? position + (file->write_at - file->buffer) : position;
}

off_t ftello(FILE *file)
{
    stdio_lock(file);
    off_t result = ftello_locked(file);
    stdio_unlock(file);
    return result;
}

long ftell(FILE *file)
{
    return ftello(file);
}

void rewind(FILE *file)
{
    fseeko(file, 0, SEEK_SET);
    file->failed = false;
}

int fgetpos(FILE *restrict file, fpos_t *restrict position)
{
    *position = ftello(file);
    return *position < 0 ? -1 : 0;
}

int fsetpos(FILE *file, const fpos_t *position)
{
    return fseeko(file, *position, SEEK_SET);
}

/* Writing characters and strings to streams, and the small queries. */
#include <errno.h>
#include <string.h>

#include "libc/stdio_file.h"

/* Newlines take the slow way, where line buffering is looked at. */
static inline int byte_put(int character, FILE *file)
{
    unsigned char byte = (unsigned char)character;

    if (file->write_at == file->write_end || byte == '\n')
        return stdio_overflow(file, byte);
    *file->write_at++ = byte;
    return byte;
}

int fputc(int character, FILE *file)
{
    stdio_lock(file);
    int byte = byte_put(character, file);
    stdio_unlock(file);
    return byte;
}

int putc(int character, FILE *file)
{
    return fputc(character, file);
}

int putc_unlocked(int character, FILE *file)
{
    return byte_put(character, file);
}

int putchar(int character)
{
    return fputc(character, stdout);
}

int putchar_unlocked(int character)
{
    return byte_put(character, stdout);
}

int fputs(const char *restrict text, FILE *restrict file)
{
    size_t length = strlen(text);

    return fwrite(text, 1, length, file) == length ? 0 : EOF;
}

int puts(const char *text)
{
    stdio_lock(stdout);
    int result = fputs(text, stdout) < 0 || byte_put('\n', stdout) < 0 ? EOF : 0;
    stdio_unlock(stdout);
    return result;
}

int feof(FILE *file)
{
    return file->at_end;
}

int ferror(FILE *file)
{
    return file->failed;
}

void clearerr(FILE *file)
{
    file->at_end = file->failed = false;
}

int fileno(FILE *file)
{
    if (file->descriptor < 0)
        errno = EBADF;
    return file->descriptor;
}

void perror(const char *message)
{
    const char *text = strerror(errno);

    if (message && *message)
        fprintf(stderr, "%s: %s\n", message, text);
    else
        fprintf(stderr, "%s\n", text);
}

/* The record of all calls; its format is in malloc_trace.h. Protected by the heap's lock. */
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "libc/malloc_trace.h"

enum { LINE_MOST = 80, PATH_MOST = 256 };

static int file = -1;
static char buffer[4096];
static size_t used;

static void put(char letter)
{
    buffer[used++] = letter;
}

static size_t digits_write(char *to, uint64_t value, unsigned base)
{
    char digits[24];
    size_t count = 0;

    do
        digits[count++] = "0123456789abcdef"[value % base];
    while (value /= base);
    for (size_t i = 0; i < count; i++)
        to[i] = digits[count - 1 - i];
    return count;
}

static void put_number(uint64_t value, unsigned base)
{
    put(' ');
    used += digits_write(buffer + used, value, base);
}

static void trace_flush(void)
{
    size_t done = 0;

    while (file >= 0 && done < used) {
        ssize_t length = write(file, buffer + done, used - done);
        if (length <= 0)
            break;
        done += (size_t)length;
    }
    used = 0;
}

/* Runs when the program ends by itself. */
__attribute__((destructor)) static void trace_end(void)
{
    trace_flush();
}

bool trace_begin(const char *path)
{
    char other[PATH_MOST];
    size_t length = strlen(path);

    file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (file < 0 && length < sizeof other - 24) {
        memcpy(other, path, length);
        other[length++] = '.';
        other[length + digits_write(other + length, (uint64_t)getpid(), 10)] = '\0';
        file = open(other, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    }
    return file >= 0;
}

void trace_note(char kind, const void *old, const void *payload, size_t request)
{
    if (file < 0)
        return;
    if (used > sizeof buffer - LINE_MOST)
        trace_flush();
    put(kind);
    if (kind != 'a')
        put_number((uintptr_t)old, 16);
    if (kind != 'f') {
        put_number((uintptr_t)payload, 16);
        put_number(request, 10);
    }
    put('\n');
}

void trace_drop(void)
{
    if (file >= 0)
        close(file);
    file = -1;
    used = 0;
}

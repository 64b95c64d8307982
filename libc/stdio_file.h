/*
 * The inside of a stream.  A buffer holds either bytes read ahead (read_at..read_end) or bytes not yet written
 * (buffer..write_at), never both:
 *
 *     reading:  buffer | consumed | read_at ... read_end | free
 *     writing:  buffer ... write_at | free up to write_end
 *
 * A stream that is neither has all of these pointers NULL, so that getc and putc need one comparison each to find out.
 * What the bytes come from and go to is behind three functions: a descriptor, a piece of memory, a growing string.
 */
#ifndef CLOCKHAND_LIBC_STDIO_FILE_H
#define CLOCKHAND_LIBC_STDIO_FILE_H

#include <stdbool.h>
#include <stdio.h>

#include "libc/lock.h"

/* Each returns like read, write and lseek, with errno. */
struct stdio_ops {
    ssize_t (*read)(FILE *file, void *buffer, size_t length);
    ssize_t (*write)(FILE *file, const void *buffer, size_t length);
    off_t (*seek)(FILE *file, off_t offset, int whence);
    int (*close)(FILE *file);
};

enum { STDIO_UNGET = 8 }; /* bytes kept free before the buffer, for ungetc */

struct stdio_file {
    unsigned char *read_at, *read_end;
    unsigned char *write_at, *write_end; /* write_end == write_at when every byte must go through stdio_overflow */
    unsigned char *buffer;
    size_t size;
    const struct stdio_ops *ops;
    int descriptor;
    int buffering; /* _IOFBF, _IOLBF, _IONBF */
    bool readable, writable, appending;
    bool at_end, failed;
    bool buffer_owned, file_owned, line_undecided;
    signed char orientation; /* 1 wide, -1 bytes, 0 not yet decided (fwide) */
    pid_t child;             /* popen */
    void *cookie;
    FILE *next, *previous;
    struct lock lock;
    struct thread *owner; /* who has the lock, so that he may take it again */
    int depth;
};

extern const struct stdio_ops stdio_descriptor_ops;

/* Every function of <stdio.h> that works on a stream holds its lock; with one thread that costs a comparison. */
void stdio_lock_wait(FILE *file);
void stdio_lock_give(FILE *file);

static inline void stdio_lock(FILE *file)
{
    if (threads_running)
        stdio_lock_wait(file);
}

static inline void stdio_unlock(FILE *file)
{
    if (threads_running)
        stdio_lock_give(file);
}

/* A new, empty stream in the list of open ones; NULL with errno. */
FILE *stdio_file_new(const struct stdio_ops *ops, const char *mode);
/* open(2) flags of a mode such as "r+b"; -1 with EINVAL. */
int stdio_mode_flags(const char *mode);
/* Makes the stream read or write; 0, or EOF with errno when it cannot. */
int stdio_begin_reading(FILE *file);
int stdio_begin_writing(FILE *file);
/* Reads more into the empty buffer; 0, or EOF at the end or for an error. */
int stdio_refill(FILE *file);
/* Writes out what is pending; 0 or EOF. */
int stdio_flush(FILE *file);
/* One byte that does not fit or ends a line. */
int stdio_overflow(FILE *file, unsigned char byte);
/* For exit: flushes everything.  Weak: programs without streams have no such function. */
void stdio_flush_all(void) __attribute__((weak));

#endif

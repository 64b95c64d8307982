/*
 * The thread control block.  The thread pointer (FS base) holds its address; thread-local variables lie below it, and
 * %fs:0 must hold the address itself.  (ELF Handling for Thread-Local Storage, variant II)
 */
#ifndef CLOCKHAND_LIBC_THREAD_H
#define CLOCKHAND_LIBC_THREAD_H

#include <stddef.h>

struct thread {
    struct thread *self;
    int id;
};

static inline struct thread *thread_self(void)
{
    struct thread *self;

    __asm__("mov %%fs:0, %0" : "=r"(self));
    return self;
}

/* The thread-local data every thread starts with, found in the program headers at start-up. */
struct thread_image {
    const void *data;
    size_t data_length;
    size_t size;
    size_t alignment;
};

extern struct thread_image thread_image;

/* Bytes needed for one thread's variables and control block. */
size_t thread_area_size(void);
/* Sets up both in `area` (aligned to 64); returns the control block. */
struct thread *thread_area_init(void *area);
/* For program_start: finds the image and gives the first thread its area. */
void thread_first_init(const unsigned long *auxiliary);

#endif

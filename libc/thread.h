/*
 * The thread control block.  The thread pointer (FS base) holds its address; thread-local variables lie below it, and
 * %fs:0 must hold the address itself.  (ELF Handling for Thread-Local Storage, variant II)
 */
#ifndef CLOCKHAND_LIBC_THREAD_H
#define CLOCKHAND_LIBC_THREAD_H

#include <stdatomic.h>
#include <stddef.h>

enum { THREAD_KEYS = 64 };

struct pthread_cleanup;

enum thread_state { THREAD_JOINABLE, THREAD_DETACHED, THREAD_ENDED };

struct thread {
    struct thread *self;
    atomic_int id; /* the kernel sets it to 0 and wakes when the thread has ended */
    atomic_int state;
    void *mapping; /* guard, stack, variables and this, from one mmap; NULL for the first thread */
    size_t mapping_length;
    void *stack;          /* its lowest byte above the guard; NULL for the first thread */
    unsigned long canary; /* at 40, where code compiled with a stack protector looks for it */
    size_t stack_length;
    void *(*start)(void *);
    void *argument, *result;
    atomic_int cancelled;                              /* pthread_cancel was called for it */
    volatile int cancel_disabled, cancel_asynchronous; /* only its own; read by its signal handler */
    struct pthread_cleanup *cleanups;                  /* to be run when it ends early, the last one first */
    struct { /* for the kernel: the robust mutexes it holds (pthread_robust.c) */
        void *first;
        long word_offset;
        void *pending;
    } robust;
    const void *values[THREAD_KEYS]; /* pthread_setspecific */
};

_Static_assert(offsetof(struct thread, canary) == 40, "System V ABI, AMD64 supplement, and the compilers");

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

/* Locks and cancellation points work from now on (lock.h: threads_running). */
void threads_begin(void);
/* Bytes needed for one thread's variables and control block. */
size_t thread_area_size(void);
/* Sets up both in `area` (aligned to 64); returns the control block. */
struct thread *thread_area_init(void *area);
/* Runs the destructors of this thread's values. */
void thread_values_destroy(void) __attribute__((weak));
/* clone in thread_clone.asm: the new thread calls thread_main on that stack. Returns like the system call. */
long thread_clone(unsigned long flags, void *stack, atomic_int *id, struct thread *thread);
/* Unmaps the stack it runs on and ends the thread. */
_Noreturn void thread_unmap_exit(void *mapping, size_t length);
/* Where a new thread begins. */
_Noreturn void thread_main(struct thread *thread);
/* For program_start: finds the image and gives the first thread its area. */
void thread_first_init(const unsigned long *auxiliary);

#endif

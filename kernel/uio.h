/*
 * uio: the memory side of a read or write, user or kernel, one buffer or several, with how much of it is left.
 *
 * File code moves bytes with uio_copy_*; whether these go to a program's memory or the kernel's own is decided here. Copies to
 * user memory sleep and take the address space's mutex; a caller that must hold an inode lock or a BUSY page meanwhile calls uio_pin() first,
 * which faults in and pins the next bytes, and then moves no more than uio_pin() returned.
 */
#ifndef KERNEL_UIO_H
#define KERNEL_UIO_H

#include "kernel/types.h"

struct aspace;
struct page;

struct uio_segment { /* Linux's struct iovec */
    uint64_t base;
    uint64_t length;
};

#define UIO_PINNED_MAX 16

struct uio {
    struct aspace *aspace; /* null: addresses are the kernel's own */
    struct uio_segment *segments;
    unsigned count; /* segments left, the current one included */
    uint64_t skip;  /* bytes of the current segment already moved */
    uint64_t left;  /* bytes left in all */
    bool into;      /* data goes into this memory: the program reads */
    struct page *pinned[UIO_PINNED_MAX];
    unsigned pinned_count, pinned_next;
    struct uio_segment single;     /* for the common case */
    struct uio_segment *allocated; /* the copied vector, or null */
};

void uio_init_kernel(struct uio *uio, void *buffer, size_t length, bool into);
/* The running thread's memory. -EFAULT if it is not user space at all. */
int uio_init_user(struct uio *uio, vaddr_t buffer, size_t length, bool into) must_check;
/* Copies `count` iovecs from the user (into a kmalloc'ed array when more than one); -EINVAL, -EFAULT, -ENOMEM. */
int uio_init_user_vector(struct uio *uio, vaddr_t vector, int count, bool into) must_check;
void uio_release(struct uio *uio); /* pins and arrays */

/* Faults in and pins up to `length` bytes (at most UIO_PINNED_MAX pages); returns how many bytes may now be copied without sleeping, or -EFAULT. */
ssize_t uio_pin(struct uio *uio, size_t length) must_check;

/* Bytes of one page of the program's. */
struct uio_piece {
    struct page *page;
    uint32_t start, length;
};

/*
 * Faults in and pins the next bytes, up to `length` and in `max` pieces at most, for a device to move: for uio_unpin_pieces(), and uio_skip() for those
 * that were moved. Returns how many bytes, or -EFAULT. Not for the kernel's memory.
 */
ssize_t uio_pin_pieces(struct uio *uio, size_t length, struct uio_piece *pieces, unsigned max,
                       unsigned *count) must_check;
void uio_unpin_pieces(const struct uio *uio, const struct uio_piece *pieces, unsigned count);
void uio_skip(struct uio *uio, size_t length);

/* Moves min(length, left) bytes from `from` into the memory / from the memory to `to`; returns the count, or -EFAULT if none could be moved. */
ssize_t uio_copy_in(struct uio *uio, const void *from, size_t length) must_check;
ssize_t uio_copy_out(struct uio *uio, void *to, size_t length) must_check;
/* As uio_copy_out(), but no further than uio_pin() has reached or memory is mapped at this moment: does not sleep. Returns the count, 0 at worst. */
size_t uio_copy_ready(struct uio *uio, void *to, size_t length) must_check;

/* Where a uio stands, and going back there; what was pinned from there on is no longer. */
struct uio_position {
    struct uio_segment *segments;
    unsigned count;
    uint64_t skip, left;
};
static inline struct uio_position uio_position(const struct uio *uio)
{
    return (struct uio_position){uio->segments, uio->count, uio->skip, uio->left};
}
void uio_go_back(struct uio *uio, const struct uio_position *position);

/* Moves bytes [offset, offset + length) of a run of pinned pages, the first of which begins at offset 0, into the memory, as uio_copy_in(). */
ssize_t uio_copy_pages(struct uio *uio, struct page *const *pages, size_t offset, size_t length) must_check;
ssize_t uio_zero(struct uio *uio, size_t length) must_check;

#endif

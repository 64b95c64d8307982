/*
 * uio: moving bytes between the kernel and one or several buffers. See uio.h.
 *
 * Pinned pages are consumed in order: uio_pin() pins the pages from the current position on; each piece moved advances through them, and a page is
 * unpinned when the position leaves it.
 */
#include "kernel/uio.h"

#include "kernel/abi/errno.h"
#include "kernel/cpu.h"
#include "kernel/thread.h"
#include "libc/string.h"
#include "mm/bulk.h"
#include "mm/frame.h"
#include "mm/slab.h"
#include "mm/usercopy.h"

enum { VECTOR_MAX = 1024 }; /* IOV_MAX */

static void uio_init(struct uio *uio, struct aspace *aspace, bool into)
{
    uio->aspace = aspace;
    uio->skip = 0;
    uio->into = into;
    uio->pinned_count = 0;
    uio->pinned_next = 0;
    uio->segments = &uio->single;
    uio->count = 1;
    uio->allocated = NULL;
}

void uio_init_kernel(struct uio *uio, void *buffer, size_t length, bool into)
{
    uio_init(uio, NULL, into);
    uio->single = (struct uio_segment){(uint64_t)buffer, length};
    uio->left = length;
}

int uio_init_user(struct uio *uio, vaddr_t buffer, size_t length, bool into)
{
    uio_init(uio, thread_current()->aspace, into);
    uio->single = (struct uio_segment){buffer, length};
    uio->left = length;
    return user_range_ok(buffer, length) ? 0 : -EFAULT;
}

/* Sums the segments up and checks them. */
static int vector_check(struct uio *uio)
{
    uio->left = 0;
    for (unsigned i = 0; i < uio->count; i++) {
        const struct uio_segment *segment = &uio->segments[i];
        if (segment->length > (uint64_t)INT64_MAX - uio->left)
            return -EINVAL;
        if (!user_range_ok(segment->base, segment->length))
            return -EFAULT;
        uio->left += segment->length;
    }
    return 0;
}

int uio_init_user_vector(struct uio *uio, vaddr_t vector, int count, bool into)
{
    uio_init(uio, thread_current()->aspace, into);
    uio->left = 0;
    uio->count = (unsigned)count;
    if (count < 0 || count > VECTOR_MAX)
        return -EINVAL;
    size_t size = (size_t)count * sizeof(struct uio_segment);
    if (count > 1) {
        uio->allocated = kmalloc(size);
        if (uio->allocated == NULL)
            return -ENOMEM;
        uio->segments = uio->allocated;
    }
    int error = copy_from_user(uio->segments, vector, size);
    if (error == 0)
        error = vector_check(uio);
    if (error != 0)
        uio_release(uio);
    return error;
}

static void uio_unpin(struct uio *uio)
{
    while (uio->pinned_next < uio->pinned_count)
        user_unpin(uio->pinned[uio->pinned_next++], uio->into);
    uio->pinned_count = 0;
    uio->pinned_next = 0;
}

void uio_go_back(struct uio *uio, const struct uio_position *position)
{
    uio_unpin(uio);
    uio->segments = position->segments;
    uio->count = position->count;
    uio->skip = position->skip;
    uio->left = position->left;
}

void uio_release(struct uio *uio)
{
    uio_unpin(uio);
    kfree(uio->allocated);
    uio->allocated = NULL;
}

/* Steps over segments that are used up; the address of the next byte and how many there are up to the segment's end. */
static uint64_t uio_here(struct uio *uio, vaddr_t *address)
{
    while (uio->count > 0 && uio->skip == uio->segments->length) {
        uio->segments++;
        uio->count--;
        uio->skip = 0;
    }
    if (uio->count == 0)
        return 0;
    *address = uio->segments->base + uio->skip;
    return uio->segments->length - uio->skip;
}

static inline uint64_t left_in_page(vaddr_t address)
{
    return PAGE_SIZE - (address & (PAGE_SIZE - 1));
}

ssize_t uio_pin(struct uio *uio, size_t length)
{
    vaddr_t address = 0;
    uint64_t pinned = 0;
    length = min_u64(length, uio->left);
    if (uio->aspace == NULL)
        return (ssize_t)length;
    uio_unpin(uio);
    /* A look ahead that does not move the position: segments are walked on a copy of it. */
    struct uio ahead = {.segments = uio->segments, .count = uio->count, .skip = uio->skip};
    while (pinned < length && uio->pinned_count < UIO_PINNED_MAX) {
        uint64_t piece = uio_here(&ahead, &address);
        piece = min_u64(piece, min_u64(left_in_page(address), length - pinned));
        int error = user_pin(uio->aspace, address, uio->into, &uio->pinned[uio->pinned_count]);
        if (error != 0)
            return pinned > 0 ? (ssize_t)pinned : error;
        uio->pinned_count++;
        ahead.skip += piece;
        pinned += piece;
    }
    return (ssize_t)pinned;
}

ssize_t uio_pin_pieces(struct uio *uio, size_t length, struct uio_piece *pieces, unsigned max, unsigned *count)
{
    struct uio ahead = {.segments = uio->segments, .count = uio->count, .skip = uio->skip};
    vaddr_t address = 0;
    uint64_t pinned = 0;
    length = min_u64(length, uio->left);
    for (*count = 0; pinned < length && *count < max; ++*count) {
        struct uio_piece *piece = &pieces[*count];
        uint64_t here = min_u64(uio_here(&ahead, &address), length - pinned);
        piece->start = address & (PAGE_SIZE - 1);
        piece->length = (uint32_t)min_u64(here, left_in_page(address));
        int error = user_pin(uio->aspace, address, uio->into, &piece->page);
        if (error != 0)
            return pinned > 0 ? (ssize_t)pinned : error;
        ahead.skip += piece->length;
        pinned += piece->length;
    }
    return (ssize_t)pinned;
}

void uio_unpin_pieces(const struct uio *uio, const struct uio_piece *pieces, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        user_unpin(pieces[i].page, uio->into);
}

void uio_skip(struct uio *uio, size_t length)
{
    vaddr_t address;
    uio->left -= length;
    while (length > 0) {
        uint64_t piece = min_u64(uio_here(uio, &address), length);
        uio->skip += piece;
        length -= piece;
    }
}

/* What to do with the next piece: `kernel` null means zeros into the memory. */
static void piece_move(char *memory, char *kernel, size_t length, bool into)
{
    if (kernel == NULL)
        memset(memory, 0, length);
    else if (into)
        bulk_copy(memory, kernel, length);
    else
        bulk_copy(kernel, memory, length);
}

/* The next bytes are in a pinned page. */
static void move_pinned(struct uio *uio, vaddr_t address, char *kernel, size_t length)
{
    struct page *page = uio->pinned[uio->pinned_next];
    piece_move((char *)page_address(page) + (address & (PAGE_SIZE - 1)), kernel, length, uio->into);
    bool page_done = length == left_in_page(address) || uio->skip + length == uio->segments->length;
    if (!page_done)
        return;
    user_unpin(page, uio->into);
    uio->pinned_next++;
}

static int move_unpinned(struct uio *uio, vaddr_t address, char *kernel, size_t length)
{
    if (kernel == NULL)
        return zero_user(address, length);
    if (uio->into)
        return copy_to_aspace(uio->aspace, address, kernel, length);
    return copy_from_aspace(uio->aspace, kernel, address, length);
}

/* Moves bytes of one segment (and one page, if pinned). Returns how many, or -EFAULT. */
static ssize_t move_piece(struct uio *uio, char *kernel, size_t length)
{
    vaddr_t address = 0;
    length = min_u64(length, uio_here(uio, &address));
    if (uio->aspace == NULL) {
        piece_move((char *)address, kernel, length, uio->into);
    } else if (uio->pinned_next < uio->pinned_count) {
        length = min_u64(length, left_in_page(address));
        move_pinned(uio, address, kernel, length);
    } else {
        length = min_u64(length, left_in_page(address)); /* so that what was moved before a bad page counts */
        int error = move_unpinned(uio, address, kernel, length);
        if (error != 0)
            return error;
    }
    uio->skip += length;
    uio->left -= length;
    return (ssize_t)length;
}

static ssize_t uio_move(struct uio *uio, char *kernel, size_t length)
{
    size_t done = 0;
    length = min_u64(length, uio->left);
    while (done < length) {
        ssize_t moved = move_piece(uio, kernel != NULL ? kernel + done : NULL, length - done);
        if (moved < 0)
            return done > 0 ? (ssize_t)done : moved;
        done += (size_t)moved;
    }
    return (ssize_t)done;
}

/* The common case: one buffer of the program's, not pinned, with room for all of it. If that fails, uio_move() finds out how far it goes. */
static inline bool uio_is_simple(const struct uio *uio, size_t length)
{
    return uio->aspace != NULL && uio->pinned_count == 0 && uio->count == 1 &&
           length <= uio->segments->length - uio->skip;
}

static inline ssize_t uio_advance(struct uio *uio, size_t length)
{
    uio->skip += length;
    uio->left -= length;
    return (ssize_t)length;
}

ssize_t uio_copy_in(struct uio *uio, const void *from, size_t length)
{
    if (uio_is_simple(uio, length) && copy_to_aspace(uio->aspace, uio->segments->base + uio->skip, from, length) == 0)
        return uio_advance(uio, length);
    return uio_move(uio, (char *)from, length);
}

ssize_t uio_copy_out(struct uio *uio, void *to, size_t length)
{
    if (uio_is_simple(uio, length) && copy_from_aspace(uio->aspace, to, uio->segments->base + uio->skip, length) == 0)
        return uio_advance(uio, length);
    return uio_move(uio, to, length);
}

/* The next bytes of the program's memory that are mapped, of one segment. */
static size_t move_mapped(struct uio *uio, char *kernel, size_t length)
{
    vaddr_t address = 0;
    length = min_u64(length, uio_here(uio, &address));
    size_t moved = copy_mapped_from_aspace(uio->aspace, kernel, address, length);
    (void)uio_advance(uio, moved);
    return moved;
}

size_t uio_copy_ready(struct uio *uio, void *to, size_t length)
{
    size_t done = 0;
    length = min_u64(length, uio->left);
    while (done < length) {
        char *at = (char *)to + done;
        bool pinned = uio->aspace == NULL || uio->pinned_next < uio->pinned_count;
        ssize_t moved = pinned ? move_piece(uio, at, length - done) : (ssize_t)move_mapped(uio, at, length - done);
        if (moved <= 0)
            break;
        done += (size_t)moved;
    }
    return done;
}

ssize_t uio_copy_pages(struct uio *uio, struct page *const *pages, size_t offset, size_t length)
{
    if (uio_is_simple(uio, length) &&
        copy_pages_to_aspace(uio->aspace, uio->segments->base + uio->skip, pages, offset, length) == 0)
        return uio_advance(uio, length);
    size_t done = 0;
    while (done < length) {
        size_t start = (offset + done) & (PAGE_SIZE - 1), piece = min_u64(length - done, PAGE_SIZE - start);
        char *bytes = (char *)page_address(pages[(offset + done) >> PAGE_SHIFT]) + start;
        ssize_t moved = uio_move(uio, bytes, piece);
        if (moved < 0)
            return done > 0 ? (ssize_t)done : moved;
        done += (size_t)moved;
        if ((size_t)moved < piece)
            break;
    }
    return (ssize_t)done;
}

ssize_t uio_zero(struct uio *uio, size_t length)
{
    return uio_move(uio, NULL, length);
}

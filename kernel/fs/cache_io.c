/*
 * read and write through the page cache (L27, L30): the page that is copied from or to is the one that mmap maps.
 *
 *     read:   find the page (pinned, no lock) or get it -> copy to the program -> unpin
 *     write:  inode lock -> for each page: BUSY, dirty, copy what is mapped, size -> unlock
 *             nothing was mapped: pin the program's memory, and again
 *
 * A read copies without any lock, so that the copy may fault in the program's page. A write holds the inode's lock and
 * the page's BUSY while it copies, and therefore takes only bytes that are there, and pins others before it begins anew:
 * `write(fd, p)` with p mapping the same file page cannot deadlock.
 *
 * Read-ahead (L29) is asked when a page is missing and when one that it brought in is first used (mm/readahead.h), but for those pages of a window that
 * are known to start nothing: they are taken many at a time.
 */
#include "kernel/fs/file.h"
#include "kernel/fs/inode.h"
#include "kernel/fs/page_io.h"
#include "kernel/fs/write_behind.h"
#include "kernel/thread.h"
#include "libc/string.h"
#include "mm/pagecache.h"
#include "mm/readahead_io.h"
#include "mm/translation.h"
#include "mm/usercopy.h"

int cache_page_pinned(struct object *object, uint64_t index, struct page **page)
{
    *page = page_find_pinned(object, index);
    if (*page != NULL)
        return 0;
    page_io_gather_flush(); /* who is busy with this page may be waiting for one in there */
    int error = page_get(object, index, object->kind == OBJECT_SHM ? PAGE_GET_CACHED : 0, page, NULL);
    if (error == 0) {
        page_pin(*page);
        page_put(*page);
    } else if (error == -ENOENT) { /* a hole in a file that lives in memory stays one */
        *page = zero_page;
        page_pin(*page);
        error = 0;
    }
    return error;
}

/*
 * The page `index` for a read of `file` that goes on for `wanted` pages, pinned: it is not in memory, or it is one that
 * was read ahead. Pages behind it may be started, too.
 */
static int cache_page_ahead(struct file *file, struct object *object, uint64_t index, uint64_t wanted,
                            struct page **page)
{
    readahead_use(&file->ahead, object, index, wanted, false);
    int error = cache_page_pinned(object, index, page);
    if (error == 0)
        page_note_use(*page);
    return error;
}

enum {
    READ_RUN = 16,                            /* pages that are pinned and copied together */
    WRITE_RUN = UIO_PINNED_MAX << PAGE_SHIFT, /* bytes that are written under one lock of the inode */
};

/* Moves up to `wanted` bytes of the next pages to the reader. Returns how many, or -Exxx if none. */
static ssize_t cache_read_run(struct file *file, struct object *object, struct uio *uio, uint64_t offset,
                              uint64_t wanted)
{
    uint64_t start = offset & (PAGE_SIZE - 1), index = offset >> PAGE_SHIFT;
    uint64_t count = (start + wanted + PAGE_SIZE - 1) >> PAGE_SHIFT;
    struct page *pages[READ_RUN];
    uint64_t unasked = readahead_unasked(&file->ahead, index);
    unsigned found = pagecache_find_run(object, index, (unsigned)min_u64(count, READ_RUN), unasked, pages);
    if (__builtin_expect(found == 0, 0)) {
        int error = cache_page_ahead(file, object, index, count, &pages[0]);
        if (error != 0)
            return error;
        found = 1;
    }
    readahead_note(&file->ahead, index + found - 1);
    ssize_t moved = uio_copy_pages(uio, pages, start, min_u64(wanted, found * PAGE_SIZE - start));
    for (unsigned i = 0; i < found; i++)
        page_unpin(pages[i]);
    return moved;
}

ssize_t cache_read(struct file *file, struct object *object, uint64_t size, struct uio *uio, uint64_t offset)
{
    if (offset >= size)
        return 0;
    uint64_t wanted = min_u64(uio->left, size - offset);
    uint64_t done = 0;
    while (done < wanted) {
        ssize_t moved = cache_read_run(file, object, uio, offset + done, wanted - done);
        if (moved < 0)
            return done > 0 ? (ssize_t)done : moved;
        done += (uint64_t)moved;
        if (moved == 0 || (done < wanted && !is_aligned(offset + done, PAGE_SIZE)))
            break; /* the program's memory ends here */
    }
    return (ssize_t)done;
}

ssize_t cache_read_quick(struct file *file, vaddr_t buffer, size_t length, uint64_t offset)
{
    struct object *object = &file->inode->object;
    uint64_t size = inode_size(file->inode), start = offset & (PAGE_SIZE - 1), index = offset >> PAGE_SHIFT;
    if (offset >= size || length == 0)
        return -EAGAIN;
    length = min_u64(length, size - offset);
    if (length > PAGE_SIZE - start)
        return -EAGAIN;
    struct page *page = page_find_pinned(object, index);
    if (page == NULL)
        return -EAGAIN;
    ssize_t result = -EAGAIN;
    if (!page_is_ahead(page)) {
        readahead_note(&file->ahead, index);
        int error = copy_to_user(buffer, (const char *)page_address(page) + start, length);
        result = error == 0 ? (ssize_t)length : -EAGAIN; /* how far it goes is found out the long way */
    }
    page_unpin(page);
    return result;
}

/*
 * Into a page that was not in memory and is not read, as all of it that counts is overwritten. The count, all of `length`; 0 if that much is not ready, or
 * -Exxx: then the page has nothing that may stay.
 */
static ssize_t cache_write_fresh(struct page *page, struct uio *uio, uint64_t start, uint64_t length)
{
    char *bytes = page_address(page);
    struct uio_position before = uio_position(uio);
    if (length < PAGE_SIZE) {
        memset(bytes, 0, start);
        memset(bytes + start + length, 0, PAGE_SIZE - start - length);
    }
    bool complete = uio_copy_ready(uio, bytes + start, length) == length;
    int error = complete ? page_make_dirty(page) : 0;
    if (complete && error == 0)
        return (ssize_t)length;
    uio_go_back(uio, &before);
    return error;
}

static ssize_t cache_write_valid(struct page *page, struct uio *uio, uint64_t start, uint64_t length)
{
    int error = page_make_dirty(page);
    if (error != 0)
        return error;
    return (ssize_t)uio_copy_ready(uio, (char *)page_address(page) + start, length);
}

/*
 * Moves bytes that are ready (uio_copy_ready) into one page; `size` is where the object's valid bytes end. Returns the
 * count, 0 if none are ready, or -Exxx. On return the page is not BUSY.
 */
static ssize_t cache_write_page(struct object *object, uint64_t size, struct uio *uio, uint64_t offset, uint64_t length,
                                bool extends)
{
    uint64_t index = offset >> PAGE_SHIFT, start = offset & (PAGE_SIZE - 1);
    bool whole = length == PAGE_SIZE || round_down(offset, PAGE_SIZE) >= size, absent = false;
    struct page *page;
    int error = page_get(object, index, whole ? PAGE_GET_FRESH : 0, &page, &absent);
    if (error != 0)
        return error;
    bool fresh = whole && absent;
    ssize_t moved = fresh ? cache_write_fresh(page, uio, start, length) : cache_write_valid(page, uio, start, length);
    if (fresh && moved <= 0) {
        pagecache_abandon(page); /* while it is still BUSY: nobody has seen it */
        return moved;
    }
    if (extends && moved > 0 && offset + (uint64_t)moved > size)
        atomic_store_explicit(&object->size, offset + (uint64_t)moved, memory_order_relaxed);
    page_put(page);
    if (__builtin_expect(moved <= 0, 0) && object->kind == OBJECT_SHM)
        pagecache_drop(object, index, index);
    return moved;
}

/* Moves up to `length` bytes that are ready, page by page; the inode is locked. The count, or -Exxx if there is an error before the first byte. */
static ssize_t cache_write_ready(struct object *object, struct uio *uio, uint64_t offset, uint64_t length, bool extends)
{
    uint64_t done = 0;
    while (done < length) {
        uint64_t size = atomic_load_explicit(&object->size, memory_order_relaxed);
        uint64_t piece = min_u64(PAGE_SIZE - ((offset + done) & (PAGE_SIZE - 1)), length - done);
        ssize_t moved = cache_write_page(object, size, uio, offset + done, piece, extends);
        if (moved < 0)
            return done > 0 ? (ssize_t)done : moved;
        done += (uint64_t)moved;
        if ((uint64_t)moved < piece)
            break;
    }
    return (ssize_t)done;
}

/* One run of a write, under the inode's lock. */
static ssize_t cache_write_run(struct file *file, struct uio *uio, uint64_t *offset, uint64_t length)
{
    struct inode *inode = file->inode;
    uint64_t limit = inode_size_max(inode);
    mutex_lock(&inode->lock);
    if (file_flags(file) & O_APPEND)
        *offset = inode_size(inode);
    ssize_t moved = *offset < limit ? inode_clear_gap(inode, *offset) : -EFBIG;
    if (moved == 0)
        moved = cache_write_ready(&inode->object, uio, *offset, min_u64(length, limit - *offset), true);
    if (moved > 0) {
        *offset += (uint64_t)moved;
        inode_modified(inode);
    }
    mutex_unlock(&inode->lock);
    return moved;
}

/* The next bytes, as they are; if none are ready, once more with the memory that they are in brought in and pinned. */
static ssize_t cache_write_some(struct file *file, struct uio *uio, uint64_t *offset)
{
    ssize_t moved = cache_write_run(file, uio, offset, min_u64(uio->left, WRITE_RUN));
    if (moved != 0)
        return moved;
    ssize_t pinned = uio_pin(uio, uio->left);
    return pinned > 0 ? cache_write_run(file, uio, offset, (uint64_t)pinned) : pinned;
}

/* The part of cache_write_quick() under the inode's lock. */
static ssize_t cache_overwrite(struct inode *inode, vaddr_t buffer, size_t length, uint64_t offset)
{
    struct page *page;
    size_t moved = 0;
    if (offset + length > inode_size(inode) ||
        page_get(&inode->object, offset >> PAGE_SHIFT, PAGE_GET_CACHED, &page, NULL) != 0)
        return -EAGAIN;
    if (page_make_dirty(page) == 0) {
        char *bytes = (char *)page_address(page) + (offset & (PAGE_SIZE - 1));
        moved = copy_mapped_from_aspace(thread_current()->aspace, bytes, buffer, length);
    }
    page_put(page);
    if (moved != length)
        return -EAGAIN;
    inode_modified(inode);
    return (ssize_t)length;
}

/* Bytes were written, and count as that: what the disk does not take of them, or of what was dirty before, fsync reports. */
static void write_throttle(struct inode *inode)
{
    (void)!write_behind_throttle(&inode->object);
}

ssize_t cache_write_quick(struct file *file, vaddr_t buffer, size_t length, uint64_t offset)
{
    struct inode *inode = file->inode;
    if (length == 0 || length > PAGE_SIZE - (offset & (PAGE_SIZE - 1)))
        return -EAGAIN;
    mutex_lock(&inode->lock);
    ssize_t moved = cache_overwrite(inode, buffer, length, offset);
    mutex_unlock(&inode->lock);
    if (moved > 0)
        write_throttle(inode);
    return moved;
}

ssize_t cache_write(struct file *file, struct uio *uio, uint64_t *offset)
{
    ssize_t done = 0, moved = 0;
    while (uio->left > 0) {
        moved = cache_write_some(file, uio, offset);
        if (moved <= 0)
            break;
        done += moved;
        write_throttle(file->inode);
    }
    return done > 0 ? done : moved;
}

ssize_t cache_write_fixed(struct inode *inode, struct object *object, uint64_t size, struct uio *uio, uint64_t offset)
{
    ssize_t done = 0, moved = 0;
    if (offset >= size)
        return uio->left > 0 ? -ENOSPC : 0;
    while (uio->left > 0 && offset < size) {
        ssize_t pinned = uio_pin(uio, min_u64(uio->left, size - offset));
        if (pinned <= 0)
            return done > 0 ? done : pinned;
        mutex_lock(&inode->lock);
        moved = cache_write_ready(object, uio, offset, (uint64_t)pinned, false);
        mutex_unlock(&inode->lock);
        if (moved <= 0)
            break;
        done += moved;
        offset += (uint64_t)moved;
    }
    return done > 0 ? done : moved;
}

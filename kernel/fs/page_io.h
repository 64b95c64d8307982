/*
 * Transfers between pages and a disk: building block requests as large as the disk's layout allows.
 *
 * A file system's object_ops.read or .write walks over its pages and says where each one lies; neighbours on the disk
 * join one request. All requests of a call are submitted together, so that the block layer can merge those that meet.
 *
 * Page-out's writer gathers the requests of several calls, so that pages of many files, whatever their order there, leave in the order of the disk:
 *
 *     page_io_gather_begin    file A: [ 7 ] [ 3 ]    file B: [ 4 5 ]    file C: [ 6 ]    page_io_gather_end -> block layer: [ 3 4 5 6 7 ]
 *
 * Pages in unstarted requests are BUSY, and others may wait for them: so before the writer itself waits for anything but a disk, it starts them.
 */
#ifndef KERNEL_FS_PAGE_IO_H
#define KERNEL_FS_PAGE_IO_H

#include "kernel/dev/block.h"
#include "mm/pagecache.h"

enum { PAGE_IO_PAGES = 32 }; /* in one request */

/* One request and the pages it moves. Freed when it ends. */
struct page_io {
    struct block_request request;
    struct block_segment segments[PAGE_IO_PAGES];
    struct page *pages[PAGE_IO_PAGES];
    unsigned count;
    uint64_t end; /* bytes of the object behind which a page read is zeroed: its size */
};

/* The requests of one call. On the caller's stack. */
struct page_io_batch {
    struct block_device *device;
    enum block_operation operation;
    struct page_io *open; /* the one that grows */
    uint64_t next_sector; /* where the next page must lie to join it */
    struct list requests;
    uint64_t end;
};

/*
 * Zeros what a BUSY page has behind `end`, its object's size: what the disk had there, or, before it is written, what a mapping has stored there, so that
 * it never shows when the file grows. The page is not mapped writable.
 */
void page_clear_behind(struct page *page, uint64_t end);

/* `size`: of the object; bytes behind it are zeroed after a read. */
void page_io_begin(struct page_io_batch *batch, struct block_device *device, enum block_operation operation,
                   uint64_t size);

/*
 * Adds a BUSY page that lies at `sector`. `length` bytes of it are on the disk (a multiple of the sector size); the
 * rest is zeroed. Without memory it waits for the disk, never for page-out.
 */
void page_io_add(struct page_io_batch *batch, struct page *page, uint64_t sector, uint32_t length);

/* Starts everything, or adds it to what is gathered. page_io_done() is called for each page when its request ends. */
void page_io_submit(struct page_io_batch *batch);

/* From here on the running thread's writes are kept back; unless another thread's are, then nothing is. */
void page_io_gather_begin(void);

/* Starts what the running thread has gathered, if anything: to be called before it waits for what is not a disk's. */
void page_io_gather_flush(void);

/* The same, and no more is gathered. */
void page_io_gather_end(void);

void page_io_init(void);

#endif

/*
 * O_DIRECT. See direct_io.h.
 */
#include "kernel/fs/direct_io.h"

#include "kernel/dev/block.h"
#include "kernel/fs/file.h"
#include "kernel/fs/inode.h"
#include "mm/frame.h"
#include "mm/pagecache.h"
#include "mm/slab.h"

int direct_check_file(const struct file *file)
{
    const struct object *object = file_object(file);
    return object != NULL && object->ops->write == NULL ? -EINVAL : 0;
}

int direct_check(const struct uio *uio, uint64_t offset)
{
    uint64_t mixed = offset | uio->skip;
    for (unsigned i = 0; i < uio->count; i++)
        mixed |= uio->segments[i].base | uio->segments[i].length;
    return is_aligned(mixed, SECTOR_SIZE) ? 0 : -EINVAL;
}

enum { RUN_PIECES = (BLOCK_SECTORS_MAX << SECTOR_SHIFT) / PAGE_SIZE, RUN_PIECES_LEAST = 16, RUN_SHARE = 64 };

/* Pages that one run pins: with little memory a small part of it, as others pin theirs, too. */
static unsigned run_pieces_max(void)
{
    return (unsigned)min_u64(RUN_PIECES, max_u64(RUN_PIECES_LEAST, frames_total() / RUN_SHARE));
}

/* A part of a transfer: what one request can have. `moved` bytes from `offset` on are done. */
struct direct_run {
    struct object *object;
    enum block_operation operation;
    uint64_t offset, moved;
    unsigned count;
    struct uio_piece pieces[RUN_PIECES];
    struct block_request request; /* those that are gathered, one behind the other on the disk */
    struct block_segment segments[BLOCK_SEGMENTS_MAX];
    uint64_t gathered; /* bytes */
};

static void run_clear(struct direct_run *run)
{
    run->request.segment_count = 0;
    run->gathered = 0;
}

/* Has the device move what was gathered. 0 or its error. */
static int run_flush(struct direct_run *run)
{
    int error = run->gathered > 0 ? block_request_sync(&run->request) : 0;
    if (error == 0)
        run->moved += run->gathered;
    run_clear(run);
    return error;
}

/* Adds bytes that lie at `sector`; starts a new request if they do not continue the last one. 0 or the error of that. */
static int run_gather(struct direct_run *run, struct block_device *device, uint64_t sector, void *memory,
                      uint32_t length)
{
    struct block_request *request = &run->request;
    bool continues = request->device == device && request->sector + (run->gathered >> SECTOR_SHIFT) == sector &&
                     run->gathered + length <= BLOCK_SECTORS_MAX << SECTOR_SHIFT;
    if (run->gathered > 0 && (!continues || request->segment_count == BLOCK_SEGMENTS_MAX)) {
        int error = run_flush(run);
        if (error != 0)
            return error;
    }
    if (run->gathered == 0) {
        block_request_init(request, device, run->operation, sector, NULL, 0);
        request->segments = run->segments;
        request->segment_count = 0;
    }
    block_request_add(request, memory, length);
    run->gathered += length;
    return 0;
}

/* One piece of memory, which may belong to two pages of the file. -ENOENT, -EINVAL: the rest is not for us. */
static int run_piece(struct direct_run *run, uint64_t offset, const struct uio_piece *piece)
{
    for (uint32_t done = 0; done < piece->length;) {
        uint64_t at = offset + done, start = at & (PAGE_SIZE - 1), sector;
        uint32_t length = (uint32_t)min_u64(piece->length - done, PAGE_SIZE - start);
        struct block_device *device;
        int error = run->object->ops->locate(run->object, at >> PAGE_SHIFT, &device, &sector);
        /* A store through a mapping may have filled a hole meanwhile: that block is not written yet. */
        if (error == 0 && pagecache_is_unsettled(run->object, at >> PAGE_SHIFT))
            error = -ENOENT;
        if (error == 0)
            error = run_gather(run, device, sector + (start >> SECTOR_SHIFT),
                               (char *)page_address(piece->page) + piece->start + done, length);
        if (error != 0)
            return error;
        done += length;
    }
    return 0;
}

/* All pieces, as far as they can be moved. 0 or an error of the device. */
static int run_pieces(struct direct_run *run)
{
    uint64_t offset = run->offset;
    int error = 0;
    run_clear(run);
    for (unsigned i = 0; i < run->count && error == 0; i++) {
        error = run_piece(run, offset, &run->pieces[i]);
        offset += run->pieces[i].length;
    }
    int last = run_flush(run);
    if (error == -ENOENT || error == -EINVAL)
        error = 0;
    return error != 0 ? error : last;
}

/* What is dirty goes to the disk before the device looks there; what the device has changed leaves the cache. The inode is locked. */
static int run_locked(struct direct_run *run, struct inode *inode, uint64_t length)
{
    uint64_t first = run->offset >> PAGE_SHIFT, last = (run->offset + length - 1) >> PAGE_SHIFT;
    int error = pagecache_sync(run->object, first, last);
    if (error != 0)
        return error; /* what could not be written is still in the cache, and only there */
    error = run_pieces(run);
    if (run->operation == BLOCK_WRITE) {
        pagecache_remove_clean(run->object, first, last);
        if (run->moved > 0)
            inode_modified(inode);
    }
    return error;
}

/* The memory for the next bytes is pinned: cuts it off where the object ends. Returns how many bytes are left of it. */
static uint64_t run_cut(struct direct_run *run, uint64_t length)
{
    uint64_t end = round_down(atomic_load_explicit(&run->object->size, memory_order_relaxed), SECTOR_SIZE), kept = 0;
    uint64_t room = end > run->offset ? end - run->offset : 0;
    for (unsigned i = 0; i < run->count; i++) {
        struct uio_piece *piece = &run->pieces[i];
        piece->length = (uint32_t)min_u64(piece->length, room - kept);
        kept += piece->length;
    }
    return min_u64(length, kept);
}

/* As much as one run can have. Sets run->moved. */
static int run_do(struct direct_run *run, struct file *file, struct uio *uio)
{
    run->moved = 0;
    ssize_t pinned = uio_pin_pieces(uio, uio->left, run->pieces, run_pieces_max(), &run->count);
    int error = pinned < 0 ? (int)pinned : 0;
    if (pinned > 0) {
        mutex_lock(&file->inode->lock);
        uint64_t length = run_cut(run, (uint64_t)pinned);
        if (length > 0)
            error = run_locked(run, file->inode, length);
        mutex_unlock(&file->inode->lock);
    }
    uio_unpin_pieces(uio, run->pieces, run->count);
    uio_skip(uio, run->moved);
    return error;
}

ssize_t direct_transfer(struct file *file, struct uio *uio, uint64_t offset)
{
    struct object *object = file_object(file);
    bool by_cache = object->ops->locate == NULL || uio->aspace == NULL || (file_flags(file) & O_APPEND) != 0 ||
                    (object->kind == OBJECT_DEVICE && !uio->into);
    struct direct_run *run = by_cache ? NULL : kmalloc(sizeof *run);
    ssize_t done = 0;
    int error = 0;
    if (run == NULL)
        return 0;
    run->object = object;
    run->operation = uio->into ? BLOCK_READ : BLOCK_WRITE;
    do {
        run->offset = offset + (uint64_t)done;
        error = run_do(run, file, uio);
        done += (ssize_t)run->moved;
    } while (error == 0 && run->moved > 0 && uio->left > 0);
    kfree(run);
    return done > 0 ? done : error;
}

int direct_end(struct file *file, uint64_t offset, uint64_t count, bool written)
{
    struct object *object = file_object(file);
    uint64_t first = offset >> PAGE_SHIFT, last = (offset + count - 1) >> PAGE_SHIFT;
    int error = written ? pagecache_sync(object, first, last) : 0;
    pagecache_drop(object, first, last);
    return error;
}

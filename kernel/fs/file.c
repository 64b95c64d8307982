/*
 * Open files: their life, and reading and writing them whatever is behind.
 */
#include "kernel/fs/file.h"

#include "kernel/abi/poll.h"
#include "kernel/abi/statfs.h"
#include "kernel/cpu.h"
#include "kernel/fs/direct_io.h"
#include "kernel/fs/epoll.h"
#include "kernel/fs/file_lock.h"
#include "kernel/fs/inode.h"
#include "kernel/time.h"
#include "libc/string.h"
#include "mm/frame.h"
#include "mm/pagecache.h"
#include "mm/slab.h"

static struct slab_cache file_cache;
static const struct file_ops plain_ops; /* every operation its default */

struct file *file_allocate(struct dentry *dentry, struct inode *inode, const struct file_ops *ops, uint32_t flags)
{
    struct file *file = slab_alloc(&file_cache, FRAME_ZERO);
    if (file == NULL)
        return NULL;
    file->references = 1;
    file->flags = flags & ~(uint32_t)(O_CREAT | O_TRUNC | O_CLOEXEC);
    file->dentry = dentry;
    if (dentry != NULL)
        dentry_get(dentry);
    file->inode = inode;
    inode_get(inode);
    file->ops = ops != NULL ? ops : &plain_ops;
    file->error_seen = object_errors(&inode->object);
    mutex_init(&file->offset_lock, RANK_FILE_OFFSET);
    return file;
}

void file_discard(struct file *file)
{
    if (file == NULL)
        return;
    file->ops = &plain_ops;
    file_put(file);
}

struct file *file_create(struct inode *inode, const struct file_ops *ops, uint32_t flags)
{
    struct file *file = file_allocate(NULL, inode, ops, flags);
    if (file != NULL)
        inode_put(inode);
    return file;
}

/* Whether a claim goes with those that there are. */
static bool claim_fits(int32_t claims, enum file_claim claim)
{
    if (claims == 0)
        return true;
    return claims != FILE_SWAPS && claim != FILE_SWAPS && (claims > 0) == (claim > 0);
}

int inode_claim(struct inode *inode, enum file_claim claim)
{
    int32_t old = atomic_load_explicit(&inode->claims, memory_order_relaxed);
    do {
        if (!claim_fits(old, claim))
            return -ETXTBSY;
    } while (!atomic_compare_exchange_weak(&inode->claims, &old, old + claim));
    return 0;
}

void inode_unclaim(struct inode *inode, enum file_claim claim)
{
    atomic_fetch_sub_explicit(&inode->claims, claim, memory_order_release);
}

int file_claim(struct file *file, enum file_claim claim)
{
    int error = inode_claim(file->inode, claim);
    if (error == 0)
        file->claim = claim;
    return error;
}

void file_put(struct file *file)
{
    if (atomic_fetch_sub_explicit(&file->references, 1, memory_order_acq_rel) != 1)
        return;
    if (atomic_load_explicit(&file->watched, memory_order_acquire) != NULL)
        epoll_file_ends(file);
    if (file->claim != 0)
        inode_unclaim(file->inode, (enum file_claim)file->claim);
    if (file->inode->locks != NULL)
        file_locks_release_owner(file->inode, file);
    if (file->ops->close != NULL)
        file->ops->close(file);
    inode_put(file->inode); /* before the name, which keeps the file system mounted while the file ends */
    if (file->dentry != NULL)
        dentry_put(file->dentry);
    slab_free(&file_cache, file);
}

enum { ACCESS_TIME_SLACK = 24 * 60 * 60, LOOK_INTERVAL = 60 * 60 }; /* seconds */

static bool time_is_before(struct timespec64 a, struct timespec64 b)
{
    return a.seconds != b.seconds ? a.seconds < b.seconds : a.nanoseconds < b.nanoseconds;
}

/* The part of file_accessed() that is rarely needed: looks at the times, and notes how long they will do. */
static void file_note_access(struct inode *inode)
{
    bool fresh = time_is_before(inode->accessed, inode->modified) || time_is_before(inode->accessed, inode->changed);
    inode->access_settled = cpus[0].ticks + (uint64_t)LOOK_INTERVAL * TICK_HZ;
    if (!fresh && inode->accessed.seconds + ACCESS_TIME_SLACK > (int64_t)(time_realtime() / NS_PER_SECOND))
        return;
    mutex_lock(&inode->lock);
    inode->accessed = timespec_now();
    if (inode->ops != NULL && inode->ops->set_attributes != NULL)
        (void)inode->ops->set_attributes(inode); /* only a time */
    mutex_unlock(&inode->lock);
}

/*
 * Notes a read, as rarely as Linux's default "relatime" does: when the file has changed since the last one noted, or a
 * day later.
 */
static inline void file_accessed(struct file *file)
{
    struct inode *inode = file->inode;
    if (cpus[0].ticks < inode->access_settled || inode->filesystem == NULL || inode->filesystem->read_only)
        return;
    if (!(file_flags(file) & O_NOATIME) && !(inode->filesystem->flags & MS_NOATIME))
        file_note_access(inode);
}

/* Whether a transfer only moves cached bytes: a plain file, no flag in `special` that asks for more, no offset that others share. */
static inline bool transfer_is_plain(const struct file *file, uint32_t special, bool own)
{
    return file->ops->read == NULL && inode_is(file->inode, S_IFREG) && (file_flags(file) & special) == 0 &&
           (!own || atomic_load_explicit(&file->references, memory_order_relaxed) == 1);
}

ssize_t file_read_quick(struct file *file, vaddr_t buffer, size_t length, const uint64_t *offset)
{
    bool own = offset == NULL;
    if (!transfer_is_plain(file, O_DIRECT, own))
        return -EAGAIN;
    ssize_t count = cache_read_quick(file, buffer, length, own ? file->offset : *offset);
    if (count > 0) {
        if (own)
            file->offset += (uint64_t)count;
        file_accessed(file);
    }
    return count;
}

ssize_t file_write_quick(struct file *file, vaddr_t buffer, size_t length, const uint64_t *offset)
{
    const struct filesystem *filesystem = file->inode->filesystem;
    bool own = offset == NULL;
    if (!transfer_is_plain(file, O_DIRECT | O_APPEND | O_DSYNC, own) || file->ops->write != NULL)
        return -EAGAIN;
    if (filesystem != NULL && (filesystem->flags & MS_SYNCHRONOUS) != 0)
        return -EAGAIN;
    ssize_t count = cache_write_quick(file, buffer, length, own ? file->offset : *offset);
    if (count > 0 && own)
        file->offset += (uint64_t)count;
    return count;
}

static inline bool file_is_direct(const struct file *file)
{
    return (file_flags(file) & O_DIRECT) != 0 && file_object(file) != NULL;
}

/* O_DIRECT: moves what the disk can give or take by itself. The count, 0 if the cache is needed, or -Exxx. */
static ssize_t file_transfer_direct(struct file *file, struct uio *uio, uint64_t *offset)
{
    int error = direct_check(uio, *offset);
    ssize_t count = error != 0 ? error : direct_transfer(file, uio, *offset);
    if (count > 0)
        *offset += (uint64_t)count;
    return count;
}

static ssize_t file_read_cached(struct file *file, struct uio *uio, uint64_t *offset)
{
    ssize_t count;
    if (file->ops->read != NULL)
        count = file->ops->read(file, uio, *offset);
    else if (inode_is(file->inode, S_IFDIR))
        return -EISDIR;
    else if (file->ops->poll != NULL)
        return -EINVAL; /* nothing but events, as epoll */
    else {
        count = cache_read(file, &file->inode->object, inode_size(file->inode), uio, *offset);
        if (count > 0)
            file_accessed(file);
    }
    if (count > 0 && __builtin_expect(file_is_direct(file), 0)) {
        int error = direct_end(file, *offset, (uint64_t)count, false);
        if (error != 0)
            return error;
    }
    if (count > 0)
        *offset += (uint64_t)count;
    return count;
}

/* What two parts of a transfer give together: the second one's error counts only if the first has moved nothing. */
static ssize_t sum_of_parts(ssize_t first, ssize_t second)
{
    return second >= 0 ? first + second : first > 0 ? first : second;
}

ssize_t file_read_at(struct file *file, struct uio *uio, uint64_t *offset)
{
    ssize_t count = 0;
    if (__builtin_expect(file_is_direct(file), 0)) {
        count = file_transfer_direct(file, uio, offset);
        if (count < 0 || (count > 0 && uio->left == 0))
            return count;
    }
    return sum_of_parts(count, file_read_cached(file, uio, offset));
}

/* Whether a write must have reached the disk before it returns (O_SYNC, O_DSYNC, a mount's option). */
static bool write_is_synchronous(const struct file *file)
{
    const struct filesystem *filesystem = file->inode->filesystem;
    bool wanted = (file_flags(file) & O_DSYNC) != 0 ||
                  (filesystem != NULL && (filesystem->flags & MS_SYNCHRONOUS) != 0 && file->ops->write == NULL);
    return wanted && file_object(file) != NULL;
}

static ssize_t file_write_cached(struct file *file, struct uio *uio, uint64_t *offset)
{
    ssize_t count;
    if (file->ops->write != NULL) {
        count = file->ops->write(file, uio, *offset);
        if (count > 0)
            *offset += (uint64_t)count;
    } else if (file->ops->read != NULL || !inode_is(file->inode, S_IFREG)) {
        return -EINVAL;
    } else {
        count = cache_write(file, uio, offset);
    }
    int error = count > 0 && file_is_direct(file) ? direct_end(file, *offset - (uint64_t)count, (uint64_t)count, true)
                                                  : 0;
    return error != 0 ? error : count;
}

ssize_t file_write_at(struct file *file, struct uio *uio, uint64_t *offset)
{
    ssize_t count = __builtin_expect(file_is_direct(file), 0) ? file_transfer_direct(file, uio, offset) : 0;
    if (count == 0 || (count > 0 && uio->left > 0))
        count = sum_of_parts(count, file_write_cached(file, uio, offset));
    int error = count > 0 && write_is_synchronous(file) ? file_sync(file, (file_flags(file) & O_SYNC) != O_SYNC) : 0;
    return error != 0 ? error : count;
}

/* With the file's own offset, which others may share. */
static ssize_t file_move(struct file *file, struct uio *uio, ssize_t (*move)(struct file *, struct uio *, uint64_t *))
{
    if (atomic_load_explicit(&file->references, memory_order_relaxed) == 1)
        return move(file, uio, &file->offset);
    mutex_lock(&file->offset_lock);
    ssize_t count = move(file, uio, &file->offset);
    mutex_unlock(&file->offset_lock);
    return count;
}

/* One of the two directions: `offset` null means the file's own. */
static ssize_t file_transfer(struct file *file, struct uio *uio, uint64_t *offset,
                             ssize_t (*move)(struct file *, struct uio *, uint64_t *))
{
    uint64_t nowhere = 0;
    if (file->ops->stream)
        return offset != NULL ? -ESPIPE : move(file, uio, &nowhere);
    return offset != NULL ? move(file, uio, offset) : file_move(file, uio, move);
}

ssize_t file_read(struct file *file, struct uio *uio, uint64_t *offset)
{
    return file_is_readable(file) ? file_transfer(file, uio, offset, file_read_at) : -EBADF;
}

ssize_t file_write(struct file *file, struct uio *uio, uint64_t *offset)
{
    return file_is_writable(file) ? file_transfer(file, uio, offset, file_write_at) : -EBADF;
}

ssize_t file_read_kernel(struct file *file, void *buffer, size_t length, uint64_t offset)
{
    struct uio uio;
    uio_init_kernel(&uio, buffer, length, true);
    return file_read_at(file, &uio, &offset);
}

struct object *file_object(const struct file *file)
{
    if (file->ops->object != NULL)
        return file->ops->object(file);
    return file->ops->read == NULL && inode_is(file->inode, S_IFREG) ? &file->inode->object : NULL;
}

/* Write-backs that have failed since this open file last asked (L29: nobody was waiting for them). */
static int file_late_error(struct file *file)
{
    const struct object *object = file_object(file);
    uint32_t seen = file->error_seen;
    if (object == NULL)
        return 0;
    file->error_seen = object_errors(object);
    return object_error_since(object, seen);
}

int file_sync(struct file *file, bool data_only)
{
    struct object *object = &file->inode->object;
    if (file->ops->sync != NULL) {
        int error = file->ops->sync(file, data_only), late = file_late_error(file);
        return error != 0 ? error : late;
    }
    if (!inode_is(file->inode, S_IFREG) && !inode_is(file->inode, S_IFDIR))
        return -EINVAL;
    return object->ops->write != NULL ? pagecache_sync(object, 0, UINT64_MAX) : 0;
}

unsigned file_poll(struct file *file, struct waitqueue *queue[2])
{
    if (file->ops->poll != NULL)
        return file->ops->poll(file, queue);
    return POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
}

/* Whether there is something but zeros behind byte `start` of a page. */
static bool page_has_tail(const struct page *page, uint64_t start)
{
    const char *bytes = page_address(page);
    while (start < PAGE_SIZE && bytes[start] == 0)
        start++;
    return start < PAGE_SIZE;
}

/* Zeros behind byte `size` in the page it falls into; `flags` are page_get's. The inode is locked. */
static int inode_clear_tail(struct inode *inode, uint64_t size, unsigned flags)
{
    struct page *page;
    uint64_t start = size & (PAGE_SIZE - 1);
    if (start == 0)
        return 0;
    int error = page_get(&inode->object, size >> PAGE_SHIFT, flags, &page, NULL);
    if (error != 0)
        return error == -ENOENT ? 0 : error;
    if (page_has_tail(page, start)) {
        error = page_make_dirty(page);
        if (error == 0)
            memset((char *)page_address(page) + start, 0, PAGE_SIZE - start);
    }
    page_put(page);
    return error;
}

int inode_clear_gap(struct inode *inode, uint64_t start)
{
    uint64_t size = inode_size(inode);
    return start > size && inode->object.ops->write != NULL ? inode_clear_tail(inode, size, 0) : 0;
}

/*
 * What is behind the end of a file in its last page, stored there through a mapping or left by a cut, must not show when the file grows. A cut
 * clears it, even one to the size that the file has. Growth does where the page may have been on the disk meanwhile; a tmpfs keeps it,
 * as Linux's does.
 */
static int inode_prepare_size(struct inode *inode, uint64_t size)
{
    uint64_t old = inode_size(inode);
    if (size > old)
        return inode_clear_gap(inode, size);
    return inode_clear_tail(inode, size, size == old || inode_is_memory(inode) ? PAGE_GET_CACHED : 0);
}

/*
 * The file becomes shorter, in memory. A store through a mapping that has seen the old size may just be making a page dirty, BUSY in its hands:
 * when every page that is not dirty has been waited for and has gone, the file system gets to see those, too.
 */
static void inode_shrink(struct inode *inode, uint64_t size)
{
    uint64_t first = round_up(size, PAGE_SIZE) >> PAGE_SHIFT;
    bool looks = inode->ops != NULL && inode->ops->shrink != NULL;
    if (looks)
        inode->ops->shrink(inode, size);
    atomic_store_explicit(&inode->object.size, size, memory_order_relaxed);
    if (looks) {
        pagecache_remove_clean(&inode->object, first, UINT64_MAX);
        inode->ops->shrink(inode, size);
    }
    pagecache_truncate(&inode->object, first);
}

static int inode_truncate_locked(struct inode *inode, uint64_t size)
{
    uint64_t old = inode_size(inode);
    int error = inode_prepare_size(inode, size);
    if (error != 0)
        return error;
    if (size < old)
        inode_shrink(inode, size);
    else
        atomic_store_explicit(&inode->object.size, size, memory_order_relaxed);
    if (inode->ops != NULL && inode->ops->truncate != NULL)
        error = inode->ops->truncate(inode, size);
    if (error != 0)
        atomic_store_explicit(&inode->object.size, old, memory_order_relaxed);
    else
        inode_modified(inode);
    return error;
}

int inode_truncate(struct inode *inode, uint64_t size)
{
    if (size > inode_size_max(inode))
        return -EFBIG;
    mutex_lock(&inode->lock);
    int error = inode_truncate_locked(inode, size);
    mutex_unlock(&inode->lock);
    return error;
}

int inode_truncate_unopened(struct inode *inode, uint64_t size)
{
    int error = inode_claim(inode, FILE_WRITES);
    if (error != 0)
        return error;
    error = inode_truncate(inode, size);
    inode_unclaim(inode, FILE_WRITES);
    return error;
}

void file_cache_init(void)
{
    slab_cache_init(&file_cache, "file", sizeof(struct file));
}

/*
 * fallocate: a file's room on its disk, without writing to it.
 *
 *     0, KEEP_SIZE              blocks for the range, so that writing there cannot fail for want of room; new ones are zeros.
 *                               Behind the end of the file nothing is kept: ext2 has no way to note blocks there
 *     PUNCH_HOLE | KEEP_SIZE    the range reads as zeros, and its whole pages are given back, in memory and on the disk
 *     ZERO_RANGE, | KEEP_SIZE   a hole, and then blocks for it; for files with a disk, as in Linux
 *     anything else             -EOPNOTSUPP
 */
#include "kernel/fs/file.h"
#include "kernel/fs/files.h"
#include "kernel/fs/inode.h"
#include "kernel/fs/write_behind.h"
#include "kernel/syscall_list.h"
#include "libc/string.h"
#include "mm/pagecache.h"

/* One page gets its block. The inode is locked. */
static int space_take_page(struct object *object, uint64_t index)
{
    struct page *page;
    int error = page_get(object, index, 0, &page, NULL);
    if (error != 0)
        return error;
    error = page_make_dirty(page);
    page_put(page);
    return error;
}

static int space_take(struct inode *inode, uint64_t start, uint64_t end)
{
    int error = 0;
    uint64_t after = round_up(min_u64(end, inode_size(inode)), PAGE_SIZE) >> PAGE_SHIFT;
    for (uint64_t index = start >> PAGE_SHIFT; index < after && error == 0; index++) {
        mutex_lock(&inode->lock);
        if (index < object_pages(&inode->object))
            error = space_take_page(&inode->object, index);
        mutex_unlock(&inode->lock);
        if (error == 0)
            error = write_behind_throttle(&inode->object);
    }
    mutex_lock(&inode->lock);
    inode_changed(inode);
    mutex_unlock(&inode->lock);
    return error;
}

/* The size first: blocks behind the end are nobody's. What cannot be had is given back. */
static int space_extend(struct inode *inode, uint64_t start, uint64_t end)
{
    uint64_t old = inode_size(inode);
    int error = end > old ? inode_truncate(inode, end) : 0;
    if (error != 0)
        return error;
    error = space_take(inode, start, end);
    if (error != 0 && end > old && inode_truncate(inode, old) != 0)
        return -EIO;
    return error;
}

/* Whether the page has no place on its file's disk: it is all zeros. */
static bool space_is_hole(struct object *object, uint64_t index)
{
    struct block_device *device;
    uint64_t sector;
    return object->ops->locate(object, index, &device, &sector) == -ENOENT;
}

/* The page if the file has contents there, BUSY; -ENOENT for a hole. */
static int space_page_get(struct object *object, uint64_t index, struct page **page)
{
    if (object->ops->locate != NULL)
        return space_is_hole(object, index) ? -ENOENT : page_get(object, index, 0, page, NULL);
    return page_get(object, index, PAGE_GET_CACHED, page, NULL); /* of a file in memory: wherever the page is */
}

/* Zeros in [start, end) of one page, if there is anything. The inode is locked. */
static int space_clear(struct inode *inode, uint64_t start, uint64_t end)
{
    struct page *page;
    if (start >= end || start >= inode_size(inode))
        return 0;
    int error = space_page_get(&inode->object, start >> PAGE_SHIFT, &page);
    if (error != 0)
        return error == -ENOENT ? 0 : error;
    error = page_make_dirty(page);
    if (error == 0)
        memset((char *)page_address(page) + (start & (PAGE_SIZE - 1)), 0, end - start);
    page_put(page);
    return error;
}

static int space_punch_locked(struct inode *inode, uint64_t start, uint64_t end)
{
    uint64_t first = round_up(start, PAGE_SIZE), after = round_down(end, PAGE_SIZE);
    if (first > after) /* within one page */
        return space_clear(inode, start, end);
    int error = space_clear(inode, start, first);
    if (error == 0)
        error = space_clear(inode, after, end);
    if (error == 0 && first < after)
        error = inode->ops->punch(inode, first >> PAGE_SHIFT, after >> PAGE_SHIFT);
    if (error == 0)
        inode_modified(inode);
    return error;
}

int inode_punch(struct inode *inode, uint64_t start, uint64_t end)
{
    if (!inode_is(inode, S_IFREG) || inode->ops == NULL || inode->ops->punch == NULL)
        return -EOPNOTSUPP;
    mutex_lock(&inode->lock);
    int error = space_punch_locked(inode, start, min_u64(end, round_up(inode_size(inode), PAGE_SIZE)));
    mutex_unlock(&inode->lock);
    return error;
}

static int space_zero(struct inode *inode, uint64_t start, uint64_t end, bool keeps_size)
{
    if (inode->object.ops->locate == NULL)
        return -EOPNOTSUPP;
    int error = inode_punch(inode, start, end);
    if (error != 0)
        return error;
    return keeps_size ? space_take(inode, start, end) : space_extend(inode, start, end);
}

/* Whether that is one of the modes there are. */
static bool space_mode_is_known(int mode)
{
    switch (mode) {
    case 0:
    case FALLOC_FL_KEEP_SIZE:
    case FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE:
    case FALLOC_FL_ZERO_RANGE:
    case FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE:
        return true;
    }
    return false;
}

static long space_change(struct file *file, int mode, int64_t offset, int64_t length)
{
    struct inode *inode = file->inode;
    int64_t end;
    if (offset < 0 || length <= 0)
        return -EINVAL;
    if (!space_mode_is_known(mode))
        return -EOPNOTSUPP;
    if (!file_is_writable(file))
        return -EBADF;
    if (!inode_is(inode, S_IFREG))
        return inode_is(inode, S_IFIFO) ? -ESPIPE : inode_is(inode, S_IFDIR) ? -EISDIR : -ENODEV;
    if (__builtin_add_overflow(offset, length, &end) || (uint64_t)end > inode_size_max(inode))
        return -EFBIG;
    if (mode & FALLOC_FL_PUNCH_HOLE)
        return inode_punch(inode, (uint64_t)offset, (uint64_t)end);
    if (mode & FALLOC_FL_ZERO_RANGE)
        return space_zero(inode, (uint64_t)offset, (uint64_t)end, (mode & FALLOC_FL_KEEP_SIZE) != 0);
    if (mode & FALLOC_FL_KEEP_SIZE)
        return space_take(inode, (uint64_t)offset, (uint64_t)end);
    return space_extend(inode, (uint64_t)offset, (uint64_t)end);
}

long sys_fallocate(struct registers *regs)
{
    struct file *file = files_get((int)regs->rdi);
    if (file == NULL)
        return -EBADF;
    long error = space_change(file, (int)regs->rsi, (int64_t)regs->rdx, (int64_t)regs->r10);
    file_put(file);
    return error;
}

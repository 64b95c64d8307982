/*
 * O_DIRECT. See direct_io.h.
 */
#include "kernel/fs/direct_io.h"

#include "kernel/dev/block.h"
#include "kernel/fs/file.h"
#include "mm/pagecache.h"

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

int direct_end(struct file *file, uint64_t offset, uint64_t count, bool written)
{
    struct object *object = file_object(file);
    uint64_t first = offset >> PAGE_SHIFT, last = (offset + count - 1) >> PAGE_SHIFT;
    int error = written ? pagecache_sync(object, first, last) : 0;
    pagecache_drop(object, first, last);
    return error;
}

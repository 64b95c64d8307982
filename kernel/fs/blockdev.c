/*
 * Disks as files; see blockdev.h.
 */
#include "kernel/fs/blockdev.h"

#include "kernel/abi/stat.h"
#include "kernel/fs/file.h"
#include "kernel/fs/inode.h"
#include "kernel/fs/page_io.h"
#include "mm/aspace.h"
#include "mm/pagecache.h"
#include "mm/slab.h"
#include "mm/usercopy.h"

/* A device's cache. */
struct blockdev {
    struct object object;
    struct block_device *device;
};

static struct mutex blockdev_lock = MUTEX_INIT(blockdev_lock, RANK_LOADED); /* device->cache */

enum { SECTORS_PER_PAGE = PAGE_SIZE / SECTOR_SIZE };

static void blockdev_transfer(struct object *object, struct page **pages, unsigned count,
                              enum block_operation operation)
{
    struct block_device *device = container_of(object, struct blockdev, object)->device;
    struct page_io_batch batch;
    page_io_begin(&batch, device, operation, device->sectors << SECTOR_SHIFT);
    for (unsigned i = 0; i < count; i++) {
        uint64_t sector = (uint64_t)pages[i]->index * SECTORS_PER_PAGE;
        if (sector >= device->sectors)
            page_io_done(pages[i], -EIO);
        else
            page_io_add(&batch, pages[i], sector,
                        (uint32_t)min_u64(PAGE_SIZE, (device->sectors - sector) << SECTOR_SHIFT));
    }
    page_io_submit(&batch);
}

static void blockdev_object_read(struct object *object, struct page **pages, unsigned count)
{
    blockdev_transfer(object, pages, count, BLOCK_READ);
}

static void blockdev_object_write(struct object *object, struct page **pages, unsigned count)
{
    blockdev_transfer(object, pages, count, BLOCK_WRITE);
}

/* The disk's last page may be cut off. */
static int blockdev_locate(struct object *object, uint64_t index, struct block_device **device, uint64_t *sector)
{
    *device = container_of(object, struct blockdev, object)->device;
    *sector = index * SECTORS_PER_PAGE;
    return *sector + SECTORS_PER_PAGE <= (*device)->sectors ? 0 : -EINVAL;
}

static const struct object_ops blockdev_object_ops = {
    .read = blockdev_object_read,
    .write = blockdev_object_write,
    .locate = blockdev_locate,
};

static struct blockdev *blockdev_create(struct block_device *device)
{
    struct blockdev *cache = kmalloc(sizeof *cache);
    if (cache == NULL)
        return NULL;
    object_init(&cache->object, OBJECT_DEVICE, &blockdev_object_ops);
    cache->object.size = device->sectors << SECTOR_SHIFT;
    cache->device = device;
    return cache;
}

struct object *blockdev_object(struct block_device *device)
{
    mutex_lock(&blockdev_lock);
    if (device->cache == NULL)
        device->cache = blockdev_create(device);
    struct blockdev *cache = device->cache;
    mutex_unlock(&blockdev_lock);
    return cache != NULL ? &cache->object : NULL;
}

/* --- the file ----------------------------------------------------------------------------------------------------- */

static struct blockdev *blockdev_of(const struct file *file)
{
    return file->data;
}

static int blockdev_open(struct file *file)
{
    struct block_device *device = block_find_number((uint32_t)file->inode->device);
    if (device == NULL)
        return -ENXIO;
    if (device->read_only && file_is_writable(file))
        return -EROFS;
    struct object *object = blockdev_object(device);
    if (object == NULL)
        return -ENOMEM;
    if (file_flags(file) & O_EXCL) {
        int error = block_hold(device);
        if (error != 0)
            return error;
        file->holds_device = true;
    }
    file->data = container_of(object, struct blockdev, object);
    file->error_seen = object_errors(object);
    return 0;
}

static void blockdev_close(struct file *file)
{
    if (file->holds_device)
        block_release(blockdev_of(file)->device);
}

static struct object *blockdev_file_object(const struct file *file)
{
    return &blockdev_of(file)->object;
}

static ssize_t blockdev_read(struct file *file, struct uio *uio, uint64_t offset)
{
    struct object *object = &blockdev_of(file)->object;
    return cache_read(file, object, object->size, uio, offset);
}

static ssize_t blockdev_write(struct file *file, struct uio *uio, uint64_t offset)
{
    struct object *object = &blockdev_of(file)->object;
    return cache_write_fixed(file->inode, object, object->size, uio, offset);
}

static int blockdev_sync(struct file *file, bool data_only)
{
    (void)data_only;
    struct blockdev *cache = blockdev_of(file);
    int error = pagecache_sync(&cache->object, 0, UINT64_MAX);
    int flush_error = block_flush_sync(cache->device);
    return error != 0 ? error : flush_error;
}

static int blockdev_map(struct file *file, struct map_request *request)
{
    request->object = &blockdev_of(file)->object;
    object_get(request->object);
    return 0;
}

enum { BLKROGET = 0x125e, BLKGETSIZE = 0x1260, BLKFLSBUF = 0x1261, BLKSSZGET = 0x1268 };
#define BLKGETSIZE64 0x80081272u

static long blockdev_ioctl(struct file *file, unsigned command, uint64_t argument)
{
    const struct block_device *device = blockdev_of(file)->device;
    uint64_t bytes = device->sectors << SECTOR_SHIFT;
    int sector_size = SECTOR_SIZE, read_only = device->read_only;
    switch (command) {
    case BLKGETSIZE64:
        return copy_to_user(argument, &bytes, sizeof bytes);
    case BLKGETSIZE:
        return copy_to_user(argument, &device->sectors, sizeof device->sectors);
    case BLKSSZGET:
        return copy_to_user(argument, &sector_size, sizeof sector_size);
    case BLKROGET:
        return copy_to_user(argument, &read_only, sizeof read_only);
    case BLKFLSBUF:
        return blockdev_sync(file, false);
    default:
        return -ENOTTY;
    }
}

const struct file_ops blockdev_file_ops = {
    .open = blockdev_open,
    .close = blockdev_close,
    .read = blockdev_read,
    .write = blockdev_write,
    .ioctl = blockdev_ioctl,
    .map = blockdev_map,
    .sync = blockdev_sync,
    .object = blockdev_file_object,
};
